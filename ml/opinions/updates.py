"""Steps too large and too small, as the tools test them."""

import math

import numpy as np

from ml.catalog import Floats
from ml.opinions.opinion import UNKNOWN, Check, Measured, exactly, largest, smallest
from ml.rules.evidence import Evidence


def _ratios(evidence: Evidence) -> Floats:
    """(layers,) ‖ΔW‖ / ‖W‖ at the last snapshot; NaN for a frozen layer and where it is not known."""
    frozen = [name in evidence.spec.frozen_layers for name in evidence.spec.layers]
    found: Floats = np.where(frozen, np.nan, evidence.updates[-1])
    return found


def _largest_ratio(evidence: Evidence) -> Measured:
    return largest(evidence, _ratios(evidence))


def _smallest_ratio(evidence: Evidence) -> Measured:
    return smallest(evidence, _ratios(evidence))


def _median_ratio(evidence: Evidence) -> Measured:
    ratios = _ratios(evidence)
    return UNKNOWN if np.isnan(ratios).all() else exactly(float(np.nanmedian(ratios)))


def _mean_ratios(evidence: Evidence) -> Floats:
    """(layers,) the most that mean |ΔW| / mean |W| can be: the mean of n numbers is at most their norm / √n."""
    norms, means = (evidence.statistic("weight", name)[-1] for name in ("norm", "abs_mean"))
    sizes = np.array([shape.weights for shape in evidence.spec.shapes])
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.log10(_ratios(evidence) * norms / np.sqrt(sizes) / means)
    return found


def _largest_mean_ratio(evidence: Evidence) -> Measured:
    at_most = _mean_ratios(evidence)
    return largest(evidence, np.where(np.isnan(at_most), np.nan, -math.inf), at_most)


def _smallest_mean_ratio(evidence: Evidence) -> Measured:
    found = smallest(evidence, _mean_ratios(evidence))
    return Measured(-math.inf if found.layer else math.nan, found.high, found.layer)


def _gradient_steps(evidence: Evidence) -> Floats:
    """(layers,) η ‖∂C/∂W‖ / ‖W‖, whatever the optimizer makes of the gradient."""
    gradient, weight = (evidence.statistic(signal, "norm")[-1] for signal in ("weight_gradient", "weight"))
    steps: Floats = np.full_like(weight, math.nan)
    np.divide(evidence.spec.lr * gradient, weight, out=steps, where=weight > 0)
    return steps


def _largest_gradient_step(evidence: Evidence) -> Measured:
    return largest(evidence, _gradient_steps(evidence))


def _smallest_gradient_step(evidence: Evidence) -> Measured:
    return smallest(evidence, _gradient_steps(evidence))


_NORMS, _MEANS, _GRADIENTS = "‖ΔW‖ / ‖W‖", "log₁₀(mean |ΔW| / mean |W|)", "η ‖∂C/∂W‖ / ‖W‖"

CHECKS = {
    ("update_too_large", "SM"): (Check(f"max {_NORMS}", ">", 10, _largest_ratio, needs=2),),
    ("update_too_large", "DC"): (Check(f"max {_MEANS}", ">", -1, _largest_mean_ratio, needs=2),),
    ("update_too_large", "DD"): (Check(f"max {_GRADIENTS}", ">", 0.1, _largest_gradient_step),),
    ("update_too_large", "NS"): (Check(f"median {_NORMS}", ">", 0.01, _median_ratio, severe=0.05, needs=2),),
    ("update_too_small", "SM"): (Check(f"min {_NORMS}", "<", 1e-8, _smallest_ratio, needs=2),),
    ("update_too_small", "DC"): (Check(f"min {_MEANS}", "<", -4, _smallest_mean_ratio, needs=2),),
    ("update_too_small", "DD"): (Check(f"min {_GRADIENTS}", "<", 1e-5, _smallest_gradient_step),),
    ("update_too_small", "NS"): (Check(f"median {_NORMS}", "<", 1e-3, _median_ratio, severe=1e-4, needs=2),),
}
