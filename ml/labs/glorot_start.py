"""Figures 6 to 8 of Glorot & Bengio (2010) and the Jacobians of section 4.2.1: tanh layers before the first step."""

from collections.abc import Callable

from ml.labs.lab import Choice, Expected, Lab, Measure, Unit, above, below, between, of
from ml.labs.measures import above_over_below, bottom_over_top, jacobians, ratio, spread
from ml.labs.paper import NORMALIZED, STANDARD, TOPIC, arm
from ml.records import RunRecord

# Few bins: wide enough to draw 300 images' gradients without their noise.
_ARMS = {
    "standard": arm("standard", "tanh", STANDARD, (50,) * 5, 0.1, bins=50),
    "normalized": arm("normalized", "tanh", NORMALIZED, (50,) * 5, 0.1, bins=50),
}
# Trained for a little, so that what becomes of the Jacobians can be drawn; what is asked is their start.
_TRAINED = {
    "standard": arm("standard", "tanh", STANDARD, (50,) * 5, 0.1, 1000, 100),
    "normalized": arm("normalized", "tanh", NORMALIZED, (50,) * 5, 0.1, 1000, 100),
}


def _both(
    labels: tuple[str, str],
    read: Callable[[RunRecord], float],
    expected: tuple[Expected, Expected],
    unit: Unit,
    formula: str,
) -> tuple[Measure, ...]:
    """The same number of both networks."""
    return tuple(
        Measure(label, of(name, read), limit, unit, formula)
        for name, label, limit in zip(_ARMS, labels, expected, strict=True)
    )


_ACTIVATIONS = Lab(
    title="Figure 6: activations at the start",
    question="Five tanh layers, standard initialisation: how many times wider are the activations of layer 1 than "
    "those of layer 5?",
    claim="With the standard initialisation activations shrink from layer to layer; with the normalized one they "
    "hardly do.",
    choices=(
        Choice("about as wide", 1.5),
        Choice("1.5 to 3 times", 3),
        Choice("3 to 6 times", 6),
        Choice("more than 6 times"),
    ),
    arms=_ARMS,
    measures=(
        *_both(
            ("Standard: std of layer 1 over that of layer 5", "Normalized: std of layer 1 over that of layer 5"),
            lambda run: bottom_over_top(run, "activation"),
            (above(6), below(2.6)),
            "times",
            "std z¹ / std z⁵",
        ),
        Measure(
            "Standard: std of a layer over that of the one below, where it shrinks least",
            lambda runs: float(above_over_below(runs["standard"]).max()),
            below(0.7),
            "times",
        ),
        Measure(
            "Normalized: std of a layer over that of the one below, where it shrinks most",
            lambda runs: float(above_over_below(runs["normalized"]).min()),
            above(0.7),
            "times",
        ),
    ),
    topic=TOPIC,
    learn="signal",
    rows=(6,),
    paper="Figure 6",
    figures=("activation",),
)

_GRADIENTS = Lab(
    title="Figure 7: back-propagated gradients at the start",
    question="Five tanh layers, standard initialisation: how much less gradient reaches layer 1 than layer 5?",
    claim="With the standard initialisation the gradient shrinks on its way down; with the normalized one it hardly "
    "does.",
    choices=(
        Choice("about as much", 1.5),
        Choice("1.5 to 3 times less", 3),
        Choice("3 to 6 times less", 6),
        Choice("more than 6 times less"),
    ),
    arms=_ARMS,
    measures=_both(
        ("Standard: std of layer 5 over that of layer 1", "Normalized: std of layer 5 over that of layer 1"),
        lambda run: ratio(1, bottom_over_top(run, "backprop_gradient")),
        (above(6), below(3)),
        "times",
        "std ∂C/∂s⁵ / std ∂C/∂s¹",
    ),
    topic=TOPIC,
    learn="signal",
    rows=(6,),
    paper="Figure 7",
    figures=("backprop_gradient",),
)

_WEIGHT_GRADIENTS = Lab(
    title="Figure 8: weight gradients at the start",
    question="Standard initialisation: the signal shrinks on its way up, the gradient on its way down. How far apart "
    "are the layers’ weight gradients, which are the product of the two?",
    claim="Before the first step the weight gradients of all layers are about as large, with both initialisations: "
    "what shrinks on the way up and what shrinks on the way down cancel (equation 14).",
    choices=(
        Choice("less than 2 times", 2),
        Choice("2 to 6 times", 6),
        Choice("6 to 30 times", 30),
        Choice("more than 30 times"),
    ),
    arms=_ARMS,
    measures=_both(
        ("Standard: largest over smallest std of the layers", "Normalized: largest over smallest std of the layers"),
        lambda run: spread(run, "weight_gradient"),
        (below(2), below(2.5)),
        "times",
        "max std ∂C/∂W / min std ∂C/∂W",
    ),
    topic=TOPIC,
    learn="signal",
    rows=(6,),
    paper="Figure 8",
    figures=("weight_gradient",),
)

_JACOBIAN = Lab(
    title="The Jacobian from layer to layer",
    question="Before the first step: by how much does a layer shrink a small change of its inputs, on average, with "
    "the standard initialisation?",
    claim="Before the first step the mean singular value of the Jacobian between layers is about 0.5 with the "
    "standard initialisation, and 0.7 to 0.8 with the normalized one (0.8 in the paper).",
    choices=(
        Choice("to less than 40 %", 0.4),
        Choice("to about half", 0.6),
        Choice("to between 60 and 90 %", 0.9),
        Choice("hardly or not at all"),
    ),
    arms=_TRAINED,
    measures=(
        *_both(
            ("Standard: the smallest of layers 2 to 5", "Normalized: the smallest of layers 2 to 5"),
            lambda run: float(jacobians(run).min()),
            (between(0.45, 0.52), between(0.67, 0.85)),
            "times",
            "mean σ(∂zⁱ⁺¹/∂zⁱ)",
        ),
        *_both(
            ("Standard: the largest of layers 2 to 5", "Normalized: the largest of layers 2 to 5"),
            lambda run: float(jacobians(run).max()),
            (between(0.45, 0.52), between(0.67, 0.85)),
            "times",
            "mean σ(∂zⁱ⁺¹/∂zⁱ)",
        ),
    ),
    topic=TOPIC,
    learn="signal",
    rows=(25,),
    paper="Section 4.2.1",
    figures=("jacobian",),
)

LABS = {"figure-6": _ACTIVATIONS, "figure-7": _GRADIENTS, "figure-8": _WEIGHT_GRADIENTS, "jacobian": _JACOBIAN}
