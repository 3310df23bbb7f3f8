"""Whether a repair helped."""

import math

import numpy as np
import pytest

from ml.records import RunRecord
from ml.rules import RULES
from ml.rules.start import FLAT
from ml.verdict import NOTICEABLE, WORDS, judge
from tests.records import diverging, make_patient, make_run, with_numbers

RULE = "vanishing_gradient"


def patient(error: float, ratio: float = 1e-4) -> RunRecord:
    """A run whose gradient vanishes by that ratio, and that answers with this error."""
    stds = np.tile([0.5 * ratio, 0.5, 0.5], (6, 1))
    return with_numbers(make_patient(), metrics={"val_error": error}, statistics={("backprop_gradient", "std"): stds})


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (patient(0.6), patient(0.2, ratio=1.0), "fixed"),
        (patient(0.6), patient(0.6 + 0.9 * NOTICEABLE, ratio=1.0), "fixed"),
        (patient(0.6), patient(0.6 - 1.1 * NOTICEABLE), "better"),
        (patient(0.6), patient(0.6 - 0.9 * NOTICEABLE), "no_effect"),
        (patient(0.6), patient(0.6), "no_effect"),
        (patient(0.6), patient(0.6 + 0.9 * NOTICEABLE), "no_effect"),
        (patient(0.6), patient(0.6 + 1.1 * NOTICEABLE), "worse"),
        (patient(0.6), patient(0.6 + 1.1 * NOTICEABLE, ratio=1.0), "worse"),
    ],
)
def test_the_word_for_it(before: RunRecord, after: RunRecord, word: str) -> None:
    assert judge(before, after, RULE).word == word


def test_the_verdict_holds_both_numbers_and_the_limit() -> None:
    verdict = judge(patient(0.6), patient(0.5, ratio=0.5), RULE)
    assert (verdict.rule, verdict.limit) == (RULE, RULES[RULE].limit)
    assert (verdict.before, verdict.after) == (pytest.approx(1e-4), pytest.approx(0.5))
    assert (verdict.error_before, verdict.error_after) == (0.6, 0.5)


def test_the_limit_is_that_of_what_was_found_before() -> None:
    saturated = with_numbers(make_patient(), health={"saturated": 0.9})
    verdict = judge(saturated, make_patient(), "poor_initialization")
    assert (verdict.limit, verdict.before, verdict.word) == (FLAT, 0.9, "fixed")


def test_a_run_that_diverged_answers_nothing_whatever_its_error_says() -> None:
    ill, well = diverging(patient(0.6), 3), patient(0.6, ratio=1.0)
    assert judge(well, ill, RULE).word == "worse"
    assert judge(well, ill, RULE).error_after == 1
    verdict = judge(ill, well, "diverged")
    assert (verdict.word, verdict.error_before) == ("fixed", 1)
    assert (verdict.before > 0, verdict.after) == (True, 0)


def test_of_two_runs_that_diverged_neither_is_better() -> None:
    assert judge(diverging(patient(0.6), 2), diverging(patient(0.2), 4), "diverged").word == "no_effect"


def test_a_repair_that_never_came_to_a_snapshot_is_worse_and_its_numbers_are_none() -> None:
    verdict = judge(patient(0.6), make_run(0), RULE)
    assert verdict.word == "worse"
    assert math.isnan(verdict.after)
    assert math.isnan(verdict.error_after)


def test_a_finding_that_is_silenced_by_learning_well_is_fixed() -> None:
    learned = with_numbers(patient(0.02), metrics={"train_error": 0.0})
    assert judge(patient(0.6), learned, RULE).word == "fixed"


def test_every_word_is_said() -> None:
    assert list(WORDS) == ["fixed", "better", "no_effect", "worse"]
    assert all(WORDS.values())


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_can_be_judged_on_any_two_runs(rule: str) -> None:
    runs = (make_patient(), make_run(0), make_run(3, diverges_at=0), make_run(4, activation="relu", diverges_at=2))
    assert all(judge(one, other, rule).word in WORDS for one in runs for other in runs)
