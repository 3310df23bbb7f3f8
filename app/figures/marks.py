"""What is drawn into a figure's frame: lines, and text that says what they are or why there are none."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from app.figures import axes
from app.figures.axes import Array, Json, numbers
from app.i18n import gettext as _
from app.i18n import language, separators
from app.theme import FONT, Palette, Theme


class End(NamedTuple):
    """Where a line ends, in the axes' own numbers, and what to call it there; `layer` is whose line it is, if any's."""

    text: str
    colour: str
    x: float
    y: float
    layer: str = ""


# Of a line with more points each stretch's lowest and highest are kept: on a screen the picture is the same.
MOST_POINTS = 600


def frame(theme: Theme, height: int, x: Json, y: Json, y_title: str, right: int = 14) -> Json:
    """A Plotly layout of `height` px; the y-axis' quantity stands above it, where it reads without turning the head."""
    title = note(y_title, 0, 1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", xshift=-44, yshift=6)
    return {
        "height": height,
        "margin": {"l": 54, "r": right, "t": 28, "b": 40},
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
        "xaxis": x,
        "yaxis": y,
        "annotations": [title],
        "shapes": [],
    } | ({} if language() == "en" else {"separators": separators()})


def blank(theme: Theme, reason: str) -> Json:
    """A figure without data, and why."""
    layout = frame(theme, 230, axes.linear(theme, 0, 1), axes.linear(theme, 0, 1), "")
    say(layout, reason)
    return {"data": [], "layout": layout}


def line(x: Iterable[float], y: Iterable[float], name: str, colour: str, dash: str, width: float = 1.8) -> Json:
    """A line with gaps where y is not finite; a lone point gets a dot, or it could not be seen."""
    ys = numbers(y)
    alone = sum(value is not None for value in ys) == 1
    return {
        "type": "scatter",
        "mode": "lines+markers" if alone else "lines",
        "name": name,
        "x": numbers(x),
        "y": ys,
        "line": {"color": colour, "dash": dash, "width": width},
        "marker": {"color": colour, "size": 6},
        "hovertemplate": _("{line}: %{{y:.4g}} at %{{x:.4g}}", line=name) + "<extra></extra>",
    }


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """The envelope of a line with many points; gaps stay."""
    kept = envelope(y)
    return x[kept], y[kept]


def envelope(values: Array) -> list[int]:
    """Indices of at most about MOST_POINTS values, the first and the last among them."""
    if len(values) <= MOST_POINTS:
        return list(range(len(values)))
    stretches = np.array_split(np.arange(1, len(values) - 1), MOST_POINTS // 2 - 1)
    # Of a stretch with a gap NaN is both the lowest and the highest.
    extremes = [stretch[pick(values[stretch])] for stretch in stretches for pick in (np.argmin, np.argmax)]
    return sorted({0, *map(int, extremes), len(values) - 1})


def band(x: Iterable[float], low: Array, high: Array, name: str, colour: str) -> Json:
    """The area between two lines, where both are finite."""
    there = np.isfinite(low) & np.isfinite(high)
    across = np.array(x)[there]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": numbers(np.concatenate([across, across[::-1]])),
        "y": numbers(np.concatenate([low[there], high[there][::-1]])),
        "fill": "toself",
        "fillcolor": colour,
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def end(trace: Json) -> End | None:
    """The last point of a line, None where it has none."""
    last = next((i for i in range(len(trace["y"]) - 1, -1, -1) if trace["y"][i] is not None), None)
    if last is None:
        return None
    x, y = trace["x"][last], trace["y"][last]
    return End(trace["name"], trace["line"]["color"], x, y, trace.get("meta", ""))


def note(text: str, x: float, y: float, **rest: Any) -> Json:
    """Text without an arrow, centred on (x, y) unless `rest` says otherwise."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "xanchor": "center", "yanchor": "middle", **rest}


def say(layout: Json, text: str) -> None:
    """Write in the middle of the plot why there is nothing in it."""
    layout["annotations"].append(note(text, 0.5, 0.5, xref="paper", yref="paper"))


def remark(layout: Json, text: str) -> None:
    """A line of text between the quantity's name and the plot, which moves down for it."""
    line = 15
    layout["annotations"][0]["yshift"] += line
    layout["margin"]["t"] += line
    layout["height"] += line
    layout["annotations"].append(
        note(text, 0, 1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", xshift=-44, yshift=6,
             font={"size": 11})
    )  # fmt: skip


def vertical_line(theme: Theme, layout: Json, x: float, text: str) -> None:
    """Mark where something happened, over the whole height of the plot."""
    colour = theme.colour(lambda p: p.alarm)
    stroke = {"color": colour, "width": 1, "dash": "4px,3px"}
    layout["shapes"].append(
        {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": stroke}
    )
    left, right = layout["xaxis"]["range"]
    # Right of the line, at half the height, where the names of lines that end early are not.
    side, shift, height = ("right", -5, 1.0) if x > (left + right) / 2 else ("left", 5, 0.5)
    layout["annotations"].append(
        note(text, x, height, xref="x", yref="paper", xanchor=side, yanchor="top", xshift=shift,
             font={"color": colour, "size": 11})
    )  # fmt: skip


def guide(theme: Theme, layout: Json, y: float, text: str, pick: Callable[[Palette], str] = lambda p: p.muted) -> End:
    """A level to compare with, over the whole width of the plot. `y` is a value, also where the axis is logarithmic.
    The name is to stand among those of the lines: at the last epoch, as far from the axis' end as 0 from its start."""
    colour = theme.colour(pick)
    stroke = {"color": colour, "width": 1, "dash": "2px,4px"}
    layout["shapes"].append(
        {"type": "line", "xref": "paper", "yref": "y", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": stroke}
    )
    return End(text, colour, sum(layout["xaxis"]["range"]), y)


def name_ends(layout: Json, ends: Sequence[End], most: int = 8) -> None:
    """Name lines at their ends, moved apart so that no two names touch: at most `most`, the first and last among
    them."""
    if len(ends) > most:
        ends = [ends[round(i * (len(ends) - 1) / (most - 1))] for i in range(most)]
    # Plotly places annotations on a logarithmic axis by their logarithm.
    logarithmic = layout["yaxis"]["type"] == "log"
    places = [math.log10(end.y) if logarithmic else end.y for end in ends]
    low, high = layout["yaxis"]["range"]
    pixels = (layout["height"] - layout["margin"]["t"] - layout["margin"]["b"]) / (high - low)
    heights = _apart([place * pixels for place in places], gap=14, lowest=low * pixels + 8)
    for end, place, height in zip(ends, places, heights, strict=True):
        layout["annotations"].append(
            note(end.text, end.x, place, xref="x", yref="y", xanchor="left", xshift=6,
                 yshift=round(height - place * pixels, 1), font={"color": end.colour, "size": 11},
                 **({"name": end.layer} if end.layer else {}))
        )  # fmt: skip


def _apart(heights: Sequence[float], gap: float, lowest: float) -> list[float]:
    """The heights, moved as little as needed to stand at least `gap` apart and not below `lowest`: those that touch
    form a block around the mean of their own places."""
    blocks: list[list[int]] = []
    for i in sorted(range(len(heights)), key=lambda i: heights[i]):
        blocks.append([i])
        while len(blocks) > 1 and _foot(blocks[-1], heights, gap, lowest) < _foot(
            blocks[-2], heights, gap, lowest
        ) + gap * len(blocks[-2]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    placed = {i: _foot(block, heights, gap, lowest) + k * gap for block in blocks for k, i in enumerate(block)}
    return [placed[i] for i in range(len(heights))]


def _foot(block: Sequence[int], heights: Sequence[float], gap: float, lowest: float) -> float:
    middle = sum(heights[i] for i in block) / len(block)
    return max(lowest, middle - gap * (len(block) - 1) / 2)
