"""What only the checks look at, beside the measures of the labs: numbers of one run. Layers count from 1, bottom up."""

import math

import numpy as np

from ml.labs.measures import Floats, curve, first_step, share
from ml.records import RunRecord


def at(run: RunRecord, step: float, values: Floats) -> float:
    """The value at a step that has a snapshot."""
    return float(values[run.steps.index(int(step))])


def narrowest(run: RunRecord, layer: int) -> float:
    """The step at which a layer's activations are closest together."""
    return float(run.steps[curve(run, "std", layer).argmin()])


def recovery(run: RunRecord, layer: int) -> float:
    """A layer's std at the end over its smallest one."""
    values = curve(run, "std", layer)
    return float(values[-1] / values.min())


def escape(run: RunRecord, layer: int, std: float) -> float:
    """The first step after the narrowest one at which a layer's std is above this one."""
    later = np.array(run.steps) > narrowest(run, layer)
    return first_step(run, later & (curve(run, "std", layer) > std))


def share_ratio(run: RunRecord, layer: int, other: int) -> float:
    """A layer's share of |z| > 0.9 over another's; NaN where that is 0."""
    base = share(run, other)
    return share(run, layer) / base if base else math.nan


def least_rise(run: RunRecord, layer: int) -> float:
    """From each layer to the next, up to this one: how much the mean activation rises where it rises least."""
    return float(np.diff(run.statistic("activation", "mean")[-1, :layer]).min())
