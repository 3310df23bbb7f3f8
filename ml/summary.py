"""A layer's million values as a handful of statistics and a histogram.

One fine histogram gives both the one that is kept and the percentiles, so nothing is sorted.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ml.records import Histogram, SignalSummary

FINE_BINS = 2000  # at least; what percentiles are read from
PERCENTILES = (0.02, 0.98)

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def summarise(values: NDArray[np.float32], bins: int, bounds: tuple[float, float] | None = None) -> SignalSummary:
    """Summarise values of any shape, with `bins` equal bins over `bounds` (None: the finite values' range).

    Values that are not finite are counted apart. Where all are equal to v the range is [v - 0.5, v + 0.5]; where none
    is finite and there are no bounds it is [-0.5, 0.5] and every statistic is NaN.
    """
    finite = _finite(values.astype(np.float64).ravel(order="K"))
    nonfinite = values.size - finite.size
    if not finite.size:
        return _nothing(nonfinite, Histogram(*(bounds or (-0.5, 0.5)), np.zeros(bins, np.int64)))
    low, high = float(finite.min()), float(finite.max())
    lo, hi = bounds or _range(low, high)
    fine = _count(finite, lo, hi, bins * math.ceil(FINE_BINS / bins))
    below = np.concatenate([[0], np.cumsum(fine)])
    p02, p98 = (min(max(_percentile(below, share, lo, hi), low), high) for share in PERCENTILES)
    histogram = Histogram(lo, hi, fine.reshape(bins, -1).sum(axis=1))
    mean, std, abs_mean, norm = _moments(finite)
    return SignalSummary(mean, std, abs_mean, low, high, p02, p98, norm, nonfinite, histogram)


def _nothing(nonfinite: int, empty: Histogram) -> SignalSummary:
    nan = math.nan
    return SignalSummary(nan, nan, nan, nan, nan, nan, nan, nan, nonfinite, empty)


def _finite(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):  # ∞ − ∞
        all_finite = math.isfinite(values.sum())  # float32 values can't overflow a float64 sum
    return values if all_finite else np.extract(np.isfinite(values), values)


def _range(low: float, high: float) -> tuple[float, float]:
    if low < high:
        return low, high
    half = max(0.5, 1e-12 * abs(low))  # beyond 5e11, bins of 1/100 would be finer than float64
    return low - half, low + half


def _count(values: Floats, lo: float, hi: float, bins: int) -> Counts:
    """How many values each of the equal bins over [lo, hi] holds, the last one closed."""
    places = values - lo
    places *= bins / (hi - lo)
    counts = np.bincount(places.astype(np.intp), minlength=bins + 1)
    counts[bins - 1] += counts[bins]
    return counts[:bins]


def _percentile(below: Counts, share: float, lo: float, hi: float) -> float:
    """Linear interpolation between neighbours in rank, each known to one of the fine bins over [lo, hi].

    `below` counts the values below each edge.
    """
    rank = share * (int(below[-1]) - 1)
    lower, upper = _ranked(below, math.floor(rank), lo, hi), _ranked(below, math.ceil(rank), lo, hi)
    return lower + (rank - math.floor(rank)) * (upper - lower)


def _ranked(below: Counts, rank: int, lo: float, hi: float) -> float:
    """The value of this rank (0 = the smallest), its bin's values taken as equally spaced."""
    bin_ = int(below.searchsorted(rank, side="right")) - 1
    start, end = int(below[bin_]), int(below[bin_ + 1])
    inside = (rank - start + 0.5) / (end - start)
    return lo + (bin_ + inside) * (hi - lo) / (len(below) - 1)


def _moments(values: Floats) -> tuple[float, float, float, float]:
    """Mean, population standard deviation, mean of the absolute values and Euclidean norm."""
    mean = float(values.mean())
    abs_mean = float(np.abs(values).mean())
    deviations = values - mean
    std = math.sqrt(np.square(deviations, out=deviations).mean())
    return mean, std, abs_mean, math.sqrt(values.size) * math.hypot(std, mean)
