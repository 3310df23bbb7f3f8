"""Axes with explicit ranges, and numbers as JSON can hold them.

Ranges and the greatest number of ticks are always given, so that Plotly and `app.svg` draw the same picture.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.theme import Theme

Json = dict[str, Any]
Array = NDArray[np.float64]


def numbers(values: Iterable[float]) -> list[float | None]:
    """To six significant digits; None for what is not finite."""
    plain = values.tolist() if isinstance(values, np.ndarray) else values
    return [float("%.6g" % value) if math.isfinite(value) else None for value in plain]  # noqa: UP031 - the fastest


def round_limit(value: float) -> float:
    """A round number that is no less than `value` > 0, so that an axis moves seldom while a run goes on; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 100) if step * power >= value * (1 - 1e-9))


def round_range(values: Array | Sequence[float]) -> tuple[float, float]:
    """Round numbers around 0 and the finite ones of `values`; (0, 1) where there is nothing else."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    low, high = float(min(0.0, finite.min(initial=0))), float(max(0.0, finite.max(initial=0)))
    if low == high:
        return 0.0, 1.0
    return (-round_limit(-low) if low else 0.0), (round_limit(high) if high else 0.0)


def padded(low: float, high: float) -> tuple[float, float]:
    """A little air, so that a line along the edge of the range can be seen."""
    air = 0.03 * (high - low)
    return low - air, high + air


def decades(values: Iterable[float], most: int = 400) -> tuple[int, int]:
    """Exponents of the powers of ten around the positive values, at least one apart and, counted from above, at most
    `most`."""
    every = np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=np.float64)
    positive = every[np.isfinite(every) & (every > 0)]
    if not positive.size:
        return -1, 0
    low, high = math.floor(math.log10(positive.min())), math.ceil(math.log10(positive.max()))
    return max(min(low, high - 1), high - most), high


def linear(theme: Theme, low: float, high: float, title: str = "", ticks: int = 6) -> Json:
    """A linear axis from `low` to `high` with at most `ticks` intervals."""
    return _axis(theme, low, high, title, ticks) | {"type": "linear"}


def log(theme: Theme, low: float, high: float, title: str = "", ticks: int = 6) -> Json:
    """A logarithmic axis from a little below 10^low to a little above 10^high, labelled at powers of ten only."""
    # Plotly writes powers of ten a quarter larger than it is told.
    smaller = {"tickfont": {"size": 9}}
    return _axis(theme, *padded(low, high), title, ticks) | smaller | {"type": "log", "minorloglabels": "none"}


def fitting(theme: Theme, values: Array, logarithmic: bool | None) -> Json:
    """An axis for these values, of any shape. None: logarithmic only where they leave their start far behind. A linear
    one begins at 0 or, where the values stay far from it and yet change, near them."""
    finite = values[np.isfinite(values)]
    if logarithmic or (logarithmic is None and finite.size and finite.max() > 50 * finite[0] > 0):
        return log(theme, *decades(finite))
    low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=0))
    # The noise of a loss that does not move (by a tenth) must not look like learning.
    if 0.9 * high > low > 0.5 * high:
        tenth = 10.0 ** math.floor(math.log10(high)) / 10
        return linear(theme, *padded(tenth * math.floor(low / tenth), tenth * math.ceil(high / tenth)))
    return linear(theme, *padded(0, round_limit(high)))


def shown(values: Array, axis: Json) -> Array:
    """What the axis can show: on a logarithmic one NaN for 0 and below."""
    return np.where(values > 0, values, math.nan) if axis["type"] == "log" else values


def layers(theme: Theme, depth: int, title: str = "") -> Json:
    """A linear axis of the hidden layers, 1 next to the input, with whole numbers only."""
    return linear(theme, 0.5, depth + 0.5, title) | {"tick0": 1, "dtick": math.ceil(depth / 8)}


def _axis(theme: Theme, low: float, high: float, title: str, ticks: int) -> Json:
    axis: Json = {
        "range": [low, high],
        "nticks": ticks,
        "gridcolor": theme.colour(lambda p: p.grid),
        "zeroline": False,
        "ticks": "",
        "tickfont": {"size": 11},
        "tickangle": 0,
        "automargin": False,
        "exponentformat": "power",
    }
    return axis | {"title": {"text": title, "font": {"size": 12}, "standoff": 8}} if title else axis
