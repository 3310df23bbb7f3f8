"""A run at a glance, 200 x 72 px: whether it learned (left) and whether all its layers can (right).

Left the validation error from 0 to 1 over the planned epochs, with the level of guessing; right one row for each layer,
the first at the bottom: the paler, the less gradient it gets beside the layer that gets most; the thinner, the more of
its units are dead.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

import numpy as np

from app.figures.axes import Array
from app.glance import glance
from app.theme import PAGE
from ml.records import RunRecord

_HEIGHT, _CURVE, _STRIP = 72, (1, 124), (134, 199)
_POINTS, _COLUMNS, _TONES = 32, 13, 6
_DECADES = 3  # below the largest gradient: from there on a layer gets practically none
_TALLEST = 17.0  # px, of a row

Cell = tuple[float, float]  # a tone, and the share of units that are alive


def thumbnail(run: RunRecord) -> bytes:
    """An <svg> element in the colours of the page, with the run in words for those who can't see."""
    words = escape(glance(run))
    inside = f"{_error(run)}{_layers(run)}" if run.snapshots else ""
    return (
        f'<svg class="thumbnail" role="img" aria-label="{words}" viewBox="0 0 200 {_HEIGHT}" width="200" '
        f'height="{_HEIGHT}"><title>{words}</title>{inside}</svg>'
    ).encode()


# --- the error ---


def _error(run: RunRecord) -> str:
    colour = PAGE.run_colour(run.colour)
    rules = _rule(_height(0), "") + _rule(_height(1 - 1 / run.spec.class_count), ' stroke-dasharray="2 3"')
    pieces = "".join(_curve(piece, colour) for piece in _pieces(run))
    return rules + pieces


def _rule(y: float, more: str) -> str:
    colour = PAGE.colour(lambda p: p.line)
    return f'<path d="M{_CURVE[0]} {y:.1f}H{_CURVE[1]}" stroke="{colour}"{more}/>'


def _curve(points: Sequence[tuple[float, float]], colour: str) -> str:
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    if len(points) == 1:
        return f'<path d="M{line}h.1" stroke="{colour}" stroke-width="5" stroke-linecap="round"/>'
    floor = f"L{points[-1][0]:.1f} {_height(0):.1f}H{points[0][0]:.1f}Z"
    area = f'<path d="M{line}{floor}" fill="{colour}" fill-opacity=".13"/>'
    return f'{area}<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'


def _pieces(run: RunRecord) -> list[list[tuple[float, float]]]:
    """The points of the curve, cut where the error is not a number."""
    pieces: list[list[tuple[float, float]]] = [[]]
    errors = run.metric("val_error")
    for i in _thinned(len(errors), _POINTS):
        if math.isfinite(errors[i]):
            pieces[-1].append((_across(_CURVE, run.steps[i] / (run.spec.steps or 1)), _height(errors[i])))
        else:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _height(error: float) -> float:
    return 3 + (_HEIGHT - 6) * (1 - error)


def _across(ends: tuple[int, int], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * min(1.0, share)


# --- the layers ---


def _layers(run: RunRecord) -> str:
    kept = _thinned(len(run.snapshots), _COLUMNS)
    tones = _tones(run.statistic("backprop_gradient", "std")[kept])
    alive = np.round(1 - np.nan_to_num(run.health("dead")[kept]), 1)
    edges = [_across(_STRIP, i / len(kept)) for i in range(len(kept) + 1)]
    tall = min(_TALLEST, (_HEIGHT - 6) / max(1, run.spec.depth))
    rows = (
        _row(list(zip(*columns, strict=True)), edges, _HEIGHT - 3 - tall * index, tall)
        for index, columns in enumerate(zip(tones.T, alive.T, strict=True))
    )
    return f'<g fill="{PAGE.run_colour(run.colour)}">{"".join(rows)}</g>'


def _tones(std: Array) -> Array:
    """(snapshots, layers): 0 for next to nothing, _TONES for as much as the layer that gets most."""
    most = np.where(np.isfinite(std), std, 0).max(axis=1, keepdims=True, initial=1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 + np.log10(std / most) / _DECADES
    tones: Array = np.ceil(_TONES * np.nan_to_num(share, nan=0, neginf=0).clip(0, 1))
    return tones


def _row(cells: Sequence[Cell], edges: Sequence[float], bottom: float, tall: float) -> str:
    """One layer above `bottom`: an empty track, and on it what reaches the layer, equal cells in one piece."""
    full = min(tall - 0.5, 0.85 * tall)
    track = _box(*_STRIP, bottom, full, f'fill="{PAGE.colour(lambda p: p.grid)}"')
    return track + "".join(
        _box(edges[start], edges[stop], bottom, max(1.0, alive * full), f'fill-opacity="{tone / _TONES:.2g}"')
        for start, stop, (tone, alive) in _stretches(cells)
        if tone
    )


def _box(left: float, right: float, bottom: float, tall: float, fill: str) -> str:
    return f'<path d="M{left:.1f} {bottom:.1f}H{right:.1f}v-{tall:.1f}H{left:.1f}Z" {fill}/>'


def _stretches(cells: Sequence[Cell]) -> Iterable[tuple[int, int, Cell]]:
    """Half-open ranges of equal cells."""
    changes = [0, *(i for i in range(1, len(cells)) if cells[i] != cells[i - 1]), len(cells)]
    return ((start, stop, cells[start]) for start, stop in pairwise(changes))


def _thinned(count: int, most: int) -> list[int]:
    """Indices of at most `most` of `count` snapshots, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
