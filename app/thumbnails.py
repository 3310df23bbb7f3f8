"""A run at a glance, 200 x 72 px: whether it learned (left) and whether all its layers can (right).

Left the validation error from 0 to 1 over the planned epochs, with the level of guessing; right one row for each layer,
the first at the bottom, the more solid the closer its gradient comes to the largest one of that moment.
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


def thumbnail(run: RunRecord) -> bytes:
    """An <svg> element for a list of runs, in the colours of the page, with the run in words for those who can't see."""
    words = escape(glance(run))
    inside = f"{_error(run)}{_gradients(run)}" if run.snapshots else ""
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


# --- the gradients ---


def _gradients(run: RunRecord) -> str:
    std = run.statistic("backprop_gradient", "std")
    tones = _tones(std[_thinned(len(std), _COLUMNS)])
    depth = tones.shape[1]
    edges = [_across(_STRIP, i / len(tones)) for i in range(len(tones) + 1)]
    return "".join(_row(column, edges, index, depth) for index, column in enumerate(tones.T))


def _tones(std: Array) -> Array:
    """(snapshots, layers): 0 for next to nothing, _TONES for as much as the layer that gets most."""
    most = np.where(np.isfinite(std), std, 0).max(axis=1, keepdims=True, initial=1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 1 + np.log10(std / most) / _DECADES
    return np.ceil(_TONES * np.nan_to_num(share, nan=0, neginf=0).clip(0, 1))


def _row(tones: Array, edges: Sequence[float], index: int, depth: int) -> str:
    """One layer: an empty track, and on it what reaches the layer, stretches of one tone in one piece."""
    tall = (_HEIGHT - 6) / depth
    top, low = 3 + tall * (depth - 1 - index), min(tall - 0.5, 0.88 * tall)
    track = f'<path d="M{_STRIP[0]} {top:.1f}H{_STRIP[1]}v{low:.1f}H{_STRIP[0]}Z" fill="{PAGE.colour(lambda p: p.grid)}"/>'
    cells = "".join(
        f'<path d="M{edges[start]:.1f} {top:.1f}H{edges[stop]:.1f}v{low:.1f}H{edges[start]:.1f}Z" '
        f'fill-opacity="{tone / _TONES:.2g}"/>'
        for start, stop, tone in _stretches(tones)
        if tone
    )
    return f'{track}<g fill="{PAGE.layer(index, depth)}">{cells}</g>'


def _stretches(tones: Array) -> Iterable[tuple[int, int, float]]:
    """Half-open ranges of equal tones."""
    changes = [0, *(i for i in range(1, len(tones)) if tones[i] != tones[i - 1]), len(tones)]
    return ((start, stop, float(tones[start])) for start, stop in pairwise(changes))


def _thinned(count: int, most: int) -> list[int]:
    """Indices of at most `most` of `count` snapshots, evenly spaced, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]
