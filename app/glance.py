"""A run in two short sentences with its own numbers, whether anything is wrong with it or not: what is said of it where
there is no finding, and the text of its thumbnail."""

import math

import numpy as np

from app.i18n import gettext as _
from app.i18n import percent
from ml.records import RunRecord

_UNLIKE = 10.0  # times: gradients of layers further apart are worth a word


def glance(run: RunRecord) -> str:
    """What became of the gradient and of the error, by the latest snapshot; empty before the first."""
    return f"{_layers(run)} {_outcome(run)}".strip() if run.snapshots else ""


def _outcome(run: RunRecord) -> str:
    last = run.snapshots[-1]
    if not math.isfinite(last.metrics.val_error):
        return ""
    wrong = percent(last.metrics.val_error)
    return _("After epoch {epoch:.4g}, {wrong} of the answers are wrong.", epoch=last.epoch, wrong=wrong)


def _layers(run: RunRecord) -> str:
    std = run.statistic("backprop_gradient", "std")[-1]
    if not np.isfinite(std).all():
        return _("The numbers are no longer finite.")
    return _gradient(float(std[0]), float(std[-1]), len(std)) if len(std) > 1 else ""


def _gradient(first: float, last: float, depth: int) -> str:
    """How much of the gradient of the last hidden layer reaches the first one."""
    if first == 0 or last == 0:
        return _("Layer 1 receives no gradient at all.")
    times = float(f"{max(first, last) / min(first, last):.2g}")
    if times < _UNLIKE:
        return _("The gradients of layers 1 and {depth} are within a factor of {times:.1f}.", depth=depth, times=times)
    if first < last:
        return _("Layer 1 receives {times:,.0f} times less gradient than layer {depth}.", times=times, depth=depth)
    return _("Layer 1 receives {times:,.0f} times more gradient than layer {depth}.", times=times, depth=depth)
