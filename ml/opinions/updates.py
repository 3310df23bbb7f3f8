"""Steps too large and too small, as the tools test them: by the largest ratios of the whole run, and by the last."""

import math
from collections.abc import Callable

import numpy as np

from ml.catalog import Floats
from ml.opinions.opinion import UNKNOWN, Check, Measured, exactly, largest, smallest
from ml.rules.evidence import Evidence

Ratios = Callable[[Evidence], Floats]


def _at_most(evidence: Evidence) -> Floats:
    """(layers,) the largest ‖ΔW‖ / ‖W‖ of the run; NaN where it is not known."""
    found: Floats = np.fmax.reduce(evidence.updates, axis=0)
    return found


def _at_last(evidence: Evidence) -> Floats:
    """(layers,) that of the last snapshot; NaN for a frozen layer and where it is not known."""
    frozen = [name in evidence.spec.frozen_layers for name in evidence.spec.layers]
    found: Floats = np.where(frozen, np.nan, evidence.updates[-1])
    return found


def _median(ratios: Ratios) -> Callable[[Evidence], Measured]:
    def measure(evidence: Evidence) -> Measured:
        found = ratios(evidence)
        return UNKNOWN if np.isnan(found).all() else exactly(float(np.nanmedian(found)))

    return measure


def _mean_ratios(evidence: Evidence, ratios: Floats) -> Floats:
    """(layers,) the most that log₁₀(mean |ΔW| / mean |W|) can be: the mean of n numbers is at most their norm / √n."""
    norms, means = (evidence.statistic("weight", name)[-1] for name in ("norm", "abs_mean"))
    sizes = np.array([shape.weights for shape in evidence.spec.shapes])
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.log10(ratios * norms / np.sqrt(sizes) / means)
    return found


def _largest_mean(evidence: Evidence) -> Measured:
    most = _mean_ratios(evidence, _at_most(evidence))
    return largest(evidence, np.where(np.isnan(most), np.nan, -math.inf), most)


def _smallest_mean(evidence: Evidence) -> Measured:
    found = smallest(evidence, _mean_ratios(evidence, _at_last(evidence)))
    return Measured(-math.inf if found.layer else math.nan, found.high, found.layer)


def _gradient_steps(evidence: Evidence) -> Floats:
    """(snapshots, layers) η ‖∂C/∂W‖ / ‖W‖, whatever the optimizer makes of the gradient."""
    gradient, weight = evidence.statistic("weight_gradient", "norm"), evidence.statistic("weight", "norm")
    steps: Floats = np.full_like(weight, math.nan)
    np.divide(evidence.spec.lr * gradient, weight, out=steps, where=weight > 0)
    return steps


def _largest_gradient_step(evidence: Evidence) -> Measured:
    return largest(evidence, np.fmax.reduce(_gradient_steps(evidence), axis=0))


def _smallest_gradient_step(evidence: Evidence) -> Measured:
    return smallest(evidence, _gradient_steps(evidence)[-1])


_NORMS, _MEANS, _GRADIENTS = "‖ΔW‖ / ‖W‖", "log₁₀(mean |ΔW| / mean |W|)", "η ‖∂C/∂W‖ / ‖W‖"

CHECKS = {
    ("update_too_large", "SM"): (Check(f"max {_NORMS}", ">", 10, lambda e: largest(e, _at_most(e)), needs=2),),
    ("update_too_large", "DC"): (Check(f"max {_MEANS}", ">", -1, _largest_mean, needs=2),),
    ("update_too_large", "DD"): (Check(f"max {_GRADIENTS}", ">", 0.1, _largest_gradient_step),),
    ("update_too_large", "NS"): (Check(f"median {_NORMS}", ">", 0.01, _median(_at_most), severe=0.05, needs=2),),
    ("update_too_small", "SM"): (Check(f"min {_NORMS}", "<", 1e-8, lambda e: smallest(e, _at_last(e)), needs=2),),
    ("update_too_small", "DC"): (Check(f"min {_MEANS}", "<", -4, _smallest_mean, needs=2),),
    ("update_too_small", "DD"): (Check(f"min {_GRADIENTS}", "<", 1e-5, _smallest_gradient_step),),
    ("update_too_small", "NS"): (Check(f"median {_NORMS}", "<", 1e-3, _median(_at_last), severe=1e-4, needs=2),),
}
