import csv
import io

import pytest

from app.spreadsheets import write_csv
from tests.test_imports import importers


def written(*row: object) -> list[str]:
    file = io.StringIO(newline="")
    write_csv(file, [row])
    return next(csv.reader(io.StringIO(file.getvalue(), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_is_never_a_formula(start: str) -> None:
    assert written(f"{start}cmd|'/C calc'!A0", "a=1") == [f"'{start}cmd|'/C calc'!A0", "a=1"]


def test_numbers_stay_numbers() -> None:
    assert written(-0.5, -1, None, True) == ["-0.5", "-1", "", "True"]


def test_nothing_else_writes_csv() -> None:
    """Every file of comma-separated values goes by write_csv."""
    assert importers("app", {"csv"}) | importers("ml", {"csv"}) == {"app/spreadsheets.py"}
