import math

import pytest

from app.figures import LIGHT
from app.figures.axes import linear, log
from app.ticks import ticks


@pytest.mark.parametrize(
    ("low", "high", "count", "texts"),
    [
        (0, 3, 6, ["0", "1", "2", "3"]),
        (-1.03, 1.03, 5, ["−1", "−0.5", "0", "0.5", "1"]),
        (-0.0052, 0.0052, 5, ["−0.005", "0", "0.005"]),
        (-0.00052, 0.00052, 5, ["−5×10⁻⁴", "0", "5×10⁻⁴"]),
        (0, 31_000, 4, ["0", "1×10⁴", "2×10⁴", "3×10⁴"]),
    ],
)
def test_linear_ticks_read_like_plotlys(low: float, high: float, count: int, texts: list[str]) -> None:
    assert [text for _, text in ticks(linear(LIGHT, low, high, ticks=count))] == texts


def test_logarithmic_ticks_are_named_at_powers_of_ten_only() -> None:
    named = [(value, text) for value, text in ticks(log(LIGHT, -2, 1)) if text]
    assert named == [(-2, "10⁻²"), (-1, "10⁻¹"), (0, "1"), (1, "10")]
    silent = [value for value, text in ticks(log(LIGHT, -2, 0)) if not text]
    assert silent == pytest.approx([-2 + math.log10(2), -2 + math.log10(5), -1 + math.log10(2), -1 + math.log10(5)])


def test_many_decades_are_not_all_named() -> None:
    assert [value for value, _ in ticks(log(LIGHT, -30, 0))] == [-30, -24, -18, -12, -6, 0]
