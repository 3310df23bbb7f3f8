"""Whether the runs of a lab bear its claim out: a pure function of the stored records."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ml.labs.lab import Lab, Measure, Runs
from ml.words import Words, plural, words

Word = Literal["confirmed", "not_confirmed", "undecided"]

WORDS: dict[Word, Words] = {
    "confirmed": words("confirmed"),
    "not_confirmed": words("not confirmed"),
    "undecided": words("undecided"),
}


@dataclass(frozen=True)
class Reading:
    """One measure of every seed, in their order; NaN where it can't be told."""

    measure: Measure
    values: tuple[float, ...]

    @property
    def holds(self) -> tuple[bool, ...]:
        return tuple(map(self.measure.expected.holds, self.values))

    @property
    def middle(self) -> float:
        """The median over the seeds that have a value; NaN where none has."""
        return statistics.median([value for value in self.values if not math.isnan(value)] or [math.nan])


@dataclass(frozen=True)
class Verdict:
    """`word` over the `seeds` whose runs have all finished; `held` of them bear every measure out. `why` says in one
    sentence how it came about. `outcome` is the place of the choice that came true, by the median of the first measure;
    None where it can't be told."""

    word: Word
    seeds: tuple[int, ...]
    held: int
    readings: tuple[Reading, ...]
    why: Words
    outcome: int | None


def judge(lab: Lab, by_seed: Mapping[int, Runs]) -> Verdict:
    """confirmed: every measure is as expected on every seed; not confirmed: on every seed one of them is not;
    undecided: the seeds disagree, a number can't be told, or nothing has finished yet.

    A seed counts once every arm has finished; one with a run that failed or was cancelled tells nothing.
    """
    return decide(lab, {seed: numbers for seed, runs in by_seed.items() if (numbers := measured(lab, runs))})


def measured(lab: Lab, runs: Runs) -> tuple[float, ...]:
    """The lab's measures of the runs of one seed, NaN where one can't be told; none unless every arm has finished."""
    ended = all(name in runs and runs[name].status == "finished" and runs[name].snapshots for name in lab.arms)
    return tuple(measure.read(runs) for measure in lab.measures) if ended else ()


def decide(lab: Lab, numbers: Mapping[int, tuple[float, ...]]) -> Verdict:
    """As judge, from what was `measured` of each seed."""
    readings = tuple(
        Reading(measure, tuple(of_seed[place] for of_seed in numbers.values()))
        for place, measure in enumerate(lab.measures)
    )
    told = [not any(map(math.isnan, of_seed)) for of_seed in numbers.values()]
    held = [all(column) for column in zip(*(x.holds for x in readings), strict=True)]
    word, why = _word(told, held)
    return Verdict(word, tuple(numbers), sum(held), readings, why, lab.outcome(readings[0].middle))


def _word(told: list[bool], held: list[bool]) -> tuple[Word, Words]:
    seeds, bear_out = len(held), sum(held)
    if not seeds:
        return "undecided", words("No seed has finished all of its runs yet.")
    if bear_out == seeds:
        return "confirmed", plural("It held on the only seed.", "It held on all of {count} seeds.", count=seeds)
    if bear_out:
        return "undecided", words("The seeds disagree: it held on {held} of {seeds}.", held=bear_out, seeds=seeds)
    if not all(told):
        return "undecided", words("A number that decides can't be told from these runs.")
    return "not_confirmed", plural("It failed on the only seed.", "It failed on all of {count} seeds.", count=seeds)
