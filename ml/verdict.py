"""Whether a repair helped: the same rule read before and after, and what the network then answers."""

from dataclasses import dataclass
from typing import Literal

from ml.records import RunRecord
from ml.rules import RULES, Evidence, Limit
from ml.words import Words, words

Word = Literal["fixed", "better", "no_effect", "worse"]

NOTICEABLE = 0.02  # of the validation answers: a difference that counts, about two standard errors of 300 answers

WORDS: dict[Word, Words] = {
    "fixed": words("fixed"),
    "better": words("better"),
    "no_effect": words("no effect"),
    "worse": words("worse"),
}


@dataclass(frozen=True)
class Verdict:
    """Of a repair against `rule`. `before` and `after` are its quantity, NaN where it can't be read; errors are shares
    of the validation answers, NaN where a run has none."""

    word: Word
    rule: str
    limit: Limit
    before: float
    after: float
    error_before: float
    error_after: float


def judge(before: RunRecord, after: RunRecord, rule: str) -> Verdict:
    """fixed: the rule finds nothing any more, and not at the price of more wrong answers; better: it still does, but
    noticeably fewer answers are wrong; worse: noticeably more are; else no effect. Both runs have ended."""
    was, now = Evidence(before), Evidence(after)
    first, second = RULES[rule].read(was, RULES[rule].limit), RULES[rule].read(now, RULES[rule].limit)
    errors = _error(before), _error(after)
    gone = bool(after.snapshots) and RULES[rule].find(now) is None
    return Verdict(_word(gone, *errors), rule, first.limit or RULES[rule].limit, first.value, second.value, *errors)


def _word(gone: bool, before: float, after: float) -> Word:
    if not after <= before + NOTICEABLE:
        return "worse"
    if gone:
        return "fixed"
    return "better" if after < before - NOTICEABLE else "no_effect"


def _error(run: RunRecord) -> float:
    """A run that diverged answers nothing, whatever its last error says."""
    if not run.snapshots:
        return float("nan")
    return 1.0 if Evidence(run).diverged_at else run.snapshots[-1].metrics.val_error
