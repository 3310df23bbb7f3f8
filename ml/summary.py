"""A layer's million values as a handful of statistics and a histogram.

One fine histogram gives both the one that is kept and the percentiles, so nothing is sorted.
"""

import math

import numpy as np
from fast_histogram import histogram1d
from numpy.typing import NDArray

from ml.records import Histogram, SignalSummary

FINE_BINS = 2000  # at least; what percentiles are read from
PERCENTILES = (0.02, 0.98)
BLOCK = 32_768  # values that stay in the processor's cache from one pass over them to the next

Counts = NDArray[np.int64]


def summarise(values: NDArray[np.float32], bins: int, bounds: tuple[float, float] | None = None) -> SignalSummary:
    """Summarise values of any shape, with `bins` equal bins over `bounds` (None: the finite values' range).

    Values that are not finite are counted apart. Where all are equal to v the range is [v - 0.5, v + 0.5]; where none
    is finite and there are no bounds it is [-0.5, 0.5] and every statistic is NaN.
    """
    flat = values.ravel(order="K")
    low, high = float(flat.min()), float(flat.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        flat = np.extract(np.isfinite(flat), flat)
        if not flat.size:
            return _nothing(values.size, Histogram(*(bounds or (-0.5, 0.5)), np.zeros(bins, np.int64)))
        low, high = float(flat.min()), float(flat.max())
    lo, hi = bounds or _range(low, high)
    fine = _count(flat, lo, hi, bins * math.ceil(FINE_BINS / bins))
    below = np.concatenate([[0], np.cumsum(fine)])
    p02, p98 = (min(max(_percentile(below, share, lo, hi), low), high) for share in PERCENTILES)
    histogram = Histogram(lo, hi, fine.reshape(bins, -1).sum(axis=1))
    mean, std, abs_mean, norm = _moments(flat, low, high)
    return SignalSummary(mean, std, abs_mean, low, high, p02, p98, norm, values.size - flat.size, histogram)


def _nothing(nonfinite: int, empty: Histogram) -> SignalSummary:
    nan = math.nan
    return SignalSummary(nan, nan, nan, nan, nan, nan, nan, nan, nonfinite, empty)


def _range(low: float, high: float) -> tuple[float, float]:
    if low < high:
        return low, high
    half = max(0.5, 1e-12 * abs(low))  # beyond 5e11, bins of 1/100 would be finer than float64
    return low - half, low + half


def _count(values: NDArray[np.float32], lo: float, hi: float, bins: int) -> Counts:
    """How many values each of the equal bins over [lo, hi] holds, the last one closed."""
    # Over twice the range, for histogram1d leaves out the range's upper end.
    counts = histogram1d(values, 2 * bins, (lo, hi + (hi - lo))).astype(np.int64)
    counts[bins - 1] += counts[bins]
    kept: Counts = counts[:bins]
    return kept


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


def _moments(values: NDArray[np.float32], low: float, high: float) -> tuple[float, float, float, float]:
    """Mean, population standard deviation, mean of the absolute values and Euclidean norm."""
    # In units of a power of two, which loses no digit, so that no square over- or underflows; and around a value near
    # the mean, so that nothing cancels.
    unit = 2.0 ** max(-126, math.frexp(max(-low, high))[1])
    centre = np.float32(values[:BLOCK].mean(dtype=np.float64) / unit)
    shift = squares = absolute = 0.0
    for start in range(0, values.size, BLOCK):
        block = values[start : start + BLOCK] * np.float32(1 / unit)
        if low < 0 < high:
            absolute += float(np.abs(block).sum())
        block -= centre
        shift += float(block.sum())
        squares += float(np.dot(block, block))
    shift /= values.size
    mean, std = unit * (float(centre) + shift), unit * math.sqrt(max(0.0, squares / values.size - shift**2))
    abs_mean = unit * absolute / values.size if low < 0 < high else abs(mean)
    return mean, std, abs_mean, math.sqrt(values.size) * math.hypot(std, mean)
