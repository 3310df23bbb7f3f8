"""One line per layer over training, each in its layer's colour and dashes on every figure."""

from collections.abc import Iterable, Sequence

import numpy as np

from app.figures import marks
from app.figures.axes import Array, Json
from app.i18n import gettext as _
from app.theme import Theme, layer_dash
from ml.records import RunRecord
from ml.spec import RunSpec


def layer_label(index: int, depth: int) -> str:
    """What people read for `hidden1`, ..., `output` in a network with `depth` hidden layers."""
    return _("layer {number}", number=index + 1) if index < depth else _("output")


def layer_line(
    spec: RunSpec, theme: Theme, index: int, x: Iterable[float], y: Iterable[float], width: float = 1.8
) -> Json:
    """`meta` holds the layer's name, by which the page's legend finds its line."""
    label, colour = layer_label(index, spec.depth), theme.layer(index, spec.depth)
    return marks.line(x, y, label, colour, layer_dash(index), width) | {"meta": spec.layers[index]}


def layer_lines(
    run: RunRecord, theme: Theme, epochs: Sequence[float] | Array, values: Array, width: float = 1.8
) -> list[Json]:
    """`values` (epochs, layers). One that is missing is left out, so that its line stays in one piece; a layer without
    any has no line."""
    lines, across = [], np.array(epochs)
    for index, column in enumerate(values.T):
        there = np.flatnonzero(np.isfinite(column))
        if there.size:
            kept = there[marks.envelope(column[there])]
            lines.append(layer_line(run.spec, theme, index, across[kept], column[kept], width))
    return lines


def name_lines(layout: Json, lines: Iterable[Json], guides: Iterable[marks.End] = ()) -> None:
    """Name each line and each guide where it ends."""
    marks.name_ends(layout, [*guides, *(end for line in lines if (end := marks.end(line)))])
