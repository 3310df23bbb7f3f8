"""A layer's histograms and statistics as a small blob: little-endian words, split by byte, deflated.

Counts are small numbers, so their high bytes are nearly all zero; next to each other they deflate to almost nothing.
About 150 bytes a histogram with its statistics, against 3 KB as JSON.
"""

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.records import STATISTICS, Histogram, SignalSummary

_FLOATS = len(STATISTICS) + 2  # and lo, hi
_HEAD = _FLOATS + 1  # and nonfinite


def pack(signals: dict[str, SignalSummary]) -> bytes:
    """All signals of one layer, in the order of the dict. Statistics are kept as float32, counts as uint32."""
    words = np.concatenate([_words(summary) for summary in signals.values()])
    return zlib.compress(words.view(np.uint8).reshape(-1, 4).T.tobytes(), 6)


def unpack(blob: bytes, names: tuple[str, ...]) -> dict[str, SignalSummary]:
    """The signals of these names, as they were packed."""
    split = np.frombuffer(zlib.decompress(blob), np.uint8).reshape(4, -1)
    words = np.ascontiguousarray(split.T).view("<u4").reshape(len(names), -1)
    return {name: _summary(row) for name, row in zip(names, words, strict=True)}


def _words(summary: SignalSummary) -> NDArray[np.uint32]:
    histogram = summary.histogram
    values = [*(getattr(summary, name) for name in STATISTICS), histogram.lo, histogram.hi]
    with np.errstate(over="ignore"):  # the norm of a diverged layer may be beyond float32: it is kept as infinity
        floats = np.array(values, dtype=np.float64).astype("<f4").view("<u4")
    return np.concatenate([floats, np.array([summary.nonfinite], "<u4"), histogram.counts.astype("<u4")])


def _summary(words: NDArray[Any]) -> SignalSummary:
    *statistics, lo, hi = words[:_FLOATS].view("<f4").astype(np.float64).tolist()
    histogram = Histogram(lo, hi, words[_HEAD:])
    named = dict(zip(STATISTICS, statistics, strict=True))
    return SignalSummary(**named, nonfinite=int(words[_FLOATS]), histogram=histogram)
