"""Numbers that labs are decided by, each of one run. Layers count from 1, bottom up.

What several modules of labs need; what one needs alone stands there.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ml.records import RunRecord

Floats = NDArray[np.float64]


def stds(run: RunRecord, signal: str, snapshot: int = 0) -> Floats:
    """(hidden layers,) of one snapshot, step 0 unless another is named."""
    return run.statistic(signal, "std")[snapshot, : run.spec.depth]


def bottom_over_top(run: RunRecord, signal: str, snapshot: int = 0) -> float:
    """The first hidden layer's std over the last one's."""
    values = stds(run, signal, snapshot)
    return float(values[0] / values[-1])


def final_error(run: RunRecord) -> float:
    """Share of wrong validation answers at the end; a run that diverged has none right."""
    return 1.0 if run.diverged_at else run.metric("val_error")[-1]


def first_step(run: RunRecord, seen: NDArray[np.bool_]) -> float:
    """The first snapshot's step at which something was seen; infinite where it never was."""
    return next((float(step) for step, yes in zip(run.steps, seen, strict=True) if yes), math.inf)
