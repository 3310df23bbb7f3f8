"""Vanishing and exploding gradients, as the tools test them: by the gradient of the weights, g = ∂C/∂W."""

import math
from dataclasses import replace

import numpy as np

from ml.catalog import Floats
from ml.opinions.opinion import Check, Measured, exactly, if_not_converged, largest, smallest
from ml.rules.evidence import Evidence
from ml.words import words

SMALL = 1e-4  # AutoTrainer: a first layer with a larger ‖g‖ has not vanished, whatever the last one has
WINDOW = 5  # snapshots in a row over which TheDeepChecker watches a layer's gradient shrink or grow


def _last(evidence: Evidence, name: str) -> Floats:
    """(layers,) of one statistic of g at the last snapshot that is finite."""
    found: Floats = evidence.statistic("weight_gradient", name)[-1]
    return found


def _smallest_mean(evidence: Evidence) -> Measured:
    return smallest(evidence, _last(evidence, "abs_mean"))


def _largest_mean(evidence: Evidence) -> Measured:
    return largest(evidence, _last(evidence, "abs_mean"))


def _smallest_rms(evidence: Evidence) -> Measured:
    sizes = np.array([shape.weights for shape in evidence.spec.shapes])
    return smallest(evidence, _last(evidence, "norm") / np.sqrt(sizes))


def _global_norm(evidence: Evidence) -> Measured:
    return exactly(float(np.linalg.norm(_last(evidence, "norm"))))


def _ratio(lower: float, upper: float) -> float:
    if upper:
        return lower / upper
    return math.inf if lower else math.nan


def _first_to_last(evidence: Evidence) -> Measured:
    norms = _last(evidence, "norm")
    return exactly(_ratio(float(norms[0]), float(norms[-1])), evidence.spec.layers[0])


def _vanished_first_to_last(evidence: Evidence) -> Measured:
    """AutoTrainer asks for a small ‖g¹‖ as well."""
    found, norm = _first_to_last(evidence), float(_last(evidence, "norm")[0])
    if norm < SMALL:
        return found
    return replace(found, excused=words("‖∂C/∂W¹‖ itself is {norm:.2g}, not below {small:g}.", norm=norm, small=SMALL))


def _ratios(evidence: Evidence) -> Floats:
    """(WINDOW − 1, layers) of each mean |g| to that at the snapshot before, over the last WINDOW snapshots; NaN where
    that was 0."""
    means = evidence.statistic("weight_gradient", "abs_mean")[-WINDOW:]
    return np.divide(means[1:], means[:-1], out=np.full_like(means[1:], math.nan), where=means[:-1] > 0)


def _shrinking(evidence: Evidence) -> Measured:
    return smallest(evidence, _ratios(evidence).max(axis=0))


def _growing(evidence: Evidence) -> Measured:
    return largest(evidence, _ratios(evidence).min(axis=0))


def _nonfinite(evidence: Evidence) -> Measured:
    """Values and losses of the first snapshot that has any that is not finite."""
    first = evidence.diverged_at
    return exactly(float(first.nonfinite) if first else 0.0)


def _largest_loss(evidence: Evidence) -> Measured:
    return exactly(float(evidence.metric("train_loss").max()))


_NONFINITE = Check("#{NaN, ±∞}", ">", 0, _nonfinite, needs=0)
_HUGE_LOSS = Check("max Cₜ", "≥", 1e3, _largest_loss)
_MEAN, _NORMS = "mean |∂C/∂W|", "‖∂C/∂W¹‖ / ‖∂C/∂Wᴸ‖"

CHECKS = {
    ("vanishing_gradient", "SM"): (Check(f"min {_MEAN}", "<", 1e-7, _smallest_mean),),
    ("vanishing_gradient", "AT"): (Check(_NORMS, "<", 1e-3, if_not_converged(_vanished_first_to_last)),),
    ("vanishing_gradient", "DC"): (
        Check(f"min {_MEAN}", "<", 1e-6, _smallest_mean),
        Check("min max gₜ / gₜ₋₁, g = mean |∂C/∂W|", "≤", 0.5, _shrinking, needs=WINDOW),
    ),
    ("vanishing_gradient", "DD"): (Check(f"min {_MEAN}", "<", 1e-7, _smallest_mean),),
    ("vanishing_gradient", "NS"): (Check("min √mean (∂C/∂W)²", "<", 1e-5, _smallest_rms, severe=1e-7),),
    ("exploding_gradient", "SM"): (_NONFINITE,),
    ("exploding_gradient", "AT"): (Check(_NORMS, ">", 70, if_not_converged(_first_to_last)), _NONFINITE, _HUGE_LOSS),
    ("exploding_gradient", "DC"): (
        Check(f"max {_MEAN}", ">", 1e6, _largest_mean),
        Check("max min gₜ / gₜ₋₁, g = mean |∂C/∂W|", "≥", 2, _growing, needs=WINDOW),
    ),
    ("exploding_gradient", "NS"): (Check("‖∂C/∂W‖", ">", 5, _global_norm, severe=10),),
    ("diverged", "SM"): (_NONFINITE,),
    ("diverged", "AT"): (_NONFINITE, _HUGE_LOSS),
    ("diverged", "DC"): (_NONFINITE,),
    ("diverged", "DD"): (_NONFINITE,),
}
