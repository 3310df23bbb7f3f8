import math

import numpy as np
import pytest

from ml.records import STATISTICS
from ml.summary import summarise

LARGEST = float(np.finfo(np.float32).max)
SMALLEST = float(np.float32(1e-45))


def float32(values) -> np.ndarray:
    return np.asarray(values, dtype=np.float32)


SAMPLES = {
    "bell-shaped": np.random.default_rng(0).normal(0.3, 2, (300, 70)),
    "mostly zero": np.maximum(np.random.default_rng(1).normal(-1, 1, (300, 70)), 0),
    "nearly constant": 1000 + 1e-3 * np.random.default_rng(2).random(5000),
    "with one outlier": np.append(np.random.default_rng(3).normal(0, 1, 5000), 1e6),
    "very few": [3.0, -1.0, 10.0],
    "a single one": [7.0],
    "tiny": 1e-30 * np.random.default_rng(4).normal(0, 1, 5000),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_statistics_are_those_of_numpy_in_float64(name):
    values = float32(SAMPLES[name])
    exact = values.astype(np.float64)

    summary = summarise(values, 100)

    std = exact.std()
    expected = {
        "mean": exact.mean(), "std": std, "abs_mean": np.abs(exact).mean(), "min": exact.min(), "max": exact.max(),
        "norm": np.sqrt(np.sum(exact**2)),
    }  # fmt: skip
    for statistic, value in expected.items():
        assert abs(getattr(summary, statistic) - value) <= 1e-5 * max(abs(value), std), statistic
    assert summary.nonfinite == 0


@pytest.mark.parametrize("name", SAMPLES)
def test_the_percentiles_are_within_one_bin_of_numpys(name):
    values = float32(SAMPLES[name])

    summary = summarise(values, 100)

    width = (summary.histogram.hi - summary.histogram.lo) / 100
    assert abs(summary.p02 - np.percentile(values.astype(np.float64), 2)) <= width
    assert abs(summary.p98 - np.percentile(values.astype(np.float64), 98)) <= width


@pytest.mark.parametrize("bins", [10, 100, 137])
@pytest.mark.parametrize("name", ["bell-shaped", "mostly zero", "very few", "tiny"])
def test_the_histogram_is_numpys_over_the_values_range(name, bins):
    values = float32(SAMPLES[name])

    histogram = summarise(values, bins).histogram

    expected, edges = np.histogram(values.astype(np.float64), bins)
    assert (histogram.lo, histogram.hi) == (edges[0], edges[-1])
    np.testing.assert_array_equal(histogram.counts, expected)


def test_bounds_replace_the_values_range_and_their_upper_end_is_counted():
    histogram = summarise(float32([-1, -0.995, 0, 0.5, 1, 1]), 100, (-1.0, 1.0)).histogram

    assert (histogram.lo, histogram.hi) == (-1.0, 1.0)
    assert {int(i): int(histogram.counts[i]) for i in np.flatnonzero(histogram.counts)} == {0: 2, 50: 1, 75: 1, 99: 2}


@pytest.mark.parametrize("value", [0.0, 0.25, -3.0])
def test_equal_values_lie_in_the_middle_of_a_range_of_one(value):
    summary = summarise(np.full((30, 4), value, np.float32), 100)

    assert (summary.histogram.lo, summary.histogram.hi) == (value - 0.5, value + 0.5)
    assert summary.histogram.counts[50] == 120
    assert (summary.p02, summary.p98, summary.std) == (value, value, 0.0)


def test_values_that_are_not_finite_are_counted_apart():
    values = float32([1, 2, 3, math.nan, math.inf, -math.inf, -math.inf])

    summary = summarise(values, 10)

    assert summary.nonfinite == 4
    assert summary.histogram.counts.sum() == 3
    assert (summary.mean, summary.min, summary.max) == (2.0, 1.0, 3.0)


@pytest.mark.parametrize(("bounds", "expected"), [(None, (-0.5, 0.5)), ((0.0, 1.0), (0.0, 1.0))])
def test_no_finite_value_leaves_an_empty_histogram_and_no_statistics(bounds, expected):
    summary = summarise(float32([math.nan, math.inf, -math.inf]), 10, bounds)

    assert (summary.histogram.lo, summary.histogram.hi) == expected
    assert summary.histogram.counts.tolist() == [0] * 10
    assert summary.nonfinite == 3
    assert all(math.isnan(getattr(summary, statistic)) for statistic in STATISTICS)


@pytest.mark.parametrize(
    "values", [[-LARGEST, LARGEST, 0], [LARGEST] * 3, [0, SMALLEST, SMALLEST], [-SMALLEST] * 3, [1e30, 1.000001e30]]
)
def test_the_extremes_of_float32_are_summarised_like_any_other_values(values):
    summary = summarise(float32(values), 100)

    assert all(math.isfinite(getattr(summary, statistic)) for statistic in STATISTICS)
    assert summary.histogram.counts.sum() == len(values)
    assert np.all(np.diff(summary.histogram.edges) > 0)
    assert np.isfinite(summary.histogram.density).all()


def test_values_that_are_not_contiguous_are_summarised_alike():
    values = float32(SAMPLES["bell-shaped"])

    np.testing.assert_equal(summarise(values.T, 100).histogram.counts, summarise(values, 100).histogram.counts)
