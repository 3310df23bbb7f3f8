"""The verdict that is kept with a lab's runs, and how the list of labs reads it."""

import pytest
from sqlmodel import Session

from app import actions, store
from app.labs import index, kept
from ml.labs import LABS
from tests.lab_runs import TRIAL, StandInQueue, end_lab

pytestmark = pytest.mark.usefixtures("trial")


@pytest.fixture
def experiment_id(session: Session) -> str:
    return actions.launch_lab(session, StandInQueue(), TRIAL).id  # type: ignore[arg-type]


def standing(session: Session) -> tuple[str, str]:
    [found] = index.newest(session, 4)
    assert found.standing
    return found.standing.mark, found.standing.word


def test_the_end_of_the_last_run_judges_the_lab(session: Session, experiment_id: str) -> None:
    ids = end_lab(session, experiment_id, 500, 500, 500)
    assert kept.verdicts(session, [experiment_id]) == {}
    assert standing(session) == ("", "Finished")
    kept.judge_at_end(session, ids[-1])
    assert kept.verdicts(session, [experiment_id]) == {experiment_id: "confirmed"}
    assert standing(session) == ("✓", "Confirmed")


def test_nothing_is_judged_while_a_run_goes_on(session: Session, experiment_id: str) -> None:
    first, *_others = store.experiment_runs(session, experiment_id)
    attempt = store.claim(session, first.id)
    assert attempt is not None
    store.finish(session, first.id, attempt, {})
    kept.judge_at_end(session, first.id)
    assert kept.verdicts(session, [experiment_id]) == {}
    assert standing(session) == ("", "1 of 3 finished")


def test_a_run_of_no_lab_is_left_alone(session: Session) -> None:
    run = store.create_run(session, LABS[TRIAL].arms["deep"].spec)
    kept.judge_at_end(session, run.id)
    assert store.artifact(session, run.id, kept._name()) is None


def test_a_lab_whose_runs_all_failed_says_so(session: Session, experiment_id: str) -> None:
    ids = end_lab(session, experiment_id, 500, 500, 500, status="failed")
    kept.judge_at_end(session, ids[-1])
    assert standing(session) == ("", "Failed")


def test_the_newest_experiment_of_a_lab_stands_for_it(session: Session, experiment_id: str) -> None:
    end_lab(session, experiment_id, 500, 500, 500)
    actions.launch_lab(session, StandInQueue(), TRIAL, [3])  # type: ignore[arg-type]
    assert standing(session) == ("", "0 of 1 finished")


def test_every_lab_is_in_the_list_once(session: Session) -> None:
    listed = [entry.name for entries in index.groups(session).values() for entry in entries]
    assert sorted(listed) == sorted(LABS)
