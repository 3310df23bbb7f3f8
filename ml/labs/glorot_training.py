"""Figures 2 to 5, 9 and 10 and Table 1 of Glorot & Bengio (2010): what becomes of layers while they train."""

import math

import numpy as np

from ml.labs.lab import Choice, Lab, Measure, above, below
from ml.labs.measures import curve, errs_more, final_error, percentiles_apart, share, step_learned, step_saturated
from ml.labs.paper import NORMALIZED, STANDARD, TOPIC, arm
from ml.records import RunRecord

_FOUR, _FIVE = (100,) * 4, (100,) * 5

_FIGURE_2 = Lab(
    title="Figure 2: the top layer of a sigmoid network",
    question="A network of four sigmoid layers trains for 2,000 steps. Where do the activations of the top layer go?",
    claim="The top layer is driven to 0, where a sigmoid is saturated, while the layers below stay near 0.5 and "
    "above; the "
    "network does not learn.",
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
    "to 91 "
    "thousand steps; make reproduce-long shows it.",
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
    arms={
        "tanh": arm("tanh", "tanh", STANDARD, _FOUR, 0.3, 8000, 100),
        "softsign": arm("softsign", "softsign", STANDARD, _FIVE, 0.1, 5000),
    },
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
    figures=("bands", "saturation"),
    comparisons=("saturation",),
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
    arms={
        "tanh": arm("tanh", "tanh", STANDARD, _FOUR, 0.3, 8000),
        "softsign": arm("softsign", "softsign", STANDARD, _FIVE, 0.1, 5000),
    },
    measures=(
        Measure(
            "tanh: share of layer 1 beyond ±0.9", lambda runs: share(runs["tanh"], 1), above(0.3), "share", "|z| > 0.9"
        ),
        Measure(
            "softsign: the same, of the layer with the most",
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


def _typical_spread(run: RunRecord) -> float:
    """The largest over the smallest std of the hidden layers' weight gradients, in the median snapshot."""
    stds = run.statistic("weight_gradient", "std")[1:, : run.spec.depth]
    return float(np.median(stds.max(axis=1) / stds.min(axis=1)))


_FIGURE_9 = Lab(
    title="Figure 9: weight gradients while training",
    question="The weight gradients of the layers start out alike. How many times further apart are they during "
    "training "
    "with the standard initialisation than with the normalized one?",
    claim="With the standard initialisation the layers’ weight gradients drift apart during training; with the "
    "normalized "
    "one they stay closer together.",
    choices=(
        Choice("they are closer together", 1),
        Choice("up to 1.5 times", 1.5),
        Choice("1.5 to 5 times", 5),
        Choice("more than 5 times"),
    ),
    arms={
        "standard": arm("standard", "tanh", STANDARD, _FIVE, 0.05, 5000),
        "normalized": arm("normalized", "tanh", NORMALIZED, _FIVE, 0.05, 5000),
    },
    measures=(
        Measure(
            "Spread over the layers with the standard initialisation over that with the normalized one",
            lambda runs: _typical_spread(runs["standard"]) / _typical_spread(runs["normalized"]),
            above(1),
            "times",
            "max std ∂C/∂W / min std ∂C/∂W",
        ),
    ),
    topic=TOPIC,
    learn="signal",
    rows=(6,),
    paper="Figure 9",
    figures=("weight_gradient",),
)

_FIGURE_10 = Lab(
    title="Figure 10: tanh with the normalized initialisation",
    question="Figure 3 again, with the normalized initialisation. Layer 1 saturates. What share of layer 4 is beyond "
    "±0.9?",
    claim="With the normalized initialisation the upper layers no longer lag behind: they saturate with the first one.",
    choices=(
        Choice("less than 2 %, as with the standard one", 0.02),
        Choice("2 to 10 %", 0.1),
        Choice("10 to 30 %", 0.3),
        Choice("more than 30 %"),
    ),
    arms={
        "normalized": arm("normalized", "tanh", NORMALIZED, _FOUR, 0.05, 8000),
        "standard": arm("standard", "tanh", STANDARD, _FOUR, 0.05, 8000),
    },
    measures=(
        Measure(
            "Normalized: share of layer 4 beyond ±0.9 at the end",
            lambda runs: share(runs["normalized"], 4),
            above(0.02),
            "share",
            "|z⁴| > 0.9",
        ),
        Measure("Standard: the same", lambda runs: share(runs["standard"], 4), below(0.02), "share", "|z⁴| > 0.9"),
    ),
    topic=TOPIC,
    learn="activations",
    rows=(6,),
    paper="Figure 10",
    figures=("bands", "saturation"),
)

_TABLE_1 = Lab(
    title="Table 1: which network learns the shapes?",
    question="Five layers, 5,000 steps: by how many points does the normalized initialisation lower the error of tanh?",
    claim="Tanh and softsign with the normalized initialisation learn first; softsign with the standard one later; "
    "tanh with "
    "the standard one and sigmoid do not leave their plateau.",
    choices=(
        Choice("not at all", 0),
        Choice("up to 5 points", 0.05),
        Choice("5 to 20 points", 0.2),
        Choice("more than 20 points"),
    ),
    arms={
        "tanh_n": arm("tanh, normalized", "tanh", NORMALIZED, _FIVE, 0.05, 5000),
        "softsign_n": arm("softsign, normalized", "softsign", NORMALIZED, _FIVE, 0.1, 5000),
        "softsign": arm("softsign, standard", "softsign", STANDARD, _FIVE, 0.1, 5000),
        "tanh": arm("tanh, standard", "tanh", STANDARD, _FIVE, 0.1, 5000),
        "sigmoid": arm("sigmoid, standard", "sigmoid", STANDARD, _FIVE, 0.3, 5000),
    },
    measures=(
        Measure(
            "Error of tanh, standard, less that of tanh, normalized",
            lambda runs: errs_more(runs["tanh"], runs["tanh_n"]),
            above(0.05),
            "points",
        ),
        Measure(
            "Tanh, normalized: first step with a loss below 2.05",
            lambda runs: step_learned(runs["tanh_n"]),
            below(1300),
            "steps",
        ),
        Measure("Softsign, normalized: the same", lambda runs: step_learned(runs["softsign_n"]), below(1300), "steps"),
        Measure(
            "Softsign, standard: how many steps after the slower of these two",
            lambda runs: (
                step_learned(runs["softsign"]) - max(step_learned(runs["tanh_n"]), step_learned(runs["softsign_n"]))
            ),
            above(0),
            "steps",
        ),
        Measure(
            "Softsign, standard: first step with a loss below 2.05",
            lambda runs: step_learned(runs["softsign"]),
            below(3500),
            "steps",
        ),
        Measure("Tanh, standard: the same", lambda runs: step_learned(runs["tanh"]), above(5000), "steps"),
        Measure("Sigmoid: the same", lambda runs: step_learned(runs["sigmoid"]), above(5000), "steps"),
    ),
    topic=TOPIC,
    learn="signal",
    rows=(6, 25),
    paper="Table 1, Shapeset",
    comparisons=("val_error", "val_loss"),
    remark="The paper’s networks have 1,000 units a layer and train for days, to 16 to 27 % error. The order is the "
    "same; "
    "after 5,000 steps errors are still above 65 %.",
)


def _first_gradient(run: RunRecord) -> float:
    """Mean over the layers of the std of their weight gradients, at step 0."""
    return float(run.statistic("weight_gradient", "std")[0].mean())


def _step_below(run: RunRecord, error: float) -> float:
    wrong = run.metric("val_error")
    return next((float(step) for step, value in zip(run.steps, wrong, strict=True) if value < error), math.inf)


_LOSSES = Lab(
    title="Figure 5: two costs",
    question="The same network, once with the quadratic cost and once with cross-entropy. How many times as many "
    "steps does "
    "the quadratic cost need until a quarter of the answers is right?",
    claim="The quadratic cost has more plateaus: with cross-entropy the network leaves the first one sooner.",
    choices=(
        Choice("fewer steps than cross-entropy", 1),
        Choice("up to 1.5 times as many", 1.5),
        Choice("1.5 to 5 times as many", 5),
        Choice("more than 5 times as many, or it never does"),
    ),
    arms={
        "cross_entropy": arm("cross-entropy", "tanh", NORMALIZED, _FIVE, 0.05, 5000),
        "quadratic": arm("quadratic", "tanh", NORMALIZED, _FIVE, 0.05, 5000, loss="quadratic"),
    },
    measures=(
        Measure(
            "Steps until a quarter is right with the quadratic cost over those with cross-entropy",
            lambda runs: _step_below(runs["quadratic"], 0.75) / _step_below(runs["cross_entropy"], 0.75),
            above(1),
            "times",
        ),
        Measure(
            "Weight gradients at the start, quadratic over cross-entropy",
            lambda runs: _first_gradient(runs["quadratic"]) / _first_gradient(runs["cross_entropy"]),
            below(1),
            "times",
            "std ∂C/∂W",
        ),
    ),
    topic="The cost: cross-entropy or quadratic",
    learn="cost-surfaces",
    rows=(25,),
    paper="Figure 5",
    comparisons=("val_error",),
    figures=("weight_gradient",),
)

LABS = {
    "figure-2": _FIGURE_2,
    "figure-3": _FIGURE_3,
    "figure-4": _FIGURE_4,
    "figure-5": _LOSSES,
    "figure-9": _FIGURE_9,
    "figure-10": _FIGURE_10,
    "table-1": _TABLE_1,
}
