"""Steps that are too small to arrive, or too large to learn."""

import math
from collections.abc import Callable

import numpy as np

from ml.catalog import Floats
from ml.rules.evidence import Evidence
from ml.rules.finding import WARNING, Limit, Reading, Rule, place
from ml.words import Words, words

TOPIC = words("The optimisers and the learning rate")


def update_too_small(evidence: Evidence, limit: Limit) -> Reading:
    """‖ΔW‖ / ‖W‖ of a step, of the layer that moves most: its median between two snapshots. About 1e-3 is usual; where
    no layer moves by 1e-4 of its length, thousands of steps change nothing. Frozen layers do not count."""
    return _fastest_layer(evidence, evidence.updates, limit, _small_text)


def update_too_large(evidence: Evidence, limit: Limit) -> Reading:
    """The same ratio, over the time when it was largest: where steps move a layer by more than a tenth of its length,
    it forgets with each batch what it learnt from the one before. A network that was driven to where it can't learn
    may take small steps afterwards."""
    fastest = np.nan_to_num(evidence.updates, nan=-np.inf).max(axis=1)
    until = limit.until_largest(fastest, limit.patience)
    return _fastest_layer(evidence, evidence.updates[:until], limit, _large_text)


def _fastest_layer(evidence: Evidence, ratios: Floats, limit: Limit, text: Callable[[Words, float], Words]) -> Reading:
    """Over the last of these snapshots."""
    if not len(ratios) or np.isnan(ratios).all(axis=1).any():
        return Reading(math.nan)
    fastest = np.nanmax(ratios, axis=1)
    value = float(limit.held(fastest, limit.patience))
    if not limit.crossed(value):
        return Reading(value)
    layer = evidence.spec.layers[int(np.nanargmax(ratios[-1]))]
    step = evidence.step(1 + limit.began(fastest))
    return Reading(value, layer, _out(evidence, ratios[-1], limit), step, text(place(layer), value))


def _out(evidence: Evidence, last: Floats, limit: Limit) -> tuple[str, ...]:
    return tuple(name for name, ratio in zip(evidence.spec.layers, last, strict=True) if limit.crossed(ratio))


def _small_text(layer: Words, value: float) -> Words:
    if value == 0:
        return words(
            "A step moves the weights by {ratio:g} of their length: not at all. About 1e-3 is usual.", ratio=value
        )
    return words(
        "A step moves the weights by {ratio:.1e} of their length at most, in {layer}; about 1e-3 is usual.",
        ratio=value, layer=layer,
    )  # fmt: skip


def _large_text(layer: Words, value: float) -> Words:
    return words(
        "A step moves the weights of {layer} by {ratio:.2g} of their length; about 1e-3 is usual.",
        ratio=value, layer=layer,
    )  # fmt: skip


RULES = (
    Rule(
        "update_too_large", words("Updates too large"), WARNING, Limit(0.1, patience=3), "max ‖ΔWⁱ‖ / ‖Wⁱ‖", TOPIC,
        update_too_large, figure="update_ratio",
    ),
    Rule(
        "update_too_small", words("Updates too small"), WARNING, Limit(1e-4, above=False, patience=3),
        "max ‖ΔWⁱ‖ / ‖Wⁱ‖", TOPIC, update_too_small, figure="update_ratio",
    ),
)  # fmt: skip
