"""Whose runs a student of a lab looks at, and when new ones are queued."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from app import actions, store
from app.labs.joining import join_or_launch, joinable, next_seeds
from ml.labs import LABS
from tests.lab_runs import CHAIN, TRIAL, StandInQueue, end_lab

pytestmark = pytest.mark.usefixtures("trial")


@pytest.fixture
def queue() -> StandInQueue:
    return StandInQueue()


def join(session: Session, queue: StandInQueue, name: str = TRIAL) -> str:
    return join_or_launch(session, queue, name).id  # type: ignore[arg-type]


def test_the_first_student_has_the_runs_queued_and_the_next_ones_share_them(
    session: Session, queue: StandInQueue
) -> None:
    first = join(session, queue)
    assert join(session, queue) == first
    end_lab(session, first, 500, 500, 500)
    assert join(session, queue) == first
    assert len(queue.enqueued) == 3


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_runs_that_came_to_nothing_are_not_shared(session: Session, queue: StandInQueue, status: str) -> None:
    first = join(session, queue)
    end_lab(session, first, 500, 500, 500, status=status)
    assert join(session, queue) != first


def test_runs_of_which_one_was_deleted_are_not_shared(
    session: Session, queue: StandInQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LABS, "chain", replace(LABS[TRIAL], arms=CHAIN))
    first = join(session, queue, "chain")
    store.delete_run(session, store.experiment_runs(session, first)[-1].id)
    assert join(session, queue, "chain") != first


def test_runs_of_settings_that_the_lab_no_longer_has_are_not_shared(
    session: Session, queue: StandInQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = join(session, queue)
    lab = LABS[TRIAL]
    deep = replace(lab.arms["deep"], spec=lab.arms["deep"].spec.model_copy(update={"lr": 0.2}))
    monkeypatch.setitem(LABS, TRIAL, replace(lab, arms={"deep": deep}))
    assert joinable(session, TRIAL) is None
    assert join(session, queue) != first


def test_layers_that_come_from_another_arm_make_no_difference(
    session: Session, queue: StandInQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LABS, "chain", replace(LABS[TRIAL], arms=CHAIN))
    assert join(session, queue, "chain") == join(session, queue, "chain")


def test_other_seeds_begin_after_the_highest_that_was_tried(session: Session, queue: StandInQueue) -> None:
    assert next_seeds(session, TRIAL) == [0, 1, 2]
    join(session, queue)
    assert next_seeds(session, TRIAL) == [3, 4, 5]
    actions.launch_lab(session, queue, TRIAL, [3, 7])  # type: ignore[arg-type]
    assert next_seeds(session, TRIAL) == [8, 9, 10]


def test_a_class_that_begins_at_the_same_moment_has_it_trained_once(
    engine: Engine, session: Session, queue: StandInQueue
) -> None:
    ready = Barrier(8)

    def student(_number: int) -> str:
        with Session(engine) as own:
            ready.wait()
            return join(own, queue)

    with ThreadPoolExecutor(8) as students:
        assert len(set(students.map(student, range(8)))) == 1
    assert len(store.lab_experiments(session, TRIAL)) == 1
