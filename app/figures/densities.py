"""The Glorot figures: how the values of a signal are distributed at one step, one line per layer."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.figures import axes, marks, ridge
from app.figures.axes import Json
from app.figures.expected import expected, expected_line
from app.figures.layer_lines import layer_line
from app.figures.view import View
from app.i18n import gettext as _
from app.theme import Theme
from ml.records import Histogram, RunRecord
from ml.spec import RunSpec

_HEIGHT = 280

# A bin with a smaller share of the values, or fewer of them, joins its neighbours: on a logarithmic axis a few values
# more or less would make the line jump.
_ENOUGH_SHARE, _ENOUGH = 0.001, 10
# So does an emptier stretch between two full bins, unless it is wider than this: then it is a gap worth seeing.
_GAP_BINS = 4
# What lies further below the lowest peak is not shown, nor is more than `_MOST_DECADES` below the highest where the
# peaks are near each other.
_DECADES_BELOW, _MOST_DECADES = 2, 6
_FAINT = 0.005  # of its peak, on a linear axis

Outline = tuple[list[float], list[float]]


def activation(run: RunRecord, theme: Theme, step: int | None, view: View) -> Json:
    """The distribution of the activations z = f(s), one line per hidden layer, over all units and all monitoring
    examples, on a logarithmic axis. Bins with few values are merged, so the tails are not noise.

    Peaks at the ends of the range: saturated units. A line that gets narrower from layer to layer: the signal dies
    on its way up. Lines alike: the variance is preserved (Glorot & Bengio, 2010, figures 4 and 6).
    """
    return _density(run, theme, step, view, "activation", _("activation z"))


def backprop_gradient(run: RunRecord, theme: Theme, step: int | None, view: View) -> Json:
    """The distribution of the gradient that arrives at the pre-activations, N · ∂C/∂s, one line per hidden layer. The
    factor N makes it independent of the number of examples.

    The first layer's line much narrower than the last one's: the gradient vanishes on its way down. Much wider: it
    explodes (Glorot & Bengio, 2010, figure 7).
    """
    return _density(run, theme, step, view, "backprop_gradient", _("back-propagated gradient N · ∂C/∂s"))


def weight_gradient(run: RunRecord, theme: Theme, step: int | None, view: View) -> Json:
    """The distribution of the gradient of the weights, ∂C/∂W, one line per layer, the output's included.

    At the start these lines can lie on each other although the back-propagated gradients differ much: in the product
    of activation and gradient, what one loses on the way up the other loses on the way down (Glorot & Bengio, 2010,
    equation 14 and figure 8).
    """
    return _density(run, theme, step, view, "weight_gradient", _("weight gradient ∂C/∂W"))


def weight(run: RunRecord, theme: Theme, step: int | None, view: View) -> Json:
    """The distribution of the weights W, one line per layer, the output's included.

    At step 0 it is the initialisation itself: a box for the uniform ones, a parabola (on this logarithmic axis) for
    the normal ones. A line that never changes afterwards belongs to a layer that gets no gradient.
    """
    return _density(run, theme, step, view, "weight", _("weight W"))


def _density(run: RunRecord, theme: Theme, step: int | None, view: View, signal: str, title: str) -> Json:
    snapshot = run.nearest(step)
    names = run.layers_with(signal)
    layers = snapshot.layers[: len(names)] if snapshot else ()
    outlines = [outline(layer.histogram(signal)) for layer in layers] or [([], []) for _name in names]
    seen = outlines if view.log is not False and not view.ridge else [_visible(*each) for each in outlines]
    x_axis = axes.linear(theme, *axes.padded(*_range(run, signal, seen)), title, ticks=5)
    theory, remark = expected(run, snapshot, signal) if view.expected and snapshot else ([], "")
    if view.ridge:
        figure = _rows(run.spec, theme, x_axis, outlines, theory)
    else:
        figure = _lines(run.spec, theme, x_axis, outlines, theory, view.log is not False)
    if not any(x for x, y in outlines):
        marks.say(
            figure["layout"], _("no finite value at this step") if snapshot else _("waiting for the first snapshot")
        )
    if view.expected and snapshot:
        marks.remark(figure["layout"], remark)
    return figure


def _lines(
    spec: RunSpec, theme: Theme, x_axis: Json, outlines: list[Outline], theory: list[Outline], logarithmic: bool
) -> Json:
    """The lines on each other, on a common vertical axis."""
    if logarithmic:
        low, high = _decades([ys for xs, ys in outlines if ys], [ys for xs, ys in theory if ys])
        # A density of 0 has no place on a logarithmic axis: far below it the line leaves the plot, as it should.
        y_axis, floor = axes.log(theme, low, high), 10.0 ** (low - 2)
    else:
        top = max((max(ys) for xs, ys in outlines + theory if ys), default=1.0)
        y_axis, floor = axes.linear(theme, *axes.padded(0, axes.round_limit(top))), 0.0
    data = [layer_line(spec, theme, i, x, [max(y, floor) for y in ys]) for i, (x, ys) in enumerate(outlines)]
    data += [expected_line(spec, theme, i, x, [max(y, floor) for y in ys]) for i, (x, ys) in enumerate(theory) if x]
    return {"data": data, "layout": marks.frame(theme, _HEIGHT, x_axis, y_axis, _("probability density"))}


def _rows(spec: RunSpec, theme: Theme, x_axis: Json, outlines: list[Outline], theory: list[Outline]) -> Json:
    """The lines above each other, whatever the other choices of the view."""
    layout = marks.frame(theme, _HEIGHT, x_axis, ridge.axis(theme, len(outlines)), ridge.title())
    ridge.name_rows(layout, spec, theme, len(outlines))
    return {"data": ridge.rows(spec, theme, outlines, theory), "layout": layout}


def _decades(densities: list[list[float]], theory: list[list[float]]) -> tuple[int, int]:
    """Of the vertical axis. Where the gradient vanishes the peaks are many decades apart, and each is shown."""
    low, high = axes.decades((y for ys in densities for y in ys), most=_MOST_DECADES)
    high = max([high, *(math.ceil(math.log10(max(ys))) for ys in theory if max(ys) > 0)])
    lowest_peak = min((max(ys) for ys in densities), default=1.0)
    return min(low, math.floor(math.log10(lowest_peak)) - _DECADES_BELOW), high


def _visible(xs: list[float], ys: list[float]) -> Outline:
    """What of a density can be told from 0 on a linear axis: far values that are rare would squeeze the rest."""
    kept = [(x, y) for x, y in zip(xs, ys, strict=True) if y >= _FAINT * max(ys)]
    return [x for x, y in kept], [y for x, y in kept]


def _range(run: RunRecord, signal: str, outlines: list[Outline]) -> tuple[float, float]:
    """Of the horizontal axis: the activation's own range, else round numbers, for gradients and weights around 0."""
    bounded = common_range(run)
    if signal == "activation" and bounded:
        return bounded
    low, high = axes.round_range([x for xs, _ in outlines for x in xs])
    most = max(-low, high)
    return (low, high) if signal == "activation" else (-most, most)


