import math
import zlib
from dataclasses import replace

import numpy as np
import pytest

from app.packing import histograms, pack, unpack
from ml.records import SIGNALS, STATISTICS, Histogram, LayerSnapshot, SignalSummary


def summarise(values: np.ndarray, bins: int = 100) -> SignalSummary:
    counts, _ = np.histogram(values, bins)
    p02, p98 = np.percentile(values, [2, 98])
    values = values.astype(np.float64)
    return SignalSummary(
        mean=values.mean(), std=values.std(), abs_mean=np.abs(values).mean(), min=values.min(), max=values.max(),
        p02=p02, p98=p98, norm=float(np.linalg.norm(values)), nonfinite=3,
        histogram=Histogram(values.min(), values.max(), counts),
    )  # fmt: skip


def gaussian(size: int, bins: int = 100) -> dict[str, SignalSummary]:
    rng = np.random.default_rng(size)
    return {name: summarise(rng.normal(0, 0.1, size).astype(np.float32), bins) for name in SIGNALS}


@pytest.mark.parametrize("bins", [10, 100, 200])
def test_what_was_packed_comes_back(bins: int) -> None:
    signals = gaussian(30_000, bins)
    (back,) = unpack([pack(signals)], SIGNALS)
    assert list(back) == list(signals)
    for name, summary in signals.items():
        for statistic in STATISTICS:
            assert getattr(back[name], statistic) == pytest.approx(getattr(summary, statistic), rel=1e-6)
        assert back[name].nonfinite == 3
        assert (back[name].histogram.lo, back[name].histogram.hi) == (summary.histogram.lo, summary.histogram.hi)
        assert back[name].histogram.counts.tolist() == summary.histogram.counts.tolist()


def test_many_layers_come_back_in_their_order() -> None:
    layers = [gaussian(size) for size in (100, 200, 300)]
    back = unpack([pack(layer) for layer in layers], SIGNALS)
    for name in SIGNALS:
        assert [found[name].histogram.counts.sum() for found in back] == [100, 200, 300]
        assert [found[name].max for found in back] == [pytest.approx(layer[name].max) for layer in layers]
    assert [len(found) for found in back] == [len(SIGNALS)] * 3


def test_layers_that_were_packed_alike_are_equal() -> None:
    one, other = pack(gaussian(100)), pack(gaussian(200))
    assert unpack([one, other], SIGNALS) == unpack([one, other], SIGNALS)
    assert unpack([one], SIGNALS) != unpack([other], SIGNALS)


def test_a_layer_that_diverged_comes_back_as_such() -> None:
    nothing = Histogram(-0.5, 0.5, np.zeros(100, np.int64))
    summary = SignalSummary(*[math.nan] * len(STATISTICS), nonfinite=2**32 - 1, histogram=nothing)
    back = unpack([pack({"weight": summary})], ("weight",))[0]["weight"]
    assert all(math.isnan(getattr(back, name)) for name in STATISTICS)
    assert (back.histogram.lo, back.histogram.hi, back.histogram.counts.sum()) == (-0.5, 0.5, 0)
    assert back.nonfinite == 2**32 - 1


def test_a_bounded_activation_keeps_its_own_range() -> None:
    values = np.tanh(np.random.default_rng(0).normal(size=1000)).astype(np.float32)
    counts, _ = np.histogram(values, 100, (-1, 1))
    summary = replace(summarise(values), histogram=Histogram(-1.0, 1.0, counts))
    back = unpack([pack({"activation": summary})], ("activation",))[0]["activation"]
    assert (back.histogram.lo, back.histogram.hi) == (-1.0, 1.0)


@pytest.mark.parametrize("size", [1_000, 30_000, 300_000, 1_000_000])
def test_a_histogram_with_its_statistics_takes_at_most_200_bytes(size: int) -> None:
    assert len(pack(gaussian(size))) / len(SIGNALS) <= 200


def test_the_blob_is_little_endian_whatever_the_machine() -> None:
    one = {"weight": replace(gaussian(100)["weight"], histogram=Histogram(0.0, 1.0, np.array([1, 258])))}
    assert zlib.decompress(pack(one)).endswith(bytes([1, 2, 0, 1, 0, 0, 0, 0]))


def test_histograms_of_many_layers_are_those_of_each_whatever_was_unpacked_with_what() -> None:
    sizes = (200, 300, 400, 500)
    one, two = unpack([pack(gaussian(n)) for n in sizes[:3]], SIGNALS), unpack([pack(gaussian(sizes[3]))], SIGNALS)
    mixed = [one[0], two[0], one[2], one[1]]
    for layers in ([LayerSnapshot("x", signals) for signals in mixed], [LayerSnapshot("x", dict(s)) for s in mixed]):
        lo, hi, counts = histograms(layers, "weight")
        for place, signals in enumerate(mixed):
            histogram = signals["weight"].histogram
            assert (lo[place], hi[place]) == (histogram.lo, histogram.hi)
            assert counts[place].tolist() == histogram.counts.tolist()


def test_a_number_is_that_of_the_summary() -> None:
    (signals,) = unpack([pack(gaussian(500))], SIGNALS)
    layer = LayerSnapshot("x", signals)
    for name in (*STATISTICS, "nonfinite"):
        assert layer.number("activation", name) == getattr(signals["activation"], name)
    assert layer.histogram("activation").hi == signals["activation"].histogram.hi
