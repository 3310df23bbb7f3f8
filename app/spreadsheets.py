"""CSV that stays numbers and texts, whatever program opens it."""

import csv
from collections.abc import Iterable, Sequence
from typing import IO, Any

# With these a spreadsheet lets a formula begin; the last four are how they are typed in Chinese and Japanese.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(file: IO[str], rows: Iterable[Sequence[Any]], line_end: str = "\r\n") -> None:
    """Numbers as every program reads them, in whatever language; a text that a spreadsheet would take for a formula
    gets an apostrophe."""
    csv.writer(file, lineterminator=line_end).writerows(map(_harmless, row) for row in rows)


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
