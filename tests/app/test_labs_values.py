"""The numbers of a lab's measures, as they are written."""

import math

import pytest

from app.i18n import speaking
from app.labs.values import expected, written
from ml.labs.lab import Unit, above, below, between


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0321, "share", "3.21\N{NO-BREAK SPACE}%"),
        (-0.042, "points", "−4.2 points"),
        (1, "steps", "1 step"),
        (350, "steps", "350 steps"),
        (math.inf, "steps", "never"),
        (4.58e7, "times", "4.58×10⁷ times"),
        (0.5, "", "0.5"),
        (math.inf, "", "∞"),
        (math.nan, "share", "can't be told"),
    ],
)
def test_a_value_is_written_in_its_unit(value: float, unit: Unit, text: str) -> None:
    assert written(value, unit) == text


def test_what_is_expected_names_its_bounds() -> None:
    assert expected(above(100), "times") == "above 100 times"
    assert expected(below(500), "steps") == "below 500 steps"
    assert expected(between(0.5, 2), "") == "between 0.5 and 2"


def test_both_are_said_in_the_language_in_force() -> None:
    with speaking("es"):
        assert expected(above(1500), "times") == "más de 1.500 veces"
        assert written(math.inf, "steps") == "nunca"
