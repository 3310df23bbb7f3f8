"""What is wrong before the first step."""

import math
from collections.abc import Callable

import numpy as np

from ml.catalog import Floats
from ml.rules.evidence import Evidence
from ml.rules.finding import WARNING, Limit, Reading, Rule, place, share
from ml.words import Words, words

EQUAL = Limit(1e-12, above=False)  # standard deviation of a layer's weights
FLAT = Limit(0.5)  # share of a layer
SPREAD = Limit(100)  # of the standard deviations of two layers' activations
FIRST_LOSS = Limit(3)  # times that of guessing


def poor_initialization(evidence: Evidence, _limit: Limit) -> Reading:
    """What the weights were drawn to, at step 0 already, whatever the training does later: layers whose weights are all
    equal; units that are dead or activations that are saturated from the start; a signal that changes by orders of
    magnitude from layer to layer; a first loss far above that of guessing. The first of these that is out of bounds is
    told. A gradient that changes so is told by the rules on gradients: under a sigmoid it fades with any weights."""
    if not evidence.snapshots:
        return Reading(math.nan)
    found = readings(evidence)
    return next((r for r in found if r.limit and r.limit.crossed(r.value)), found[-1])


def readings(evidence: Evidence) -> list[Reading]:
    """Of every quantity, whether it is out of bounds or not. There is a snapshot."""
    return [check(evidence) for check in (_equal, _dead, _saturated, _spread, _first_loss)]


def _equal(evidence: Evidence) -> Reading:
    def text(layer: Words, _value: float) -> Words:
        return words("All weights of {layer} start equal, so that all of its units learn the same.", layer=layer)

    stds = evidence.statistic("weight", "std")[0]
    return _worst_layer(evidence, EQUAL, stds, "min σ(W)", text)


def _dead(evidence: Evidence) -> Reading:
    def text(layer: Words, value: float) -> Words:
        return words(
            "Before the first step {share} of the units of {layer} are silent for every example.",
            share=share(value), layer=layer,
        )  # fmt: skip

    return _worst_layer(evidence, FLAT, evidence.dead[0], "max #{dead units} / #units", text)


def _saturated(evidence: Evidence) -> Reading:
    def text(layer: Words, value: float) -> Words:
        return words("Before the first step {share} of {layer} is saturated.", share=share(value), layer=layer)

    return _worst_layer(evidence, FLAT, evidence.flat[0], "max #{|f′(s)| < 0.05·max|f′|} / #{units × x}", text)


def _worst_layer(
    evidence: Evidence, limit: Limit, values: Floats, formula: str, text: Callable[[Words, float], Words]
) -> Reading:
    if np.isnan(values).all():
        return Reading(math.nan, limit=limit, formula=formula)
    names, worst = evidence.spec.layers, limit.worst(values)
    layers = tuple(name for name, value in zip(names, values, strict=False) if limit.crossed(value))
    value = float(values[worst])
    return Reading(value, names[worst], layers, 0, text(place(names[worst]), value), limit, formula)


def _spread(evidence: Evidence) -> Reading:
    value = _times(evidence.statistic("activation", "std")[0])
    text = words("Before the first step the activations of two layers differ {times:,.0f} times in size.", times=value)
    return Reading(value, step=0, text=text, limit=SPREAD, formula="max σ(zⁱ) / min σ(zⁱ)")


def _times(stds: Floats) -> float:
    """How many times the largest is as large as the smallest."""
    if not stds.min() > 0:
        return math.inf if stds.max() > 0 else 1.0
    return float(stds.max() / stds.min())


def _first_loss(evidence: Evidence) -> Reading:
    value = float(evidence.metric("train_loss")[0]) / evidence.guess_loss
    text = words(
        "The first loss is {times:,.1f} times that of guessing, so that the first steps undo the initial weights.",
        times=value,
    )  # fmt: skip
    return Reading(value, "output", ("output",), 0, text, FIRST_LOSS, "C₀ / C(ȳ)")


RULES = (
    Rule(
        "poor_initialization", words("Poor initialization"), WARNING, FIRST_LOSS, "C₀ / C(ȳ)",
        words("Initialisation: Glorot and He"), poor_initialization, figure="predicted_activation",
    ),
)  # fmt: skip
