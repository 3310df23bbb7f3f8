"""Units that no longer respond to their input."""

import math
from collections.abc import Callable

import numpy as np

from ml.catalog import Floats
from ml.rules.evidence import Evidence
from ml.rules.finding import ALARM, WARNING, Limit, Reading, Rule, place, share
from ml.words import Words, words


def saturated_activation(evidence: Evidence, limit: Limit) -> Reading:
    """The share of a layer's units x examples on the flat side of a bounded activation, |f′(s)| < 0.05 · max|f′|: one
    rule for sigmoid, tanh and softsign. What lies there lets almost no gradient through (Glorot & Bengio, 2010, section
    3)."""
    return _worst_layer(evidence, limit, evidence.flat, _saturated_text)


def dead_units(evidence: Evidence, limit: Limit) -> Reading:
    """The share of a layer's units that are switched off for every monitoring example: |f′(s)| < 0.05 · max|f′| for all
    of them, in an activation without an upper bound. A dead ReLU gets no gradient, so no step brings it back."""
    return _worst_layer(evidence, limit, evidence.dead, _dead_text)


def _worst_layer(evidence: Evidence, limit: Limit, shares: Floats, text: Callable[[Words, float], Words]) -> Reading:
    held = limit.held(shares, evidence.patience(limit.patience))
    if np.isnan(held).all():
        return Reading(math.nan)
    names, worst = evidence.spec.hidden_layers, limit.worst(held)
    layers = tuple(name for name, value in zip(names, held, strict=True) if limit.crossed(value))
    value = float(held[worst])
    if not limit.crossed(value):
        return Reading(value)
    step = evidence.step(limit.began(shares[:, worst]))
    return Reading(value, names[worst], layers, step, text(place(names[worst]), value))


def _saturated_text(layer: Words, value: float) -> Words:
    return words(
        "{share} of {layer} is saturated, where the activation is flat and lets no gradient through.",
        share=share(value), layer=layer,
    )  # fmt: skip


def _dead_text(layer: Words, value: float) -> Words:
    return words(
        "{share} of the units of {layer} are silent for every example, and nothing brings them back.",
        share=share(value), layer=layer,
    )  # fmt: skip


RULES = (
    Rule(
        "dead_units", words("Dead units"), ALARM, Limit(0.5, patience=3),
        "#{units: |f′(s)| < 0.05·max|f′| ∀ x} / #units", words("Dying ReLU"), dead_units,
        figure="dead",
    ),
    Rule(
        "saturated_activation", words("Saturated activation"), WARNING, Limit(0.5, patience=3),
        "#{|f′(s)| < 0.05·max|f′|} / #{units × x}", words("Suspects: the activation and the initialisation"),
        saturated_activation, figure="saturation",
    ),
)  # fmt: skip
