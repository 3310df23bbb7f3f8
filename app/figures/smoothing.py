"""Moving averages, for those who ask for them; the raw lines stay."""

from collections.abc import Iterable

import numpy as np

from app.figures.axes import Array, Json
from app.i18n import gettext as _

KEPT = 0.9  # of the average so far, with each further value


def smoothed(values: Array) -> Array:
    """The exponential moving average of each column of `values` (times, series), without the bias towards 0 at its
    start (as Kingma & Ba, 2015, section 3, correct it). What is not finite stays so and counts for nothing."""
    averages = np.full_like(values, np.nan)
    total, weight = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    for at, row in enumerate(values):
        there = np.isfinite(row)
        total = np.where(there, KEPT * total + (1 - KEPT) * np.where(there, row, 0), total)
        weight = np.where(there, KEPT * weight + (1 - KEPT), weight)
        averages[at, there] = total[there] / weight[there]
    return averages


def behind(raw: Iterable[Json], averages: list[Json]) -> list[Json]:
    """All of these lines, the raw ones thin and pale behind their averages."""
    return [_pale(line) for line in raw] + averages


def title(text: str) -> str:
    """Of an axis whose lines are averages."""
    return _("{quantity}, moving average ({kept:g})", quantity=text, kept=KEPT)


def _pale(line: Json) -> Json:
    name = _("{line}, raw", line=line["name"])
    looks = line["line"] | {"width": 1, "dash": "solid"}
    return line | {"name": name, "opacity": 0.4, "line": looks, "hoverinfo": "skip", "hovertemplate": None}
