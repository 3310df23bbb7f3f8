"""A layer's histograms and statistics as a small blob: little-endian words, split by byte, deflated.

Counts are small numbers, so their high bytes are nearly all zero; next to each other they deflate to almost nothing.
What follows from the rest is left out. 120 to 200 bytes a histogram with its statistics, against 3 KB as JSON.
"""

import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ml.records import STATISTICS, Histogram, LayerSnapshot, Pulse, SignalSummary, StoredSignals

Columns = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.integer[Any]]]

_STORED = ("mean", "std", "abs_mean", "min", "max", "p02", "p98")
_RANGE = ("lo", "hi")
_PLACES = {name: place for place, name in enumerate((*STATISTICS, "nonfinite"))}
_HEAD = len(_STORED) + len(_RANGE) + 1  # words before the counts, with nonfinite


def pack(signals: Mapping[str, SignalSummary]) -> bytes:
    """All signals of one layer, in the order of the dict. Statistics are kept as float32, counts as uint32."""
    words = np.stack([_words(summary) for summary in signals.values()])
    return zlib.compress(_split(words[:, :_HEAD]) + _split(words[:, _HEAD:]))


def unpack(blobs: Sequence[bytes], names: tuple[str, ...]) -> list["Signals"]:
    """The signals of these names of each layer, as they were packed; all of the layers have equally many bins."""
    block = _Block(blobs, names)
    return [Signals(block, row) for row in range(len(blobs))]


class Signals(StoredSignals):
    """Those of one layer, each made when it is asked for: most figures read a few of a run's thousands."""

    __slots__ = ("_made", "block", "row")

    def __init__(self, block: "_Block", row: int) -> None:
        self.block, self.row = block, row
        self._made: dict[str, SignalSummary] = {}

    def __getitem__(self, name: str) -> SignalSummary:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = self.block.summary(self.row, name)
        return made

    def number(self, signal: str, name: str) -> float:
        return self.block.number(self.row, signal, name)

    def histogram(self, signal: str) -> Histogram:
        return self.block.histogram(self.row, signal)

    def __iter__(self) -> Iterator[str]:
        return iter(self.block.names)

    def __len__(self) -> int:
        return len(self.block.names)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Signals):
            return NotImplemented
        return list(self) == list(other) and self.block.blobs[self.row] == other.block.blobs[other.row]

    __hash__ = None  # type: ignore[assignment]


def histograms(layers: Sequence[LayerSnapshot], signal: str) -> Columns:
    """Those of one signal in all these layers: lo and hi (layers,), counts (layers, bins)."""
    stored = [layer.signals for layer in layers if isinstance(layer.signals, Signals)]
    if not stored or len(stored) < len(layers):
        found = [layer.histogram(signal) for layer in layers]
        return np.array([h.lo for h in found]), np.array([h.hi for h in found]), np.array([h.counts for h in found])
    places: dict[_Block, list[int]] = {}
    for place, signals in enumerate(stored):
        places.setdefault(signals.block, []).append(place)
    parts = [block.histograms([stored[place].row for place in mine], signal) for block, mine in places.items()]
    order = np.argsort(np.concatenate(list(places.values())))
    lo, hi, counts = (np.concatenate(column)[order] for column in zip(*parts, strict=True))
    return lo, hi, counts


