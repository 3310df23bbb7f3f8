"""What a lab's runs have come to, as its page and its report show it."""

from dataclasses import replace

import pytest

from app.figures import FIGURES
from app.i18n import speaking
from app.labs.result_view import lab_result
from tests.lab_runs import TRIAL, trial_runs

pytestmark = pytest.mark.usefixtures("trial")


def test_a_claim_that_holds_on_every_seed_is_confirmed_with_its_numbers() -> None:
    result = lab_result(TRIAL, trial_runs(1000, 2000, 4000))
    assert (result.word, result.mark, result.tone) == ("Confirmed", "✓", "good")
    [row] = result.rows
    assert row.expected == "above 100 times"
    assert row.cells == (("1,000 times", True), ("2,000 times", True), ("4,000 times", True))
    assert result.measured == "2,000 times"
    assert result.came_true == "more than 100 times less"


def test_a_claim_that_fails_on_every_seed_is_not_confirmed() -> None:
    result = lab_result(TRIAL, trial_runs(2, 5))
    assert (result.word, result.mark, result.tone) == ("Not confirmed", "✗", "bad")
    assert [holds for _value, holds in result.rows[0].cells] == [False, False]


def test_seeds_that_disagree_leave_it_undecided() -> None:
    result = lab_result(TRIAL, trial_runs(2, 500))
    assert (result.word, result.mark) == ("Undecided", "?")


def test_while_no_seed_has_finished_there_is_progress_and_no_verdict() -> None:
    runs = [replace(run, status="running", step=run.spec.steps // 2) for run in trial_runs(500, 500)]
    result = lab_result(TRIAL, runs)
    assert result.waits
    assert (result.word, result.mark, result.percent, result.measured) == ("Training", "", 50, "")


def test_a_verdict_that_some_seeds_still_may_change_says_so() -> None:
    first, second = trial_runs(500, 500)
    result = lab_result(TRIAL, [first, replace(second, status="running")])
    assert result.word == "So far: Confirmed"
    assert result.verdict.seeds == (0,)


def test_charts_are_of_the_seed_that_is_asked_for_and_otherwise_of_the_first_that_is_whole() -> None:
    runs = trial_runs(500, 500, 500)
    runs[0] = replace(runs[0], status="running")
    assert lab_result(TRIAL, runs).shown == 1
    assert lab_result(TRIAL, runs, 2).shown == 2
    assert lab_result(TRIAL, runs, 7).shown == 1


def test_before_anything_is_measured_there_are_no_charts() -> None:
    runs = [replace(run, status="queued", snapshots=()) for run in trial_runs(500)]
    result = lab_result(TRIAL, runs)
    assert (result.panels, result.seeds, result.shown) == ((), (), None)


def test_each_arm_has_a_chart_of_each_figure_that_the_lab_names() -> None:
    result = lab_result(TRIAL, trial_runs(500))
    [panel] = result.panels
    assert panel.title == FIGURES["gradient_flow"].title
    assert [chart.arm.name for chart in panel.charts if chart.arm] == ["deep"]
    assert "<svg" in panel.charts[0].drawing


def test_runs_that_came_to_no_end_are_named() -> None:
    first, second = trial_runs(500, 500)
    result = lab_result(TRIAL, [first, replace(second, status="failed", error="no memory")])
    assert [run.id for run in result.broken] == ["seed1"]
    assert result.word == "Confirmed"


def test_the_numbers_are_written_as_the_reader_s_language_does() -> None:
    with speaking("es"):
        [row] = lab_result(TRIAL, trial_runs(2500)).rows
    assert row.cells[0][0].startswith("2.500")
