"""Whether the layers are fit to learn: Jacobians, update sizes, gradient norms, dead units, the pieces of maxout."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.figures import axes, marks, smoothing
from app.figures.axes import Array, Json
from app.figures.layer_lines import layer_label, layer_lines, name_lines
from app.figures.over_epochs import epoch_axis, explain_gaps
from app.figures.view import View
from app.i18n import gettext as _
from app.theme import Theme
from ml.records import RunRecord
from ml.sizes import PIECES

_HEIGHT = 250
_HEALTHY_UPDATE = 1e-3


def jacobian(run: RunRecord, theme: Theme, view: View) -> Json:
    """The mean singular value of the Jacobian from each hidden layer's activations to the next one's, ∂zⁱ⁺¹/∂zⁱ, over a
    few monitoring examples; the band is ± its standard error. It takes long to compute, so not every snapshot has it.

    It is the factor by which a small change grows on its way through the layer, and the gradient on its way back. Near
    1, both flow (Glorot & Bengio, 2010, equation 17 and section 4.2.1: about 0.8 at first with the normalized
    initialisation, 0.5 with the standard one). Far below 1 the gradient vanishes layer by layer, far above it explodes.
    """
    mean, error = run.health("jacobian"), run.health("jacobian_se")
    low, high = mean - error, mean + error
    y_axis = axes.fitting(theme, np.concatenate([[1.0], mean, low, high], axis=None), view.log)
    layout = _frame(run, theme, y_axis, _("mean singular value"))
    level = marks.guide(theme, layout, 1, _("unchanged"))
    mean, low, high = (axes.shown(values, y_axis) for values in (mean, low, high))
    bands = [_error_band(run, theme, i, low[:, i], high[:, i]) for i in range(1, run.spec.depth)]
    lines = layer_lines(run, theme, run.epochs, mean)
    name_lines(layout, lines, [level])
    return {"data": [*(band for band in bands if band["x"]), *lines], "layout": layout}


def _error_band(run: RunRecord, theme: Theme, index: int, low: Array, high: Array) -> Json:
    depth = run.spec.depth
    name = _("{layer}, ± standard error", layer=layer_label(index, depth))
    return marks.band(run.epochs, low, high, name, theme.layer(index, depth, alpha=0.2)) | {
        "meta": run.spec.layers[index]
    }


def update_ratio(run: RunRecord, theme: Theme, view: View) -> Json:
    """How far a single step moves the weights of each layer for their size, ‖ΔW‖ / ‖W‖, every tenth step or so, over
    the first 32 units of each layer, on a logarithmic axis. A frozen layer does not move and has no line.

    About 10⁻³ is a good pace (Karpathy, Stanford CS231n, "Neural Networks Part 3"). A layer far below it hardly learns:
    the learning rate is too low for it, or no gradient arrives. One far above it throws away in a few steps what it
    knew.
    """
    return _pulses(run, theme, view, "update_ratio", _("‖ΔW‖ / ‖W‖ of a step"), _HEALTHY_UPDATE)


def gradient_norm(run: RunRecord, theme: Theme, view: View) -> Json:
    """The length of the gradient of each layer's weights, ‖∂C/∂W‖, on the batch of a training step, every tenth step or
    so, after clipping, on a logarithmic axis. A frozen layer has no gradient and no line.

    What the other figures measure on examples that are held out, this one measures where the network learns. It jumps
    from batch to batch. A sudden peak by a factor of ten or more is a step that may undo many others: clipping is made
    for it (Pascanu et al., 2013). A line that sinks to the bottom belongs to a layer that has nothing left to learn
    from.
    """
    return _pulses(run, theme, view, "gradient_norm", _("norm ‖∂C/∂W‖ on the batch"))


def _pulses(run: RunRecord, theme: Theme, view: View, name: str, title: str, *guides: float) -> Json:
    pulses = run.pulses
    rows = np.array([getattr(pulse, name) for pulse in pulses], dtype=np.float64)
    # A frozen layer's 0 is no measurement.
    values = np.where(rows > 0, rows, math.nan).reshape(len(pulses), len(run.spec.layers))
    epochs = np.array([pulse.step for pulse in pulses]) / run.spec.steps_in_epoch
    y_axis = axes.fitting(theme, np.concatenate([values, guides], axis=None), view.log is not False)
    layout = _frame(run, theme, y_axis, smoothing.title(title) if view.smooth else title)
    lines = layer_lines(run, theme, epochs, values, width=1.2)
    if run.snapshots and not lines and not run.diverged_at:
        marks.say(layout, _("0 in every layer") if pulses else _("no step was measured yet"))
    name_lines(layout, lines, [marks.guide(theme, layout, level, _("good pace")) for level in guides])
    if view.smooth:
        lines = smoothing.behind(lines, layer_lines(run, theme, epochs, smoothing.smoothed(values), width=2))
    return {"data": lines, "layout": layout}


def dead(run: RunRecord, theme: Theme, view: View) -> Json:
    """The share of units in each hidden layer that are on the flat side of their activation for every single monitoring
    example: nothing that the network sees makes them answer.

    Such a unit gets no gradient either, so as a rule it stays dead: the dying ReLU. It comes from a learning rate that
    is too high, or from biases that are too negative. Some dead units do no harm; where a layer loses most of
    them, take a smaller learning rate or an activation without a flat side (leaky ReLU: Maas et al., 2013).
    """
    share = 100 * run.health("dead")
    share[run.statistic("activation", "nonfinite") > 0] = math.nan
    most = axes.round_limit(max(10.0, float(np.nanmax(share, initial=0))))
    y_axis = axes.fitting(theme, share, True) if view.log else axes.linear(theme, *axes.padded(0, most))
    layout = _frame(run, theme, y_axis, _("dead units, %"))
    lines = layer_lines(run, theme, run.epochs, axes.shown(share, y_axis))
    if run.snapshots and not lines and not run.diverged_at:
        marks.say(layout, _("0 in every layer"))
    name_lines(layout, lines)
    return {"data": lines, "layout": layout}


def piece_shares(run: RunRecord, theme: Theme) -> Json:
    """How a maxout unit's pieces share its work: the share of the monitoring examples for which the unit's most used
    piece is the largest, on average over the units of the layer.

    At the lowest possible value (dotted) every piece wins equally often, and the unit's function has a bend where they
    meet. Near 100 % the other pieces never win: the unit has become linear and its spare weights learn nothing
    (Goodfellow et al., 2013). A maxout unit is never dead: some piece always wins, and its slope is its weights.
    """
    evenly = 100 / (run.spec.pieces or PIECES)
    rows = [[_largest_share(layer.extras.get("piece_shares")) for layer in s.layers] for s in run.snapshots]
    values = 100 * np.array(rows, dtype=np.float64).reshape(len(rows), len(run.spec.layers))
    layout = _frame(run, theme, axes.linear(theme, *axes.padded(0, 100)), _("share of the most used piece, %"))
    lines = layer_lines(run, theme, run.epochs, values)
    name_lines(layout, lines, [marks.guide(theme, layout, evenly, _("evenly"))])
    return {"data": lines, "layout": layout}


def _largest_share(shares: NDArray[Any] | None) -> float:
    """Of each unit's (units, pieces), averaged; NaN for a layer that is no maxout."""
    return math.nan if shares is None else float(shares.max(axis=1).mean())


def _frame(run: RunRecord, theme: Theme, y_axis: Json, title: str) -> Json:
    layout = marks.frame(theme, _HEIGHT, epoch_axis(run, theme), y_axis, title, right=70)
    explain_gaps(run, theme, layout)
    return layout
