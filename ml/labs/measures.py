"""Numbers that labs are decided by, each of one run. Layers count from 1, bottom up."""

import math

import numpy as np
from numpy.typing import NDArray

from ml.records import RunRecord

Floats = NDArray[np.float64]

HIGH = 0.9  # |z| above it is called saturated here, whatever the slope
LEARNED = 2.05  # validation loss of a net that has left its plateau


# --- at step 0 ---


def stds(run: RunRecord, signal: str) -> Floats:
    """(hidden layers,)"""
    return run.statistic(signal, "std")[0, : run.spec.depth]


def bottom_over_top(run: RunRecord, signal: str) -> float:
    """The first hidden layer's std over the last one's; NaN where both are 0."""
    values = stds(run, signal)
    return ratio(values[0], values[-1])


def ratio(over: float, under: float) -> float:
    """Infinite over 0, NaN of 0 over 0."""
    if under:
        return float(over / under)
    return math.inf if over else math.nan


def spread(run: RunRecord, signal: str) -> float:
    """Between the hidden layers: the largest std over the smallest."""
    values = stds(run, signal)
    return ratio(values.max(), values.min())


def above_over_below(run: RunRecord) -> Floats:
    """(hidden layers - 1,) the std of each layer's activations over that of the layer below."""
    values = stds(run, "activation")
    return values[1:] / values[:-1]


def jacobians(run: RunRecord) -> Floats:
    """(hidden layers - 1,) mean singular values, from the second layer on."""
    return run.health("jacobian")[0, 1:]


# --- during training ---


def curve(run: RunRecord, statistic: str, layer: int) -> Floats:
    """(snapshots,) of one layer's activations."""
    return run.statistic("activation", statistic)[:, layer - 1]


def first_step(run: RunRecord, seen: NDArray[np.bool_]) -> float:
    """(snapshots,) -> the first one's step at which something was seen; infinite where it never was."""
    return next((float(step) for step, yes in zip(run.steps, seen, strict=True) if yes), math.inf)


def steps_to(run: RunRecord, metric: str, target: float) -> float:
    """The first snapshot's step at which a metric is at most the target; infinite where it never is."""
    return first_step(run, np.array(run.metric(metric)) <= target)


def step_learned(run: RunRecord) -> float:
    return first_step(run, np.array(run.metric("val_loss")) < LEARNED)


def learned_after(run: RunRecord, *others: RunRecord) -> float:
    """Steps that the run needed to learn, beyond the slowest of the others."""
    return step_learned(run) - max(map(step_learned, others))


def step_saturated(run: RunRecord, layer: int) -> float:
    """The first step at which the 98th percentile of |z| is above 0.9, which is to say that more than 2 % are."""
    shares = [share(run, layer, HIGH, snapshot=number) for number in range(len(run.snapshots))]
    return first_step(run, np.array(shares) > 0.02)


# --- at the end ---


def final_error(run: RunRecord) -> float:
    """Share of wrong validation answers; a run that diverged has none right."""
    return 1.0 if run.diverged_at else run.metric("val_error")[-1]


def errs_more(run: RunRecord, other: RunRecord) -> float:
    """By which share of the validation answers."""
    return final_error(run) - final_error(other)


def share(run: RunRecord, layer: int, above: float = HIGH, below: float = math.inf, snapshot: int = -1) -> float:
    """How many of a layer's activations have |z| in this interval; exact where its ends are edges of bins."""
    sizes, counts = _sizes(run, layer, snapshot)
    return float(counts[(sizes > above) & (sizes < below)].sum() / counts.sum())


def percentiles_apart(run: RunRecord, first: int, last: int) -> float:
    """The largest distance between these layers' 98th percentiles of |z|."""
    values = [percentile_98(run, layer) for layer in range(first, last + 1)]
    return max(values) - min(values)


def percentile_98(run: RunRecord, layer: int) -> float:
    """Of |z|, to one bin's width."""
    sizes, counts = _sizes(run, layer, -1)
    order = sizes.argsort()
    below = counts[order].cumsum()
    return float(sizes[order][below.searchsorted(0.98 * below[-1])])


def _sizes(run: RunRecord, layer: int, snapshot: int) -> tuple[Floats, NDArray[np.int64]]:
    """(bins,) |z| at the centre of each bin, and how many there are."""
    histogram = run.snapshots[snapshot].layers[layer - 1].histogram("activation")
    centers: Floats = np.abs(histogram.centers)
    return centers, histogram.counts.astype(np.int64)
