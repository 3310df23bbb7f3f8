"""What the curves of loss and accuracy tell, as the tools read them; a snapshot stands for an epoch of theirs where
there is one an epoch."""

import math
from dataclasses import replace

import numpy as np

from ml.catalog import Floats
from ml.opinions.opinion import REACHED, Check, Measured, converged, exactly
from ml.rules.evidence import Evidence
from ml.rules.finding import share
from ml.words import words

BACK = 10  # steps that SageMaker Debugger looks back
WINDOW = 5  # losses in a row that TheDeepChecker and DeepDiagnosis look at
SWING = 0.03  # AutoTrainer: of the accuracy, from a peak to a trough


def _change(evidence: Evidence) -> Measured:
    """The last train loss over that of BACK steps ago, or of the snapshot before where that is further back."""
    losses, last = evidence.metric("train_loss"), evidence.snapshots[-1].step
    before = [loss for loss, snapshot in zip(losses, evidence.snapshots, strict=True) if snapshot.step <= last - BACK]
    return exactly(float(losses[-1] / before[-1]) if before and before[-1] else math.nan)


def _ratios(evidence: Evidence) -> Floats:
    """(WINDOW − 1,) of each of the last train losses to the one before."""
    losses = evidence.metric("train_loss")[-WINDOW:]
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = losses[1:] / losses[:-1]
    return found


def _largest_drop(evidence: Evidence) -> Measured:
    return exactly(float(1 - _ratios(evidence).min()))


def _smallest_rise(evidence: Evidence) -> Measured:
    return exactly(float(_ratios(evidence).min()))


def _spread(evidence: Evidence) -> Measured:
    losses = evidence.metric("train_loss")[-WINDOW:]
    return exactly(float(losses.max() - losses.mean()))


def _best_gain(evidence: Evidence) -> Measured:
    gains = [-np.diff(evidence.metric(name)).min() for name in ("train_error", "val_error")]
    return exactly(float(max(gains)))


def _swings(evidence: Evidence) -> Measured:
    """The share of epochs with a peak of the train accuracy that is SWING above the trough of the same number."""
    accuracy = 1 - evidence.metric("train_error")
    before, here, after = accuracy[:-2], accuracy[1:-1], accuracy[2:]
    peaks = here[(here >= before) & (here >= after)]
    troughs = here[(here <= before) & (here <= after)]
    pairs = min(len(peaks), len(troughs))
    value = float(np.count_nonzero(peaks[:pairs] - troughs[:pairs] >= SWING)) / len(accuracy)
    if converged(evidence):
        return exactly(value)
    text = words("It looks for this only in runs that have given {limit} right answers.", limit=share(REACHED))
    return replace(exactly(value), excused=text)


def _loss_gap(evidence: Evidence) -> Measured:
    training, validation = evidence.metric("train_loss")[-1], evidence.metric("val_loss")[-1]
    return exactly(float(validation / training - 1) if training else math.nan)


def _accuracy_gap(evidence: Evidence) -> Measured:
    return exactly(float(evidence.metric("val_error")[-1] - evidence.metric("train_error")[-1]))


_LOSS_GAP = "(C(validation) − C(train)) / C(train)"

CHECKS = {
    ("loss_not_decreasing", "SM"): (Check("Cₜ / Cₜ₋₁₀", "≥", 1, _change, needs=2),),
    ("loss_not_decreasing", "AT"): (Check("max (errorₜ₋₁ − errorₜ)", "<", 0.01, _best_gain, needs=2),),
    ("loss_not_decreasing", "DC"): (Check("max (1 − Cₜ / Cₜ₋₁)", "<", 0.05, _largest_drop, needs=WINDOW),),
    ("loss_not_decreasing", "DD"): (Check("max Cₜ − mean Cₜ", "≤", 0, _spread, needs=WINDOW),),
    ("oscillating_loss", "AT"): (Check("#{t: Δerror ≥ 0.03} / #{t}", "≥", 0.2, _swings, needs=3),),
    ("oscillating_loss", "DC"): (Check("min Cₜ / Cₜ₋₁", "≥", 2, _smallest_rise, needs=WINDOW),),
    ("overfit", "SM"): (Check(_LOSS_GAP, ">", 0.1, _loss_gap),),
    ("overfit", "AT"): (Check("error(validation) − error(train)", "≥", 0.1, _accuracy_gap),),
    ("overfit", "NS"): (Check(_LOSS_GAP, ">", 0.1, _loss_gap, severe=0.5),),
}
