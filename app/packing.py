"""A layer's histograms and statistics as a small blob: little-endian words, split by byte, deflated.

Counts are small numbers, so their high bytes are nearly all zero; next to each other they deflate to almost nothing.
What follows from the rest is left out. 120 to 200 bytes a histogram with its statistics, against 3 KB as JSON.
"""

import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.records import Histogram, Pulse, SignalSummary

_STORED = ("mean", "std", "abs_mean", "min", "max", "p02", "p98")
_RANGE = ("lo", "hi")
_HEAD = len(_STORED) + len(_RANGE) + 1  # words before the counts, with nonfinite


def pack(signals: dict[str, SignalSummary]) -> bytes:
    """All signals of one layer, in the order of the dict. Statistics are kept as float32, counts as uint32."""
    words = np.stack([_words(summary) for summary in signals.values()])
    return zlib.compress(_split(words[:, :_HEAD]) + _split(words[:, _HEAD:]))


def unpack(blob: bytes, names: tuple[str, ...]) -> dict[str, SignalSummary]:
    """The signals of these names, as they were packed."""
    data = np.frombuffer(zlib.decompress(blob), np.uint8)
    head, counts = np.split(data, [4 * _HEAD * len(names)])
    rows = zip(names, _join(head, len(names)), _join(counts, len(names)), strict=True)
    return {name: _summary(statistics, histogram) for name, statistics, histogram in rows}


def pack_pulses(pulses: Sequence[Pulse]) -> bytes:
    """A row of float32 for each: its step, then each layer's two values. Steps are exact up to 16 million."""
    return np.array([[p.step, *p.gradient_norm, *p.update_ratio] for p in pulses], "<f4").tobytes()


def unpack_pulses(blob: bytes, layers: int) -> tuple[Pulse, ...]:
    rows = np.frombuffer(blob, "<f4").astype(np.float64).reshape(-1, 1 + 2 * layers).tolist()
    return tuple(Pulse(int(row[0]), tuple(row[1 : layers + 1]), tuple(row[layers + 1 :])) for row in rows)


def _split(words: NDArray[np.uint32]) -> bytes:
    return np.ascontiguousarray(words).view(np.uint8).reshape(-1, 4).T.tobytes()


def _join(split: NDArray[np.uint8], rows: int) -> NDArray[np.uint32]:
    return np.ascontiguousarray(split.reshape(4, -1).T).view("<u4").reshape(rows, -1)


def _words(summary: SignalSummary) -> NDArray[np.uint32]:
    histogram = summary.histogram
    # Most histograms go from the smallest value to the largest: NaN says so in fewer bytes.
    lo = math.nan if histogram.lo == summary.min else histogram.lo
    hi = math.nan if histogram.hi == summary.max else histogram.hi
    floats = np.array([*(getattr(summary, name) for name in _STORED), lo, hi], "<f4").view("<u4")
    return np.concatenate([floats, np.array([summary.nonfinite], "<u4"), histogram.counts.astype("<u4")])


def _summary(head: NDArray[Any], counts: NDArray[np.uint32]) -> SignalSummary:
    *statistics, lo, hi = head[:-1].view("<f4").astype(np.float64).tolist()
    named = dict(zip(_STORED, statistics, strict=True))
    lo, hi = (named["min"] if math.isnan(lo) else lo), (named["max"] if math.isnan(hi) else hi)
    norm = math.sqrt(int(counts.sum()) * (named["mean"] ** 2 + named["std"] ** 2))
    return SignalSummary(**named, norm=norm, nonfinite=int(head[-1]), histogram=Histogram(lo, hi, counts))
