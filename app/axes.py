"""The frame of a figure: axes with explicit ranges, annotations, layout, and numbers as JSON can hold them.

Ranges and the greatest number of ticks are always given, so that Plotly and `app.svg` draw the same picture.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.theme import FONT, Theme

Json = dict[str, Any]
Values = Sequence[float] | NDArray[np.float64]


def numbers(values: Iterable[float]) -> list[float | None]:
    """To six significant digits; None for what is not finite."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in values]


def round_limit(value: float) -> float:
    """A round number that is no less than `value` ≥ 0, so that an axis moves seldom while a run goes on."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 100) if step * power >= value * (1 - 1e-9))


def decades(values: Iterable[float], most: int = 400) -> tuple[int, int]:
    """The powers of ten around the positive values, at least one and at `most` so many apart, counted from above."""
    logs = [math.log10(value) for value in values if math.isfinite(value) and value > 0]
    if not logs:
        return -1, 0
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    return max(min(low, high - 1), high - most), high


def _axis(theme: Theme, low: float, high: float, title: str, ticks: int) -> Json:
    axis: Json = {
        "range": [low, high], "nticks": ticks, "gridcolor": theme.colour(lambda p: p.grid), "zeroline": False,
        "tickfont": {"size": 11}, "tickangle": 0, "automargin": False, "exponentformat": "power",
        "showexponent": "all", "fixedrange": False,
    }  # fmt: skip
    return axis | {"title": {"text": title, "font": {"size": 12}, "standoff": 8}} if title else axis


def linear(theme: Theme, low: float, high: float, title: str = "", ticks: int = 6) -> Json:
    """A linear axis from `low` to `high` with at most `ticks` intervals."""
    return _axis(theme, low, high, title, ticks) | {"type": "linear"}


def log(theme: Theme, low: float, high: float, title: str = "", ticks: int = 6) -> Json:
    """A logarithmic axis from 10^low to 10^high, labelled at powers of ten only."""
    return _axis(theme, low, high, title, ticks) | {"type": "log", "minorloglabels": "none"}


def frame(theme: Theme, height: int, x: Json, y: Json, y_title: str, right: int = 14) -> Json:
    """A Plotly layout of `height` px; the y-axis' quantity stands above it, where it reads without turning the head."""
    return {
        "height": height,
        "margin": {"l": 54, "r": right, "t": 26, "b": 44},
        "paper_bgcolor": theme.colour(lambda p: p.card),
        "plot_bgcolor": theme.colour(lambda p: p.card),
        "font": {"family": FONT, "size": 12, "color": theme.colour(lambda p: p.muted)},
        "hoverlabel": {
            "bgcolor": theme.colour(lambda p: p.card),
            "bordercolor": theme.colour(lambda p: p.line),
            "font": {"color": theme.colour(lambda p: p.ink)},
        },
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
        "uirevision": "keep what the reader zoomed",
        "xaxis": x,
        "yaxis": y,
        "annotations": [_y_title(y_title)],
        "shapes": [],
    }


def _y_title(text: str) -> Json:
    return note(text, 0, 1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", yshift=6, xshift=-44)


def note(text: str, x: float, y: float, **rest: Any) -> Json:
    """Text without an arrow, centred on (x, y) unless `rest` says otherwise."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "xanchor": "center", "yanchor": "middle", **rest}


def say(layout: Json, text: str) -> None:
    """Write in the middle of the plot why there is nothing in it."""
    layout["annotations"].append(note(text, 0.5, 0.5, xref="paper", yref="paper"))


def vertical_line(theme: Theme, layout: Json, x: float, text: str) -> None:
    """Mark where something happened, over the whole height of the plot."""
    colour = theme.colour(lambda p: p.alarm)
    line = {"color": colour, "width": 1, "dash": "4px,3px"}
    layout["shapes"].append({"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line})
    on_the_left = x > sum(layout["xaxis"]["range"]) / 2
    layout["annotations"].append(
        note(text, x, 1, yref="paper", xref="x", yanchor="top", font={"color": colour, "size": 11},
             xanchor="right" if on_the_left else "left", xshift=-5 if on_the_left else 5)
    )  # fmt: skip


def end_labels(layout: Json, ends: Sequence[tuple[str, str, float, float]]) -> None:
    """Name lines at their ends, moved apart so that no two names touch.

    `ends` holds text, colour, x and y of each; y is in the axis' own numbers. At most eight lines are named, among
    them the first and the last.
    """
    chosen = _spread(ends, 8)
    pixels = _per_unit(layout)
    heights = _apart([_on_axis(layout, y) * pixels for *_, y in chosen], gap=14)
    for (text, colour, x, y), height in zip(chosen, heights, strict=True):
        shift = height - _on_axis(layout, y) * pixels
        layout["annotations"].append(
            note(text, x, _on_axis(layout, y), xref="x", yref="y", xanchor="left", xshift=6, yshift=round(shift, 1),
                 font={"color": colour, "size": 11})
        )  # fmt: skip


def _on_axis(layout: Json, y: float) -> float:
    """Plotly places annotations on a logarithmic axis by their logarithm."""
    return math.log10(y) if layout["yaxis"]["type"] == "log" else y


def _per_unit(layout: Json) -> float:
    low, high = layout["yaxis"]["range"]
    return float((layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]) / (high - low))


def _spread(items: Sequence[Any], most: int) -> list[Any]:
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]


def _apart(heights: Sequence[float], gap: float) -> list[float]:
    """The heights, moved as little as needed to stand at least `gap` apart: touching ones form a block that is
    centred on the mean of its members' own places."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    blocks: list[list[int]] = []
    for i in order:
        blocks.append([i])
        while len(blocks) > 1 and _bottom(blocks[-1], heights, gap) < _top(blocks[-2], heights, gap) + gap:
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    placed = {i: _bottom(block, heights, gap) + k * gap for block in blocks for k, i in enumerate(block)}
    return [placed[i] for i in range(len(heights))]


def _bottom(block: Sequence[int], heights: Sequence[float], gap: float) -> float:
    return sum(heights[i] for i in block) / len(block) - gap * (len(block) - 1) / 2


def _top(block: Sequence[int], heights: Sequence[float], gap: float) -> float:
    return _bottom(block, heights, gap) + gap * (len(block) - 1)
