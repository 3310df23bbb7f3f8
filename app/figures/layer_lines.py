"""One line per layer over training, each in its layer's colour and dashes on every figure."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from app.figures import axes, marks
from app.figures.axes import Array, Json
from app.theme import Theme, layer_dash
from ml.records import RunRecord
from ml.spec import RunSpec

# Of a line with more points each stretch's lowest and highest are kept: on a screen the picture is the same.
MOST_POINTS = 600


def layer_label(index: int, depth: int) -> str:
    """What people read for `hidden1`, ..., `output` in a network with `depth` hidden layers."""
    return f"layer {index + 1}" if index < depth else "output"


def layer_line(
    spec: RunSpec, theme: Theme, index: int, x: Iterable[float], y: Iterable[float], width: float = 1.8
) -> Json:
    """`meta` holds the layer's name, by which the page's legend finds its line."""
    label, colour = layer_label(index, spec.depth), theme.layer(index, spec.depth)
    return marks.line(x, y, label, colour, layer_dash(index), width) | {"meta": spec.layers[index]}


def layer_lines(run: RunRecord, theme: Theme, epochs: Sequence[float], values: Array, width: float = 1.8) -> list[Json]:
    """`values` (epochs, layers). One that is missing is left out, so that its line stays in one piece; a layer without
    any has no line."""
    lines = []
    for index, column in enumerate(values.T):
        there = np.flatnonzero(np.isfinite(column))
        if there.size:
            kept = there[_envelope(column[there])]
            lines.append(layer_line(run.spec, theme, index, np.array(epochs)[kept], column[kept], width))
    return lines


def _envelope(values: Array) -> list[int]:
    """Indices of at most MOST_POINTS values, the first and the last among them."""
    if len(values) <= MOST_POINTS:
        return list(range(len(values)))
    stretches = np.array_split(np.arange(1, len(values) - 1), MOST_POINTS // 2 - 1)
    extremes = [stretch[pick(values[stretch])] for stretch in stretches for pick in (np.argmin, np.argmax)]
    return sorted({0, *map(int, extremes), len(values) - 1})


def name_lines(layout: Json, lines: Iterable[Json], guides: Iterable[marks.End] = ()) -> None:
    """Name each line and each guide where it ends."""
    marks.name_ends(layout, [*guides, *(end for line in lines if (end := marks.end(line)))])


def positive(values: Array) -> Array:
    """What a logarithmic axis can show; NaN for the rest."""
    return np.where(values > 0, values, math.nan)


def log_axis(theme: Theme, values: Array, *guides: float) -> Json:
    """A logarithmic axis around the positive values and the guides."""
    return axes.log(theme, *axes.decades(np.concatenate([values.ravel(), guides])))
