"""The picture that a messenger shows beside a share link, with the diagnosis in the language in force; all else it says
in lines and numbers."""

import io
import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from ttf_opensans import opensans  # type: ignore[import-untyped]

from app import wording
from app.diagnosis import Headline
from app.figures import FIGURES, LIGHT
from app.figures.axes import Json
from ml.records import RunRecord

WIDTH, HEIGHT = 1200, 630  # what every messenger takes
_FINER = 2  # drawn so many times as large, for smooth edges
_MARGIN, _GAP = 56, 28
_PANELS = {"activation": "z", "backprop_gradient": "N · ∂C/∂s", "weight_gradient": "∂C/∂W", "error": "error, %"}
_BOTTOM = 586  # of the panels
_INK, _MUTED, _GRID, _PAGE = "#15181d", "#5b6470", "#e2e4e7", "#f6f6f3"
_TONES = {"alarm": "#b3261e", "warning": "#855800", "": _INK}  # of the diagnosis

Font = ImageFont.FreeTypeFont
Line = tuple[NDArray[np.float64], NDArray[np.float64], str]


def link_preview(run: RunRecord) -> bytes:
    """A PNG of 1200x630: name, summary, final error, diagnosis; densities of the last snapshot, error over time."""
    sheet = Image.new("RGB", (WIDTH * _FINER, HEIGHT * _FINER), "#ffffff")
    draw = ImageDraw.Draw(sheet)
    top = _draw_told(draw, run, _draw_words(draw, run)) + 62
    width = (WIDTH - 2 * _MARGIN - (len(_PANELS) - 1) * _GAP) // len(_PANELS)
    for number, (name, label) in enumerate(_PANELS.items()):
        left = _MARGIN + number * (width + _GAP)
        _write(draw, left, top - 42, label, 24, 400, _MUTED, width)
        panel = _panel(FIGURES[name].draw(run, LIGHT), width, _BOTTOM - top)
        sheet.paste(panel, (left * _FINER, top * _FINER))
    file = io.BytesIO()
    sheet.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).quantize(128).save(file, "PNG", optimize=True)
    return file.getvalue()


# --- words ---


def _draw_words(draw: ImageDraw.ImageDraw, run: RunRecord) -> int:
    """Returns how far down they reach, in px."""
    summary = wording.summary(run.spec)
    name = run.spec.title if _can_write(run.spec.title) else " · ".join(summary.split(" · ")[:2])
    error = run.snapshots[-1].metrics.val_error if run.snapshots else math.nan
    room = WIDTH - 2 * _MARGIN
    if math.isfinite(error):
        _write(draw, WIDTH - _MARGIN, 60, f"{100 * error:.1f} %", 68, 700, _INK, 300, anchor="ra")
        _write(draw, WIDTH - _MARGIN, 148, "error", 26, 400, _MUTED, 300, anchor="ra")
        room -= 300
    _write(draw, _MARGIN, 44, "Layerscope", 24, 600, "#2952cc", room)
    lines = _wrapped(name, _font(50, 700), room * _FINER)
    for number, line in enumerate(lines):
        _write(draw, _MARGIN, 80 + 58 * number, line, 50, 700, _INK, room)
    _write(draw, _MARGIN, 96 + 58 * len(lines), summary, 26, 400, _MUTED, room)
    return 130 + 58 * len(lines)


def _draw_told(draw: ImageDraw.ImageDraw, run: RunRecord, below: int) -> int:
    """Returns how far down it reaches, in px."""
    if not run.snapshots:
        return below
    told = Headline.of(run)
    room = WIDTH - 2 * _MARGIN
    lines = _wrapped(told.text, _font(28, 600), room * _FINER)
    for number, line in enumerate(lines):
        _write(draw, _MARGIN, below + 16 + 38 * number, line, 28, 600, _TONES[told.severity], room)
    return below + 20 + 38 * len(lines)


def _write(
    draw: ImageDraw.ImageDraw, x: int, y: int, text: str, size: int, weight: int, colour: str, room: int,
    anchor: str = "la",
) -> None:  # fmt: skip
    """One line; what does not fit into the room is cut."""
    font = _font(size, weight)
    draw.text((x * _FINER, y * _FINER), _cut(text, font, room * _FINER), colour, font, anchor=anchor)


def _wrapped(text: str, font: Font, room: int) -> list[str]:
    """Two lines at most, the second cut where it is too long."""
    words = text.split()
    for count in range(len(words), 0, -1):
        if font.getlength(" ".join(words[:count])) <= room:
            rest = " ".join(words[count:])
            return [" ".join(words[:count]), *([rest] if rest else [])]
    return [text]


def _cut(text: str, font: Font, room: int) -> str:
    if font.getlength(text) <= room:
        return text
    kept = next(end for end in range(len(text), -1, -1) if font.getlength(text[:end] + "…") <= room)
    return text[:kept].rstrip() + "…"


def _can_write(text: str) -> bool:
    """Whether the font has a picture of every letter."""
    font = _font(20, 700)
    unknown = bytes(font.getmask("\uffff"))
    return all(letter.isspace() or bytes(font.getmask(letter)) != unknown for letter in text)


@cache
def _font(size: int, weight: int) -> Font:
    return ImageFont.truetype(str(opensans(weight).path), size * _FINER)


# --- lines ---


def _panel(figure: Json, width: int, height: int) -> Image.Image:
    panel = Image.new("RGB", (width * _FINER, height * _FINER), _PAGE)
    draw = ImageDraw.Draw(panel)
    for share in (0.25, 0.5, 0.75):
        draw.line([(0, share * panel.height), (panel.width, share * panel.height)], _GRID, _FINER)
    parts = [(part, colour) for x, y, colour in _lines(figure) for part in _unbroken(np.column_stack([x, 1 - y]))]
    for part, colour in parts:
        draw.line([tuple(point) for point in part * panel.size], colour, 4 * _FINER, joint="curve")
    if not parts:
        draw.text((panel.width / 2, panel.height / 2), "NaN", _MUTED, _font(30, 600), anchor="mm")
    return panel


def _lines(figure: Json) -> Iterator[Line]:
    """Each line of the figure, in shares of its axes."""
    layout = figure["layout"]
    for trace in figure["data"]:
        if "lines" in trace.get("mode", ""):
            yield _shares(trace["x"], layout["xaxis"]), _shares(trace["y"], layout["yaxis"]), trace["line"]["color"]


def _shares(values: object, axis: Json) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    low, high = axis["range"]
    if axis["type"] == "log":
        with np.errstate(divide="ignore", invalid="ignore"):
            numbers = np.log10(numbers)
    # Far outside is as good as further outside, which Pillow could not draw.
    shares: NDArray[np.float64] = np.clip((numbers - low) / (high - low), -2, 3)
    return shares


def _unbroken(points: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """The parts between what is not finite."""
    breaks = np.flatnonzero(~np.isfinite(points).all(axis=1))
    for part in np.split(points, breaks):
        known = part[np.isfinite(part).all(axis=1)]
        if len(known) > 1:
            yield known
