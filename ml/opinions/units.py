"""Dead and saturated units, as the tools test them. The record has no unit's own numbers but shares and histograms of
whole layers: what the tools look at lies between two bounds."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ml.catalog import Floats
from ml.opinions.opinion import UNKNOWN, Check, Measured, if_not_converged, largest
from ml.records import Histogram
from ml.rules.evidence import Evidence

Bounds = tuple[float, float]


# --- dead ---


def _is_relu(evidence: Evidence) -> list[bool]:
    return [activation.name == "relu" for activation in evidence.spec.activations]


def _idle(evidence: Evidence, name: str) -> Floats:
    """(hidden layers,) of the last snapshot: share of what is 0; NaN where the activation is no ReLU."""
    found: Floats = np.where(_is_relu(evidence), evidence.health(name)[-1], np.nan)
    return found


def _rarely_active(evidence: Evidence, inactive: float) -> tuple[Floats, Floats]:
    """Bounds of the share of units that are 0 for more than the share `inactive` of the examples. The dead ones are;
    and of the share s of all values that are 0, such units have at least `inactive` each, the others at most that."""
    dead, zeros = _idle(evidence, "dead"), _idle(evidence, "saturated")
    return np.maximum(dead, (zeros - inactive) / (1 - inactive)), np.minimum(zeros / inactive, 1)


def _worst_layer(inactive: float) -> Callable[[Evidence], Measured | None]:
    def measure(evidence: Evidence) -> Measured | None:
        return largest(evidence, *_rarely_active(evidence, inactive)) if any(_is_relu(evidence)) else None

    return measure


def _rare_in_all(evidence: Evidence) -> Measured | None:
    """Of the units of all layers, those that are 0 for more than 90 % of the examples."""
    if not any(_is_relu(evidence)):
        return None
    units = np.array([shape.units for shape in evidence.spec.shapes[:-1]])
    low, high = (np.nansum(units * bound) for bound in _rarely_active(evidence, 0.9))
    others = 0.0 if all(_is_relu(evidence)) else float(units @ ~np.array(_is_relu(evidence)))
    return Measured(float(low) / units.sum(), (float(high) + others) / units.sum())


def _zero_gradients(evidence: Evidence) -> Measured | None:
    """Of all weights, those whose gradient is exactly 0: at most what lies in the same bin, at least those of a unit
    that is dead, and all of a layer that has no other value."""
    if not any(_is_relu(evidence)):
        return None
    layers, sizes = evidence.snapshots[-1].layers, np.array([shape.weights for shape in evidence.spec.shapes])
    dead = np.append(np.nan_to_num(_idle(evidence, "dead")), 0)
    nothing = np.array([layer.number("weight_gradient", "norm") == 0 for layer in layers])
    at_most = np.array([_around_zero(layer.histogram("weight_gradient")) for layer in layers])
    low = np.where(nothing, 1, dead)
    return Measured(float(sizes @ low) / sizes.sum(), float(sizes @ np.maximum(low, at_most)) / sizes.sum())


def _around_zero(histogram: Histogram) -> float:
    """Share of the values in the bin that holds 0."""
    return _share(histogram, (histogram.edges[:-1] <= 0) & (histogram.edges[1:] >= 0))


def _not_positive(evidence: Evidence) -> Measured | None:
    return largest(evidence, _idle(evidence, "saturated")) if any(_is_relu(evidence)) else None


# --- saturated ---

# z of the pre-activation s that SageMaker Debugger and DeepDiagnosis look at.
_OUTPUT: dict[str, Callable[[float], float]] = {"tanh": math.tanh, "sigmoid": lambda s: 1 / (1 + math.exp(-s))}


def _beyond(ends: dict[str, Bounds]) -> Callable[[Evidence], Measured | None]:
    """The share of the worst layer's z outside of the ends of its activation."""

    def measure(evidence: Evidence) -> Measured | None:
        names = [activation.name for activation in evidence.spec.activations]
        if not any(name in ends for name in names):
            return None
        layers = evidence.snapshots[-1].layers
        nothing = (math.nan, math.nan)
        found = [
            _outside(layer.histogram("activation"), *ends[name]) if name in ends else nothing
            for name, layer in zip(names, layers, strict=False)
        ]
        return largest(evidence, *np.array(found).T)

    return measure


def _outside(histogram: Histogram, low: float, high: float) -> Bounds:
    """Bounds of the share of values below `low` or above `high`: whole bins, and bins that reach beyond."""
    left, right = histogram.edges[:-1], histogram.edges[1:]
    near = 1e-12 * (histogram.hi - histogram.lo)  # an edge may be off by a rounding
    surely = (right <= low + near) | (left >= high - near)
    perhaps = (left < low - near) | (right > high + near)
    return _share(histogram, surely & perhaps), _share(histogram, perhaps)


def _share(histogram: Histogram, bins: NDArray[np.bool_]) -> float:
    total = int(histogram.counts.sum())
    return float(histogram.counts[bins].sum()) / total if total else math.nan


def _ends(tanh: Bounds, sigmoid: Bounds) -> dict[str, Bounds]:
    """Of the activations, from those of the pre-activations."""
    found = {"tanh": tanh, "sigmoid": sigmoid}
    return {name: (_OUTPUT[name](low), _OUTPUT[name](high)) for name, (low, high) in found.items()}


def _per_unit(evidence: Evidence) -> Measured | None:
    """TheDeepChecker bins the values of each unit apart."""
    return UNKNOWN if any(a.name in _OUTPUT for a in evidence.spec.activations) else None


CHECKS = {
    ("dead_units", "SM"): (Check("max #{j: P(zⱼ > 0) < 0.01} / #{j}", ">", 0.5, _worst_layer(0.99)),),
    ("dead_units", "AT"): (Check("P(∂C/∂W = 0)", "≥", 0.7, if_not_converged(_zero_gradients)),),
    ("dead_units", "DC"): (Check("max #{j: p₉₅|zⱼ| < 1e-5} / #{j}", ">", 0.5, _worst_layer(0.95)),),
    ("dead_units", "DD"): (Check("max P(z ≤ 0)", "≥", 0.7, _not_positive),),
    ("dead_units", "NS"): (Check("#{j: P(zⱼ = 0) > 0.9} / #{j}", ">", 0.1, _rare_in_all, severe=0.3),),
    ("saturated_activation", "SM"): (
        Check("max P(|s| > 9.5; sigmoid: s ∉ [−23, 17])", ">", 0.5, _beyond(_ends((-9.5, 9.5), (-23, 17)))),
    ),
    ("saturated_activation", "DC"): (Check("max #{j: ρⱼ > 0.85} / #{j}", ">", 0.5, _per_unit),),
    ("saturated_activation", "DD"): (Check("max P(|s| ≥ 5)", ">", 0.5, _beyond(_ends((-5, 5), (-5, 5)))),),
    ("saturated_activation", "NS"): (
        Check(
            "max P(|tanh s| > 0.9; sigmoid: z ∉ [0.1, 0.9])",
            ">",
            0.1,
            _beyond({"tanh": (-0.9, 0.9), "sigmoid": (0.1, 0.9)}),
            severe=0.25,
        ),
    ),
}
