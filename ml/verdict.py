"""Whether a repair helped: the same quantity read before and after, and what the network then answers."""

import math
from dataclasses import dataclass
from typing import Literal

from ml.records import RunRecord
from ml.rules import RULES, Evidence, Limit, Reading, start
from ml.words import Words, words

Word = Literal["fixed", "better", "no_effect", "worse"]

NOTICEABLE = 0.02  # of the validation answers: a difference that counts, about two standard errors of 300 answers

# The best first.
WORDS: dict[Word, Words] = {
    "fixed": words("fixed"),
    "better": words("better"),
    "no_effect": words("no effect"),
    "worse": words("worse"),
}


@dataclass(frozen=True)
class Verdict:
    """Of a repair against `rule`. `before` and `after` are its quantity by the same `formula`, NaN where it can't be
    read; errors are shares of the validation answers, NaN where a run has none. `gone`: the rule finds nothing any
    more."""

    word: Word
    rule: str
    limit: Limit
    before: float
    after: float
    error_before: float
    error_after: float
    formula: str
    gone: bool


def judge(before: RunRecord, after: RunRecord, rule: str) -> Verdict:
    """fixed: the rule finds nothing any more, and not at the price of more wrong answers; better: it still does, but
    noticeably fewer answers are wrong; worse: noticeably more are; else no effect. Both runs have ended."""
    found, now = RULES[rule], Evidence(after)
    first = found.read(Evidence(before), found.limit)
    second = _same_quantity(first, found.read(now, found.limit), now)
    errors = _error(before), _error(after)
    gone = bool(after.snapshots) and found.find(now) is None
    return Verdict(
        _word(gone, *errors), rule, first.limit or found.limit, first.value, second.value, *errors,
        first.formula or found.formula, gone,
    )  # fmt: skip


def _same_quantity(first: Reading, second: Reading, now: Evidence) -> Reading:
    """A rule that looks at several quantities reports another one, once the first is cured."""
    if first.formula == second.formula or not now.snapshots:
        return second
    return next((reading for reading in start.readings(now) if reading.formula == first.formula), second)


def _word(gone: bool, before: float, after: float) -> Word:
    """A run that measured nothing can't be bettered: NaN before counts as no answer at all."""
    before = 1.0 if math.isnan(before) else before
    if not after <= before + NOTICEABLE:
        return "worse"
    if gone:
        return "fixed"
    return "better" if after < before - NOTICEABLE else "no_effect"


def _error(run: RunRecord) -> float:
    """A run that diverged answers nothing, whatever its last error says."""
    if not run.snapshots:
        return float("nan")
    return 1.0 if run.diverged_at else run.snapshots[-1].metrics.val_error
