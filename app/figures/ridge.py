"""A ridgeline: densities above each other instead of on each other, one row for each layer."""

import math
from collections.abc import Sequence

from app.figures import axes, marks
from app.figures.axes import Json
from app.figures.expected import expected_line
from app.figures.layer_lines import layer_label, layer_line
from app.i18n import gettext as _
from app.theme import Theme
from ml.spec import RunSpec

Outline = tuple[list[float], list[float]]

_TALL = 0.92  # of a row, for its peak
_FLAT = 0.004  # of a row: what lies so low hides the row's foot
_MOST_NAMES = 12  # more do not fit beside the rows


def axis(theme: Theme, count: int) -> Json:
    """The vertical axis of so many rows, whose feet are at 0, 1, ...: numbers that mean nothing to a reader."""
    step = {"tick0": 0, "dtick": math.ceil(count / _MOST_NAMES)}
    return axes.linear(theme, -0.08, count) | step | {"showticklabels": False}


def title() -> str:
    return _("probability density, each layer to its own peak")


def name_rows(layout: Json, spec: RunSpec, theme: Theme, count: int) -> None:
    """Left of the rows, the layer next to the input at the bottom."""
    for index in range(0, count, math.ceil(count / _MOST_NAMES)):
        font = {"color": theme.layer(index, spec.depth), "size": 11}
        layout["annotations"].append(
            marks.note(layer_label(index, spec.depth), 0, index, xref="paper", yref="y", xanchor="right",
                       yanchor="bottom", xshift=-5, font=font, name=spec.layers[index])
        )  # fmt: skip


def rows(spec: RunSpec, theme: Theme, outlines: Sequence[Outline], theory: Sequence[Outline]) -> list[Json]:
    """A filled trace for each outline, bottom up, and dotted lines for what `theory` expects, on the same scale."""
    filled, dotted = [], []
    for index, (x, y) in enumerate(outlines):
        at, density = theory[index] if theory else ([], [])
        scale = _TALL / max([*y, *density, math.ulp(0)])
        row = layer_line(spec, theme, index, x, [index + scale * value for value in y], width=1.4)
        row["line"]["dash"] = "solid"
        filled.append(row | {"fill": "toself", "fillcolor": theme.layer(index, spec.depth, 0.25), "hoverinfo": "skip"})
        if at:
            there = [(a, index + scale * value) for a, value in zip(at, density, strict=True) if scale * value > _FLAT]
            dotted.append(expected_line(spec, theme, index, *zip(*there, strict=True)))
    return filled + dotted
