"""Figures 2 to 4 of Glorot & Bengio (2010): sigmoid, tanh and softsign layers while they train."""

from ml.labs.lab import Choice, Lab, Measure, above, below
from ml.labs.measures import curve, final_error, percentiles_apart, share, step_saturated
from ml.labs.paper import STANDARD, TOPIC, arm

_FOUR, _FIVE = (100,) * 4, (100,) * 5
_TANH_AND_SOFTSIGN = {
    "tanh": arm("tanh", "tanh", STANDARD, _FOUR, 0.3, 8000, 100),
    "softsign": arm("softsign", "softsign", STANDARD, _FIVE, 0.1, 5000),
}

_FIGURE_2 = Lab(
    title="Figure 2: the top layer of a sigmoid network",
    question="A network of four sigmoid layers trains for 2,000 steps. Where do the activations of the top layer go?",
    claim="The top layer is driven to 0, where a sigmoid is saturated, while the layers below stay near 0.5 and "
    "above; the network does not learn.",
    choices=(
        Choice("to 0, below 0.05", 0.05),
        Choice("down a little, to between 0.05 and 0.4", 0.4),
        Choice("they stay around 0.5", 0.6),
        Choice("up, towards 1"),
    ),
    arms={"sigmoid": arm("four sigmoid layers", "sigmoid", STANDARD, _FOUR, 0.3, 2000, 100)},
    measures=(
        Measure(
            "Mean activation of layer 4 at the end",
            lambda runs: float(curve(runs["sigmoid"], "mean", 4)[-1]),
            below(0.05),
        ),
        Measure("Std of layer 4 at the end", lambda runs: float(curve(runs["sigmoid"], "std", 4)[-1]), below(0.01)),
        Measure(
            "Mean activation of layer 3 at the end",
            lambda runs: float(curve(runs["sigmoid"], "mean", 3)[-1]),
            above(0.65),
        ),
        Measure("Wrong answers at the end", lambda runs: final_error(runs["sigmoid"]), above(0.8), "share"),
    ),
    topic=TOPIC,
    learn="activations",
    rows=(6,),
    paper="Figure 2",
    figures=("bands", "saturation"),
    remark="In the paper the layer leaves saturation again near epoch 100. A network of this size does too, after 76 "
    "to 91 thousand steps: far later than a lab ends.",
)

_FIGURE_3 = Lab(
    title="Figure 3: which layer saturates first?",
    question="Four tanh layers with the standard initialisation. How much later does layer 2 saturate than layer 1?",
    claim="Tanh layers saturate one after the other, from the bottom up; softsign layers move together.",
    choices=(
        Choice("earlier: saturation comes from the top", 0),
        Choice("within 500 steps of it", 500),
        Choice("500 to 2,000 steps later", 2000),
        Choice("more than 2,000 steps later, or never"),
    ),
    arms=_TANH_AND_SOFTSIGN,
    measures=(
        Measure(
            "tanh: steps from the saturation of layer 1 to that of layer 2",
            lambda runs: step_saturated(runs["tanh"], 2) - step_saturated(runs["tanh"], 1),
            above(2000),
            "steps",
            "98th percentile of |z| > 0.9",
        ),
        Measure(
            "tanh: steps from layer 2 to layer 3",
            lambda runs: step_saturated(runs["tanh"], 3) - step_saturated(runs["tanh"], 2),
            above(0),
            "steps",
        ),
        Measure(
            "softsign: how far the 98th percentiles of layers 2 to 4 are apart at the end",
            lambda runs: percentiles_apart(runs["softsign"], 2, 4),
            below(0.2),
        ),
    ),
    topic=TOPIC,
    learn="activations",
    rows=(6,),
    paper="Figure 3",
    figures=("bands",),
)

_FIGURE_4 = Lab(
    title="Figure 4: where activations lie after training",
    question="After training: what share of the first layer’s tanh activations lies at the ends, beyond ±0.9?",
    claim="Tanh activations of the lowest layer pile up at −1 and 1; softsign’s stay off the ends, on the bends of "
    "the curve.",
    choices=(
        Choice("less than 5 %", 0.05),
        Choice("5 to 30 %", 0.3),
        Choice("30 to 60 %", 0.6),
        Choice("more than 60 %"),
    ),
    arms=_TANH_AND_SOFTSIGN,
    measures=(
        Measure(
            "tanh: share of layer 1 beyond ±0.9", lambda runs: share(runs["tanh"], 1), above(0.3), "share", "|z| > 0.9"
        ),
        Measure(
            "softsign: share beyond ±0.9 of the layer with the most",
            lambda runs: max(share(runs["softsign"], layer) for layer in range(1, 6)),
            below(0.02),
            "share",
            "|z| > 0.9",
        ),
        Measure(
            "softsign: share of layer 1 on the bends",
            lambda runs: share(runs["softsign"], 1, 0.5, 0.9),
            above(0.45),
            "share",
            "0.5 < |z| < 0.9",
        ),
    ),
    topic=TOPIC,
    learn="activations",
    rows=(6, 25),
    paper="Figure 4",
    figures=("activation",),
)

LABS = {"figure-2": _FIGURE_2, "figure-3": _FIGURE_3, "figure-4": _FIGURE_4}
