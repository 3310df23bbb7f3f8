"""Vanishing and exploding gradients, as the tools test them: by the gradient of the weights, g = ∂C/∂W."""

import math
from itertools import pairwise

import numpy as np

from ml.catalog import Floats
from ml.opinions.opinion import Check, Measured, exactly, largest, smallest
from ml.rules.evidence import Evidence
from ml.rules.finding import share
from ml.words import words

ROW = 4  # successive layers, each of whose gradients is so much smaller than the next one's


def _last(evidence: Evidence, name: str) -> Floats:
    """(layers,) of one statistic of g at the last snapshot that is finite."""
    found: Floats = evidence.statistic("weight_gradient", name)[-1]
    return found


def _smallest_mean(evidence: Evidence) -> Measured | None:
    return smallest(evidence, _last(evidence, "abs_mean"))


def _largest_mean(evidence: Evidence) -> Measured | None:
    return largest(evidence, _last(evidence, "abs_mean"))


def _smallest_rms(evidence: Evidence) -> Measured | None:
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


SMALL = 1e-4  # AutoTrainer: a first layer with a larger ‖g‖ has not vanished, whatever the last one has


def _vanished_first_to_last(evidence: Evidence) -> Measured:
    found, norm = _first_to_last(evidence), float(_last(evidence, "norm")[0])
    if evidence.learned:
        wrong = share(float(evidence.metric("train_error")[-1]))
        text = words("It accuses no run that learns: {wrong} of the training answers are wrong.", wrong=wrong)
        return exactly(found.low, excused=text)
    if norm >= SMALL:
        text = words("‖g¹‖ itself is {norm:.2g}, not below {small:g}.", norm=norm, small=SMALL)
        return exactly(found.low, excused=text)
    return found


def _in_a_row(evidence: Evidence, shrinking: bool) -> Measured | None:
    """Of the ratios of each layer's mean |g| to that of the next, how far ROW successive ones keep to one side."""
    means = _last(evidence, "abs_mean")
    if len(means) <= ROW:
        return None
    ratios = np.array([_ratio(*pair) for pair in pairwise(means)])
    rows = np.lib.stride_tricks.sliding_window_view(ratios, ROW)
    return exactly(float(rows.max(axis=1).min() if shrinking else rows.min(axis=1).max()))


def _nonfinite(evidence: Evidence) -> Measured:
    """Values and losses of the first snapshot that has any that is not finite."""
    first = evidence.diverged_at
    if first is None:
        return exactly(0.0)
    losses = (first.metrics.train_loss, first.metrics.val_loss)
    count = sum(layer.number(signal, "nonfinite") for layer in first.layers for signal in layer.signals)
    return exactly(count + sum(not math.isfinite(loss) for loss in losses))


def _largest_loss(evidence: Evidence) -> Measured:
    return exactly(float(evidence.metric("train_loss").max()))


_NONFINITE = Check("#{NaN, ±∞}", ">", 0, _nonfinite, needs=0)
_HUGE_LOSS = Check("max Cₜ", "≥", 1e3, _largest_loss)
_MEAN, _RATIO, _STEP = "mean |∂C/∂W|", "‖∂C/∂W¹‖ / ‖∂C/∂Wᴸ‖", "mean |∂C/∂Wⁱ| / mean |∂C/∂Wⁱ⁺¹|"

CHECKS = {
    ("vanishing_gradient", "SM"): (Check(f"min {_MEAN}", "<", 1e-7, _smallest_mean),),
    ("vanishing_gradient", "AT"): (Check(_RATIO, "<", 1e-3, _vanished_first_to_last),),
    ("vanishing_gradient", "DC"): (
        Check(f"min {_MEAN}", "<", 1e-6, _smallest_mean),
        Check(f"4 × {_STEP}", "≤", 0.5, lambda evidence: _in_a_row(evidence, shrinking=True)),
    ),
    ("vanishing_gradient", "DD"): (Check(f"min {_MEAN}", "<", 1e-7, _smallest_mean),),
    ("vanishing_gradient", "NS"): (Check("min √mean (∂C/∂W)²", "<", 1e-5, _smallest_rms, severe=1e-7),),
    ("exploding_gradient", "SM"): (_NONFINITE,),
    ("exploding_gradient", "AT"): (Check(_RATIO, ">", 70, _first_to_last), _NONFINITE, _HUGE_LOSS),
    ("exploding_gradient", "DC"): (
        Check(f"max {_MEAN}", ">", 1e6, _largest_mean),
        Check(f"4 × {_STEP}", "≥", 2, lambda evidence: _in_a_row(evidence, shrinking=False)),
    ),
    ("exploding_gradient", "NS"): (Check("‖∂C/∂W‖", ">", 5, _global_norm, severe=10),),
    ("diverged", "SM"): (_NONFINITE,),
    ("diverged", "AT"): (_NONFINITE, _HUGE_LOSS),
}
