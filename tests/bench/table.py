"""Two things against each other, turn by turn, and the table of what came out."""

import gc
import statistics
import time
from collections.abc import Callable

Contender = Callable[[], float]
"""Does its work once and tells how many seconds of it count."""

PAIRS = 15


def header() -> None:
    print(f"{'':<3}{'what':<86}{'median':>8}{'range':>19}{'itself':>8}{'target':>11}", flush=True)


def compare(letter: str, name: str, over: Contender, under: Contender, target: str = "", pairs: int = PAIRS) -> None:
    """One row: how many times as long `over` takes, and `under` set against itself in the same way."""
    over(), under()  # the first time of anything pays for what is kept afterwards
    ratios, against_itself = [], []
    for number in range(pairs):
        turns = [over, under, under]
        times = [_timed(turn) for turn in (turns if number % 2 else turns[::-1])]
        first, middle, last = times if number % 2 else times[::-1]
        ratios.append(first / middle)
        against_itself.append(last / middle)
    row(letter, name, ratios, itself=f"{statistics.median(against_itself):.3f}", target=target)


def _timed(contender: Contender) -> float:
    gc.collect()  # or one pays for what the other left
    return contender()


def row(letter: str, name: str, values: list[float], *, itself: str = "", target: str = "") -> None:
    spread = f"{min(values):.3f} - {max(values):.3f}"
    print(f"{letter:<3}{name:<86}{statistics.median(values):>8.3f}{spread:>19}{itself:>8}{target:>11}", flush=True)


def missing(letter: str, name: str, reason: str) -> None:
    """A row without numbers."""
    print(f"{letter:<3}{name:<86}{reason}", flush=True)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
