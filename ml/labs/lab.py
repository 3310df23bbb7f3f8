"""What a lab is: a question, the runs that answer it, and numbers that follow from them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ml.records import RunRecord
from ml.spec import RunSpec

Runs = Mapping[str, RunRecord]  # of one seed, by the names of the lab's arms
Unit = Literal["", "share", "points", "steps", "times"]

SEEDS = (0, 1, 2)


class Expected(NamedTuple):
    """Between which numbers the claim says that one lies; nothing holds for one that is not a number. A step that never
    came is infinite, and so above every one that did."""

    above: float = -math.inf
    below: float = math.inf

    def holds(self, value: float) -> bool:
        return self.above < value < self.below or (value == math.inf and self.below == math.inf)


def of(arm: str, read: Callable[[RunRecord], float]) -> Callable[[Runs], float]:
    """A number of that arm's run."""
    return lambda runs: read(runs[arm])


def above(least: float) -> Expected:
    return Expected(above=least)


def below(most: float) -> Expected:
    return Expected(below=most)


def between(least: float, most: float) -> Expected:
    return Expected(least, most)


@dataclass(frozen=True)
class Measure:
    """A number that follows from the runs of one seed. `label` is a message, `formula` its symbols, the same in every
    language. `read` gives NaN where it can't be told. A `share` is a fraction, `points` are differences of shares,
    `times` a ratio."""

    label: str
    read: Callable[[Runs], float]
    expected: Expected
    unit: Unit = ""
    formula: str = ""


@dataclass(frozen=True)
class Choice:
    """What a student may expect of the lab's first measure: that it is at most `up_to`, and above the choice before.
    `text` is a message."""

    text: str
    up_to: float = math.inf


@dataclass(frozen=True)
class Arm:
    """One of the networks that are compared; `label` is a message. It starts with the trained layers of the arm
    `after`, where one is named, and so is trained after it."""

    label: str
    spec: RunSpec
    after: str = ""


@dataclass(frozen=True)
class Lab:
    """A claim that can be tried. Everything that is told is a message.

    `rows` are those of the lecture's list of claims (1 to 25), `topic` its slide, `paper` the figure of Glorot & Bengio
    (2010) or another source, `learn` the interactive page that explains it. The claim holds where every one of the
    `measures` is as expected; the first is what the `choices`, in growing order, are about. `figures` are drawn of each
    arm, `comparisons` of all of them together. `remark` says what a network of this size does not show, and why.
    """

    title: str
    question: str
    claim: str
    choices: tuple[Choice, ...]
    arms: Mapping[str, Arm]
    measures: tuple[Measure, ...]
    topic: str
    learn: str
    rows: tuple[int, ...] = ()
    paper: str = ""
    figures: tuple[str, ...] = ()
    comparisons: tuple[str, ...] = ()
    remark: str = ""

    def outcome(self, value: float) -> int | None:
        """The place of the choice that a value of the first measure makes right; None for one that is no number."""
        return next((place for place, choice in enumerate(self.choices) if value <= choice.up_to), None)
