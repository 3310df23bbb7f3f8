"""Whether runs bear a claim out: confirmed, not confirmed, undecided."""

import math
from dataclasses import replace

import pytest

from ml.labs import Arm, Choice, Lab, Measure, judge
from ml.labs.lab import above, below
from ml.records import RunRecord
from ml.spec import RunSpec
from tests.records import make_run, with_numbers

LAB = Lab(
    title="", question="", claim="", topic="", learn="",
    choices=(Choice("few", 0.1), Choice("some", 0.5), Choice("many")),
    arms={"one": Arm("", RunSpec()), "other": Arm("", RunSpec())},
    measures=(
        Measure("", lambda runs: runs["one"].metric("val_error")[-1], below(0.2)),
        Measure("", lambda runs: runs["other"].metric("val_error")[-1], above(0.6)),
    ),
)  # fmt: skip


def run(error: float, status: str = "finished") -> RunRecord:
    return with_numbers(make_run(status=status), metrics={"val_error": error})


def seed(one: float = 0.1, other: float = 0.9) -> dict[str, RunRecord]:
    return {"one": run(one), "other": run(other)}


def test_a_claim_that_holds_on_every_seed_is_confirmed() -> None:
    verdict = judge(LAB, {0: seed(), 1: seed(0.15), 2: seed(0.19, 0.7)})

    assert verdict.word == "confirmed"
    assert verdict.why == "It held on all of 3 seeds."
    assert (verdict.seeds, verdict.held) == ((0, 1, 2), 3)
    assert [reading.values for reading in verdict.readings] == [(0.1, 0.15, 0.19), (0.9, 0.9, 0.7)]


def test_one_that_fails_on_every_seed_is_not_confirmed_whichever_measure_fails() -> None:
    verdict = judge(LAB, {0: seed(one=0.3), 1: seed(other=0.5)})

    assert verdict.word == "not_confirmed"
    assert verdict.why == "It failed on all of 2 seeds."


def test_seeds_that_disagree_leave_it_undecided() -> None:
    verdict = judge(LAB, {0: seed(), 1: seed(0.3), 2: seed()})

    assert verdict.word == "undecided"
    assert verdict.why == "The seeds disagree: it held on 2 of 3."


def test_a_number_that_cant_be_told_leaves_it_undecided() -> None:
    verdict = judge(LAB, {0: seed(math.nan), 1: seed(0.3)})

    assert verdict.word == "undecided"
    assert verdict.why == "A number that decides can't be told from these runs."


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled"])
def test_a_seed_counts_only_once_every_arm_has_finished(status: str) -> None:
    waiting = seed() | {"other": run(0.9, status)}

    assert judge(LAB, {0: waiting}).why == "No seed has finished all of its runs yet."
    assert judge(LAB, {0: waiting, 1: seed()}).seeds == (1,)
    assert judge(LAB, {0: {"one": run(0.1)}}).word == "undecided"


def test_a_run_that_finished_without_a_snapshot_tells_nothing() -> None:
    assert judge(LAB, {0: seed() | {"other": replace(run(0.9), snapshots=())}}).seeds == ()


@pytest.mark.parametrize(("errors", "outcome"), [([0.05, 0.1, 0.6], 0), ([0.3, 0.05, 0.4], 1), ([0.7, 0.6, 0.1], 2)])
def test_the_prediction_that_came_true_is_that_of_the_median_seed(errors: list[float], outcome: int) -> None:
    assert judge(LAB, {number: seed(error) for number, error in enumerate(errors)}).outcome == outcome


def test_without_a_number_no_prediction_came_true() -> None:
    assert judge(LAB, {}).outcome is None
    assert judge(LAB, {0: seed(math.nan)}).outcome is None
