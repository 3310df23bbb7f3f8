"""`make labs`: every lab on three seeds, and what became of each row of the lecture that trains.

Arguments are names of labs and numbers of seeds; nothing: all labs, seeds 0 to 2. Ends with 1 where a lab is not
confirmed and doesn't say itself why.
"""

import math
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from ml.labs import LABS, SEEDS, Verdict, decide
from ml.labs.lab import Expected
from tests.labs.trying import try_out

CORES = 2
# What the lecture tells of and nothing is trained for: the page that lets one try it.
LEARN_PAGES = {1: "backprop", 4: "activations", 17: "optimizers"}


def main(arguments: list[str]) -> None:
    seeds = [int(word) for word in arguments if word.isdigit()] or SEEDS
    names = [word for word in arguments if not word.isdigit()] or list(LABS)
    verdicts = {}
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        asked = {name: {seed: pool.submit(try_out, name, seed) for seed in seeds} for name in names}
        for name, by_seed in asked.items():
            tried = {seed: future.result() for seed, future in by_seed.items()}
            verdicts[name] = decide(LABS[name], {seed: one.numbers for seed, one in tried.items()})
            print_lab(name, verdicts[name], max(one.seconds for one in tried.values()))
    print_rows(verdicts)
    sys.exit(bool(unexplained(verdicts)))


def unexplained(verdicts: dict[str, Verdict]) -> list[str]:
    """Labs that are not confirmed and don't say why."""
    return [name for name, verdict in verdicts.items() if verdict.word != "confirmed" and not LABS[name].remark]


def print_lab(name: str, verdict: Verdict, seconds: float) -> None:
    """A line for the lab, and one for each of its measures, with its value on every seed."""
    lab = LABS[name]
    rows = ", ".join(map(str, lab.rows)) or lab.paper
    print(f"{name:<28} row {rows:<12} {verdict.word:<14} {seconds:>5.1f} s a seed")
    for reading in verdict.readings:
        marks = (
            f"{value:>10.4g}{' ' if held else '!'}" for value, held in zip(reading.values, reading.holds, strict=True)
        )
        print(f"    {reading.measure.label[:68]:<68}{told(reading.measure.expected):>16}{''.join(marks)}")
    if lab.remark:
        print(f"    {lab.remark}")


def told(expected: Expected) -> str:
    if expected.below == math.inf:
        return f"> {expected.above:g}"
    return f"< {expected.below:g}" if expected.above == -math.inf else f"{expected.above:g} - {expected.below:g}"


def print_rows(verdicts: dict[str, Verdict]) -> None:
    """Each row of the lecture, and the labs that try it."""
    print("\nthe lecture, row by row")
    for row in range(1, 26):
        mine = [f"{name}: {verdict.word}" for name, verdict in verdicts.items() if row in LABS[name].rows]
        page = f"Learn page {LEARN_PAGES[row]}" if row in LEARN_PAGES else "no lab was asked for"
        print(f"{row:>4}  {', '.join(mine) or page}")


if __name__ == "__main__":
    main(sys.argv[1:])
