"""Draws a figure of `app.figures` as inline SVG, so that the first picture needs no JavaScript.

It looks like Plotly's drawing of the same dict (same height, margins, ranges and ticks), so nothing jumps when Plotly
takes over, and it fits any width: the root element is the plot's own area, in it x is in percent and y in pixels;
titles and labels stand outside. Colours may be anything that CSS understands.
"""

import math
from html import escape
from itertools import pairwise
from typing import Any

from app.ticks import ticks

Json = dict[str, Any]

_WIDTH = 1000  # units of the stretched area that holds lines and cells
_TONES = 48  # of a heatmap; cells of one tone share an element


def render(figure: Json, label: str) -> str:
    """An <svg> element for lines, filled outlines, heatmaps, shapes and annotations on linear or logarithmic axes.
    `label` is what a screen reader says."""
    layout = figure["layout"]
    margin = layout["margin"]
    height = layout["height"] - margin["t"] - margin["b"]
    style = f"display:block;margin:{margin['t']}px 0 {margin['b']}px {margin['l']}px"
    inside = "".join(_trace(trace, layout, height) for trace in figure["data"])
    return (
        f'<svg role="img" aria-label="{escape(label)}" height="{height}" overflow="visible" '
        f'style="{style};width:calc(100% - {margin["l"] + margin["r"]}px)" '
        f'font-family="{escape(layout["font"]["family"])}" font-size="11" fill="{escape(layout["font"]["color"])}">'
        f"{_grid(layout, height)}"
        f'<svg width="100%" height="{height}" viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none">{inside}</svg>'
        f"{''.join(_shape(shape, layout, height) for shape in layout['shapes'])}"
        f"{''.join(_colour_bar(trace, height) for trace in figure['data'] if 'colorbar' in trace)}"
        f"{''.join(_annotation(note, layout, height) for note in layout['annotations'])}</svg>"
    )


def as_file(figure: Json, label: str, width: int = 720) -> str:
    """The picture as a document of its own, `width` px wide."""
    layout = figure["layout"]
    margin = layout["margin"]
    inner = width - margin["l"] - margin["r"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{layout["height"]}">'
        f'<rect width="100%" height="100%" fill="{layout["paper_bgcolor"]}"/>'
        f'<svg x="{margin["l"]}" y="{margin["t"]}" width="{inner}" overflow="visible">'
        f"{render(figure, label)}</svg></svg>"
    )


def _share(axis: Json, value: float) -> float:
    """How far along the axis a value (on a logarithmic axis: its logarithm) lies, 0 to 1."""
    low, high = axis["range"]
    return float((value - low) / (high - low))


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _text(x: str, y: float, text: str, anchor: str = "middle", **attributes: Any) -> str:
    extra = "".join(f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in attributes.items() if value)
    return f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(text)}</text>'


# --- the frame ---


def _grid(layout: Json, height: float) -> str:
    x_axis, y_axis = layout["xaxis"], layout["yaxis"]
    parts = []
    mark = layout.get("separators", ".")[0]
    for value, text in ticks(x_axis, mark):
        x = _percent(_share(x_axis, value))
        parts.append(_rule(x_axis, f'x1="{x}" x2="{x}" y1="0" y2="{height}"') + _text(x, height + 14, text))
    labelled = y_axis.get("showticklabels", True)
    for value, text in ticks(y_axis, mark):
        y = height * (1 - _share(y_axis, value))
        parts.append(_rule(y_axis, f'x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"'))
        parts.append(_text("-3", y + 4, text, "end") if labelled else "")
    if title := x_axis.get("title"):
        parts.append(_text("50%", height + 34, title["text"], font_size=12))
    return "".join(parts)


def _rule(axis: Json, ends: str) -> str:
    return f'<line {ends} stroke="{axis["gridcolor"]}"/>' if axis.get("showgrid", True) else ""