class _Block:
    """Many layers, unpacked together at the first question: one by one they would take ten times as long."""

    def __init__(self, blobs: Sequence[bytes], names: tuple[str, ...]) -> None:
        self.blobs = blobs
        self.names = {name: place for place, name in enumerate(names)}

    def summary(self, row: int, name: str) -> SignalSummary:
        heads, counts = self._unpacked
        place = row * len(self.names) + self.names[name]
        *statistics, nonfinite, lo, hi = heads[place].tolist()
        # In the order of the fields: by name it would take twice as long, a thousand times a run.
        return SignalSummary(*statistics, int(nonfinite), Histogram(lo, hi, counts[place]))  # type: ignore[call-arg]

    def number(self, row: int, signal: str, name: str) -> float:
        heads, _ = self._unpacked
        return float(heads[row * len(self.names) + self.names[signal], _PLACES[name]])

    def histogram(self, row: int, signal: str) -> Histogram:
        heads, counts = self._unpacked
        place = row * len(self.names) + self.names[signal]
        lo, hi = heads[place, -2:].tolist()
        return Histogram(lo, hi, counts[place])

    def histograms(self, rows: list[int], signal: str) -> Columns:
        heads, counts = self._unpacked
        places = np.array(rows) * len(self.names) + self.names[signal]
        return heads[places, -2], heads[places, -1], counts[places]

    @cached_property
    def _unpacked(self) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        """A row for each layer's signals: what stands before the counts, and the counts."""
        rows, signals = len(self.blobs), len(self.names)
        data = np.frombuffer(b"".join(map(zlib.decompress, self.blobs)), np.uint8).reshape(rows, -1)
        head, counts = np.split(data, [4 * _HEAD * signals], axis=1)
        joined = _join(counts, rows * signals)
        return _heads(_join(head, rows * signals), joined.sum(axis=1)), joined


def pack_pulses(pulses: Sequence[Pulse]) -> bytes:
    """A row of float32 for each: its step, then each layer's two values. Steps are exact up to 16 million."""
    return np.array([[p.step, *p.gradient_norm, *p.update_ratio] for p in pulses], "<f4").tobytes()


class Pulses(Sequence[Pulse]):
    """Those of one snapshot, unpacked at the first question: two figures read them."""

    def __init__(self, blob: bytes, layers: int) -> None:
        self._blob, self._layers = blob, layers

    @cached_property
    def _made(self) -> tuple[Pulse, ...]:
        layers = self._layers
        rows = np.frombuffer(self._blob, "<f4").astype(np.float64).reshape(-1, 1 + 2 * layers).tolist()
        return tuple(Pulse(int(row[0]), tuple(row[1 : layers + 1]), tuple(row[layers + 1 :])) for row in rows)

    @overload
    def __getitem__(self, place: int) -> Pulse: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Pulse, ...]: ...

    def __getitem__(self, place: int | slice) -> Pulse | tuple[Pulse, ...]:
        return self._made[place]

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return self._made == tuple(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]


def _split(words: NDArray[np.uint32]) -> bytes:
    return np.ascontiguousarray(words).view(np.uint8).reshape(-1, 4).T.tobytes()


def _join(split: NDArray[np.uint8], rows: int) -> NDArray[np.uint32]:
    planes = split.reshape(len(split), 4, -1)
    return np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<u4").reshape(rows, -1)


def _words(summary: SignalSummary) -> NDArray[np.uint32]:
    histogram = summary.histogram
    # Most histograms go from the smallest value to the largest: NaN says so in fewer bytes.
    lo = math.nan if histogram.lo == summary.min else histogram.lo
    hi = math.nan if histogram.hi == summary.max else histogram.hi
    floats = np.array([*(getattr(summary, name) for name in _STORED), lo, hi], "<f4").view("<u4")
    return np.concatenate([floats, np.array([summary.nonfinite], "<u4"), histogram.counts.astype("<u4")])


def _heads(head: NDArray[np.uint32], totals: NDArray[np.uint64]) -> NDArray[np.float64]:
    """The statistics in the order of SignalSummary's fields, then lo and hi."""
    *statistics, lo, hi = np.ascontiguousarray(head[:, :-1]).view("<f4").astype(np.float64).T
    mean, std, low, high = (statistics[_STORED.index(name)] for name in ("mean", "std", "min", "max"))
    norm = np.sqrt(totals * (mean**2 + std**2))
    ends = np.where(np.isnan(lo), low, lo), np.where(np.isnan(hi), high, hi)
    return np.stack([*statistics, norm, head[:, -1].astype(np.float64), *ends], axis=1)
