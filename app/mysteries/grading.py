"""What an answer is worth: whether it names what is wrong, and what became of the patient with its cure."""

import math
from dataclasses import dataclass

from app.models import ACTIVE, Answer
from ml.records import RunRecord
from ml.repairs import CURES, fix
from ml.rules import RULES, diagnose
from ml.spec import RunSpec
from ml.verdict import NOTICEABLE, Verdict, Word, judge
from ml.words import words

NONE = "none"  # what an answer names where nothing is wrong, or nothing is to be changed
NOTHING_WRONG = words("nothing: it learns well")
NO_CHANGE = words("leave it as it is")
ANY_RULE = "loss_not_decreasing"  # to read the errors where no rule finds anything


@dataclass(frozen=True)
class Case:
    """The patient, and what is wrong with it: `fault` is the rule's name, NONE where it learns well; `found` are all
    that the rules find, and each of them is a right answer. Nothing is known before the training has ended well."""

    patient: RunRecord
    fault: str = NONE
    found: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        return self.patient.status == "finished"

    def is_right(self, rule: str) -> bool:
        return rule in (self.fault, *self.found)

    @property
    def judged(self) -> str:
        """The rule that cures are judged by; NONE where none finds anything."""
        return self.fault if self.fault in self.found else next(iter(self.found), NONE)


@dataclass(frozen=True)
class Grade:
    """An answer, and what came of it. `cured` is the run with its cure, None where the cure changes nothing.

    `waits` until both runs have ended. `word` is None where there is nothing to judge: where a run failed, and where a
    patient that learns well was left as it is. Errors are shares of the validation answers, NaN where there are none.
    """

    answer: Answer
    cured: RunRecord | None
    waits: bool
    named_right: bool | None = None
    word: Word | None = None
    before: float = math.nan
    after: float = math.nan

    @property
    def rule(self) -> str:
        """What is wrong, by the answer."""
        return rule_title(self.answer.rule)

    @property
    def cure(self) -> str:
        return cure_label(self.answer.cure)


def rule_title(name: str) -> str:
    return RULES[name].title if name in RULES else NOTHING_WRONG


def cure_label(name: str) -> str:
    return CURES[name].label if name in CURES else NO_CHANGE


def cured_spec(spec: RunSpec, cure: str) -> RunSpec | None:
    """None where the cure changes nothing, or can't be had."""
    found = fix(spec, CURES[cure]) if cure in CURES else None
    return found.spec if found else None


def case_of(patient: RunRecord, fault: str | None) -> Case:
    """`fault` is what was put in on purpose, None where nobody has said."""
    if patient.status in ACTIVE:
        return Case(patient)
    found = tuple(finding.rule.name for finding in diagnose(patient))
    return Case(patient, fault or next(iter(found), NONE), found)


@dataclass(frozen=True)
class Trial:
    """What became of the patient in the run `cured`, None where nothing is to be tried. It `waits` until both runs have
    ended; there is no verdict where one of them failed."""

    cured: RunRecord | None
    waits: bool
    verdict: Verdict | None = None


def trial(case: Case, cured: RunRecord | None) -> Trial:
    waits = any(run.status in ACTIVE for run in (case.patient, cured) if run)
    if waits or not case.known or (cured and cured.status != "finished"):
        return Trial(cured, waits)
    rule = case.judged if case.judged in RULES else ANY_RULE
    return Trial(cured, False, judge(case.patient, cured or case.patient, rule))


def grade(case: Case, answer: Answer, tried: Trial) -> Grade:
    """What the answer is worth, by the trial of its cure."""
    named_right = case.is_right(answer.rule) if case.known else None
    if (verdict := tried.verdict) is None:
        return Grade(answer, tried.cured, tried.waits, named_right)
    word = _word(case, answer, verdict, tried=tried.cured is not None)
    return Grade(answer, tried.cured, False, named_right, word, verdict.error_before, verdict.error_after)


def _word(case: Case, answer: Answer, verdict: Verdict, tried: bool) -> Word | None:
    if not tried:
        return None if case.fault == answer.cure == NONE else "no_effect"
    if verdict.word != "fixed" or case.judged != NONE:
        return verdict.word
    # Where nothing was wrong nothing is fixed.
    return "better" if verdict.error_after < verdict.error_before - NOTICEABLE else "no_effect"