def _shape(shape: Json, layout: Json, height: float) -> str:
    """A line over the whole height at one x, or over the whole width at one y."""
    stroke = f'stroke="{shape["line"]["color"]}"{_dashes(shape["line"]["dash"])}'
    if shape["xref"] == "paper":
        y = _from_top(layout, shape["y0"], height)
        return f'<line x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}" {stroke}/>'
    x = _percent(_share(layout["xaxis"], shape["x0"]))
    return f'<line x1="{x}" x2="{x}" y1="0" y2="{height}" {stroke}/>'


def _from_top(layout: Json, y: float, height: float) -> float:
    """Pixels from the top of the plot to a value."""
    axis = layout["yaxis"]
    return height * (1 - _share(axis, math.log10(y) if axis["type"] == "log" else y))


def _annotation(note: Json, layout: Json, height: float) -> str:
    x = note["x"] if note["xref"] == "paper" else _share(layout["xaxis"], note["x"])
    y = note["y"] if note["yref"] == "paper" else _share(layout["yaxis"], note["y"])
    drop = {"top": 12, "middle": 4, "bottom": -3}[note["yanchor"]]
    anchor = {"left": "start", "center": "middle", "right": "end"}[note["xanchor"]]
    font = {"size": 12} | note.get("font", {})
    place = height * (1 - y) - note.get("yshift", 0) + drop
    looks = {"fill": font.get("color"), "font_size": font["size"], "data_layer": note.get("name")}
    return _text(_percent(x), place, note["text"], anchor, dx=note.get("xshift"), **looks)


# --- the data ---


def _trace(trace: Json, layout: Json, height: float) -> str:
    return _cells(trace, layout, height) if trace["type"] == "heatmap" else _scatter(trace, layout, height)


def _scatter(trace: Json, layout: Json, height: float) -> str:
    pieces = _pieces(trace, layout, height)
    line, whose = trace["line"], _whose(trace)
    if trace.get("fill"):
        return _area(trace, "".join(_path(piece) + "Z" for piece in pieces)) if pieces else ""
    pen = f'fill="none" stroke="{line["color"]}" vector-effect="non-scaling-stroke"{whose}'
    path = "".join(_path(_envelope(piece)) for piece in pieces)
    drawn = f'<path d="{path}" {pen} stroke-width="{line["width"]}"{_dashes(line["dash"])}/>' if path else ""
    if "markers" not in trace["mode"]:
        return drawn
    # A line of no length with round ends is a dot that the stretched area does not distort.
    dots = "".join(f"M{x:.1f} {y:.1f}h0" for piece in pieces for x, y in piece)
    return f'{drawn}<path d="{dots}" {pen} stroke-width="{trace["marker"]["size"]}" stroke-linecap="round"/>'


def _area(trace: Json, outline: str) -> str:
    line, edge = trace["line"], ""
    if line["width"]:
        edge = f' stroke="{line["color"]}" stroke-width="{line["width"]}" vector-effect="non-scaling-stroke"'
    return f'<path d="{outline}" fill="{trace["fillcolor"]}"{edge}{_whose(trace)}/>'


def _whose(trace: Json) -> str:
    """Attributes by which a script finds what belongs to a layer, and how much of it shines through."""
    layer = f' data-layer="{escape(trace["meta"])}"' if "meta" in trace else ""
    return layer + (f' opacity="{trace["opacity"]}"' if "opacity" in trace else "")


def _dashes(dash: str) -> str:
    return "" if dash == "solid" else f' stroke-dasharray="{dash.replace("px", "")}"'


def _pieces(trace: Json, layout: Json, height: float) -> list[list[tuple[float, float]]]:
    """The trace's points in the stretched area's units, cut where a value is missing."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(trace["x"], trace["y"], strict=True):
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((_WIDTH * _share(layout["xaxis"], x), _from_top(layout, y, height)))
    return [piece for piece in pieces if piece]


def _envelope(piece: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of many points only each column's first, highest, lowest and last: the picture is the same."""
    if len(piece) <= _WIDTH:
        return piece
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in piece:
        columns.setdefault(int(point[0] / 2), []).append(point)
    kept = []
    for column in columns.values():
        ends = (column[0], column[-1], min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1]))
        kept.extend(sorted(set(ends)))
    return kept


