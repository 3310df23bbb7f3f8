"""What keeps gradients and weights within bounds: clipping and max-norm."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.figures import axes, marks
from app.figures.axes import Json
from app.figures.layer_lines import layer_lines, name_lines
from app.figures.over_epochs import epoch_axis, explain_gaps
from app.figures.view import View
from app.i18n import gettext as _
from app.i18n import number
from app.theme import Theme
from ml.records import Clipping, RunRecord

_HEIGHT = 250


def clipping(run: RunRecord, theme: Theme, view: View) -> Json:
    """The norm of the gradient of all parameters before and after it was clipped, each the mean over the training steps
    since the snapshot before.

    Clipping by norm shortens a gradient that is longer than c to c and keeps its direction; clipping by value cuts each
    of its components to [−c, c]. Lines that lie on each other: nothing had to be clipped. A wide gap all the time: c,
    not the gradient, decides how long the steps are (Pascanu, Mikolov & Bengio, 2013, section 3.2).
    """
    epochs, found = _clippings(run)
    before, after = (np.array([getattr(c, name) for c in found]) for name in ("norm_before", "norm_after"))
    limits = [run.spec.clip_limit] if run.spec.clip == "norm" else []
    y_axis = axes.fitting(theme, np.concatenate([limits, before, after]), view.log)
    layout = marks.frame(theme, _HEIGHT, epoch_axis(run, theme), y_axis, _("mean norm of the gradient"), right=70)
    across, before, after = np.array(epochs), axes.shown(before, y_axis), axes.shown(after, y_axis)
    lines = [
        marks.line(*marks.thinned(across, before), _("before"), theme.colour(lambda p: p.muted), "6px,3px"),
        marks.line(*marks.thinned(across, after), _("after"), theme.colour(lambda p: p.train), "solid"),
    ]
    return _finished(run, theme, layout, lines, limits)


def clipped(run: RunRecord, theme: Theme) -> Json:
    """The share of the training steps since the snapshot before whose gradient was clipped.

    A few percent: clipping is what it should be, a safety net for rare steps. Nearly all: it has become part of the
    learning rate, and every step is as long as the next. None: c is larger than any gradient, and the run is the same
    without clipping.
    """
    epochs, found = _clippings(run)
    y_axis = axes.linear(theme, *axes.padded(0, 100))
    layout = marks.frame(theme, _HEIGHT, epoch_axis(run, theme), y_axis, _("clipped steps, %"), right=70)
    shares = marks.thinned(np.array(epochs), np.array([100 * c.clipped for c in found]))
    return _finished(run, theme, layout, [marks.line(*shares, "", theme.colour(lambda p: p.train), "solid")])


def _clippings(run: RunRecord) -> tuple[list[float], list[Clipping]]:
    found = [(snapshot.epoch, snapshot.clipping) for snapshot in run.snapshots if snapshot.clipping]
    return [epoch for epoch, _ in found], [clipping for _, clipping in found]


def unit_norms(run: RunRecord, theme: Theme, view: View) -> Json:
    """The Euclidean norm of a unit's incoming weights: of each layer the longest (strong line) and the median (thin
    line), over training.

    With max-norm no unit's weights are longer than c after a step; the weights of the initialisation, at epoch 0, may
    be. A strong line along c: the limit is at work there. All lines below it: the run is the same without (Srivastava
    et al., 2014, section 5.1, who use it with dropout and high learning rates).
    """
    norms = [[_longest_and_median(layer.extras.get("unit_norms")) for layer in s.layers] for s in run.snapshots]
    values = np.array(norms, dtype=np.float64).reshape(len(norms), len(run.spec.layers), 2)
    limits = [run.spec.max_norm] if run.spec.max_norm else []
    y_axis = axes.fitting(theme, np.concatenate([limits, values.ravel()]), view.log)
    layout = marks.frame(theme, _HEIGHT, epoch_axis(run, theme), y_axis, _("norm of a unit's weights"), right=70)
    values = axes.shown(values, y_axis)
    longest, median = (layer_lines(run, theme, run.epochs, values[:, :, i], width=2.4 - 1.6 * i) for i in (0, 1))
    return _finished(run, theme, layout, longest, limits, thin=median)


def _longest_and_median(norms: NDArray[Any] | None) -> tuple[float, float]:
    """NaN where nothing was measured or not all is finite."""
    return (np.nan, np.nan) if norms is None else (float(norms.max()), float(np.median(norms)))


def _finished(
    run: RunRecord,
    theme: Theme,
    layout: Json,
    lines: list[Json],
    limits: Sequence[float] = (),
    thin: Sequence[Json] = (),
) -> Json:
    """The figure of these lines, which are named, of thin ones, which are not, and of the limits c."""
    explain_gaps(run, theme, layout)
    if run.snapshots and not any(line["x"] for line in lines):
        marks.say(layout, _("no step was taken yet"))
    name_lines(layout, lines, [marks.guide(theme, layout, limit, f"c = {number(limit, 'g')}") for limit in limits])
    return {"data": [*thin, *lines], "layout": layout}