def common_range(run: RunRecord) -> tuple[float, float] | None:
    """What bounds the activations of every layer; None where one layer's are unbounded."""
    ranges = [activation.range for activation in run.spec.activations]
    bounded = [ends for ends in ranges if ends]
    if len(bounded) < len(ranges):
        return None
    return min(low for low, _ in bounded), max(high for _, high in bounded)


def outline(histogram: Histogram) -> Outline:
    """The density as a line (x, y) from 0 at the first value through the middles of the bins to 0 at the last value.
    Bins with few values are taken together; a full bin at an end falls steeply. Empty where nothing was counted."""
    filled = np.flatnonzero(histogram.counts)
    if not filled.size:
        return [], []
    edges, total = histogram.edges, histogram.counts.sum()
    groups = _groups(histogram.counts, int(filled[0]), int(filled[-1]) + 1)
    x = [float(edges[a] + edges[b]) / 2 for a, b in groups]
    y = [float(histogram.counts[a:b].sum() / total / (edges[b] - edges[a])) for a, b in groups]
    first, last = float(edges[filled[0]]), float(edges[filled[-1] + 1])
    before, after = (1 if stop - start == 1 else 0 for start, stop in (groups[0], groups[-1]))
    return [first, *[first] * before, *x, *[last] * after, last], [0.0, *y[:before], *y, *y[-1:] * after, 0.0]


def _groups(counts: NDArray[np.integer[Any]], start: int, stop: int) -> list[tuple[int, int]]:
    """Half-open ranges of bins: each full bin by itself, thin ones together until they are enough."""
    enough = max(_ENOUGH, _ENOUGH_SHARE * counts.sum())
    groups: list[tuple[int, int]] = []
    for i in range(start, stop):
        full = counts[i] >= enough
        if full and start < i:
            _add_remainder(groups, start, i)
            start = i
        if full or counts[start : i + 1].sum() >= enough:
            groups.append((start, i + 1))
            start = i + 1
    if start < stop:
        _add_remainder(groups, start, stop)
    return groups


def _add_remainder(groups: list[tuple[int, int]], start: int, stop: int) -> None:
    if groups and stop - start <= _GAP_BINS:
        start, _ = groups.pop()
    groups.append((start, stop))