def _path(points: list[tuple[float, float]]) -> str:
    """From point to point, in tenths that are told as steps: they compress to two thirds of what places take."""
    tenths = [(round(10 * x), round(10 * y)) for x, y in points]
    (x, y), *_rest = tenths
    steps = " ".join(f"{(c - a) / 10:g} {(d - b) / 10:g}" for (a, b), (c, d) in pairwise(tenths))
    return f"M{x / 10:g} {y / 10:g}{'l' if steps else ''}{steps}"


def _cells(trace: Json, layout: Json, height: float) -> str:
    """Rectangles, those of one tone in one path."""
    columns = [_WIDTH * _share(layout["xaxis"], edge) for edge in _edges(trace["x"])]
    rows = [height * (1 - _share(layout["yaxis"], edge)) for edge in _edges(trace["y"])]
    paths: dict[int, list[str]] = {}
    for i, row in enumerate(trace["z"]):
        for j, value in enumerate(row):
            if value is not None:
                box = f"M{columns[j]:.1f} {rows[i + 1]:.1f}H{columns[j + 1]:.1f}V{rows[i]:.1f}H{columns[j]:.1f}Z"
                paths.setdefault(_tone(trace, value), []).append(box)
    # The gaps between the cells are their outlines in the page's colour, which keep their width when stretched.
    gap = f'stroke="{layout["paper_bgcolor"]}" vector-effect="non-scaling-stroke"' if trace["xgap"] else ""
    return "".join(
        f'<path d="{"".join(boxes)}" fill="{_colour(trace, tone / _TONES)}" {gap}/>' for tone, boxes in paths.items()
    )


def _edges(centres: list[float]) -> list[float]:
    """Half-way between neighbours; a lone cell is 1 wide."""
    if len(centres) < 2:
        return [edge for centre in centres for edge in (centre - 0.5, centre + 0.5)]
    middles = [(a + b) / 2 for a, b in pairwise(centres)]
    return [2 * centres[0] - middles[0], *middles, 2 * centres[-1] - middles[-1]]


def _tone(trace: Json, value: float) -> int:
    share = (value - trace["zmin"]) / (trace["zmax"] - trace["zmin"])
    return int(_TONES * min(1.0, max(0.0, share)) + 0.5)


def _colour(trace: Json, share: float) -> str:
    """The browser mixes the two neighbouring colours of the scale, in either scheme."""
    scale = trace["colorscale"]
    upper = next(i for i in range(1, len(scale)) if share <= scale[i][0])
    (low, first), (high, second) = scale[upper - 1], scale[upper]
    return f"color-mix(in srgb, {first}, {second} {100 * (share - low) / (high - low):.0f}%)"


def _colour_bar(trace: Json, height: float) -> str:
    bar = trace["colorbar"]
    tall = height / _TONES
    boxes = "".join(
        f'<rect x="100%" y="{height - (i + 1) * tall:.2f}" width="{bar["thickness"]}" height="{tall + 0.5:.2f}" '
        f'transform="translate({bar["xpad"]})" fill="{_colour(trace, (i + 0.5) / _TONES)}"/>'
        for i in reversed(range(_TONES))
    )
    labels = "".join(
        _text(
            "100%",
            height * (1 - (value - trace["zmin"]) / (trace["zmax"] - trace["zmin"])) + 4,
            text,
            "start",
            dx=bar["xpad"] + bar["thickness"] + 3,
        )
        for value, text in zip(bar["tickvals"], bar["ticktext"], strict=True)
    )
    return boxes + labels
