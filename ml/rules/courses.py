"""What a rule reads, snapshot by snapshot, to be drawn: when it went wrong, and whether it came right again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.catalog import Floats
from ml.records import RunRecord
from ml.rules.curves import FEWEST, WINDOW, below_guessing, mean_rise
from ml.rules.evidence import Evidence
from ml.rules.gradients import to_last


@dataclass(frozen=True)
class Course:
    """`values` at `epochs`, NaN where there is nothing to read; before any patience, so that one snapshot counts."""

    epochs: Floats
    values: Floats


def course(run: RunRecord, rule: str) -> Course | None:
    """None where the rule's quantity has no course: it is read before the first step, or from the settings."""
    if rule not in _COURSES:
        return None
    evidence = Evidence(run)
    values = _COURSES[rule](evidence)
    epochs = np.array([snapshot.epoch for snapshot in evidence.snapshots])
    return Course(epochs[len(epochs) - len(values) :], values)


def _worst(shares: Floats) -> Floats:
    """(snapshots,) of (snapshots, layers): the largest that is a number."""
    return np.where(np.isnan(shares).all(axis=1), np.nan, np.nan_to_num(shares, nan=-np.inf).max(axis=1, initial=0))


def _rises(evidence: Evidence) -> Floats:
    losses = evidence.metric("train_loss")
    windows = (losses[max(0, end - WINDOW) : end] for end in range(1, len(losses) + 1))
    return np.array([mean_rise(window) if len(window) >= FEWEST else np.nan for window in windows])


_COURSES: dict[str, Callable[[Evidence], Floats]] = {
    "exploding_gradient": lambda evidence: to_last(evidence)[:, 0],
    "vanishing_gradient": lambda evidence: to_last(evidence)[:, 0],
    "dead_units": lambda evidence: _worst(evidence.dead),
    "saturated_activation": lambda evidence: _worst(evidence.flat),
    "update_too_large": lambda evidence: _worst(evidence.updates),
    "update_too_small": lambda evidence: _worst(evidence.updates),
    "oscillating_loss": _rises,
    "loss_not_decreasing": below_guessing,
    "overfit": lambda evidence: evidence.metric("val_error") - evidence.metric("train_error"),
}
