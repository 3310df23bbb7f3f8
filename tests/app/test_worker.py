"""The worker's own decisions; that it survives kills is tested with real processes in test_kills.py."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import Session

from app import actions, store, worker
from app.labs import kept
from app.models import Worker
from app.settings import Settings
from app.worker import Crew
from tests.conftest import TINY
from tests.lab_runs import TRIAL, StandInQueue, trial_runs


class Engine:
    """Stands in for the queue: what it thinks of each run, and what it was asked to do."""

    def __init__(self) -> None:
        self.states: dict[str, tuple[str | None, str | None]] = {}
        self.asked: list[tuple[str, str]] = []

    def state(self, run_id: str) -> tuple[str | None, str | None]:
        return self.states.get(run_id, (None, None))

    def enqueue(self, run_id: str) -> None:
        self.asked.append(("enqueue", run_id))

    def wake(self, run_id: str) -> None:
        self.asked.append(("wake", run_id))


class Child:
    """Stands in for a training process: does `work` when it is told its run, and ends with `exitcode`."""

    def __init__(self, work: Any, exitcode: int) -> None:
        self.pipe = SimpleNamespace(send=lambda job: work(*job))
        self.process = SimpleNamespace(pid=7, exitcode=exitcode, join=lambda _=None: None)


@pytest.fixture
def crew(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crew]:
    spare = SimpleNamespace(process=SimpleNamespace(pid=8))
    monkeypatch.setattr(worker, "Nursery", lambda *_: SimpleNamespace(spare=spare))
    monkeypatch.setattr(worker, "Queue", lambda _settings: Engine())
    crew = Crew(settings, "worker-1")
    yield crew
    crew._engine.dispose()


def children(crew: Crew, *hired: Child) -> list[Child]:
    """The nursery's next children; what is left of them afterwards was not needed."""
    left = list(hired)
    crew._nursery.take = lambda: left.pop(0)  # type: ignore[method-assign, assignment, return-value]
    return left


def test_a_run_that_its_child_finishes_needs_one_child(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)

    def finish(run_id: str, attempt: int) -> None:
        store.finish(session, run_id, attempt, {})

    left = children(crew, Child(finish, 0), Child(finish, 0))
    crew.train(run.id)
    assert len(left) == 1
    assert store.find_run(session, run.id).status == "finished"  # type: ignore[union-attr]


def test_a_child_that_dies_is_followed_by_another_attempt(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)
    attempts: list[int] = []

    def die_once(run_id: str, attempt: int) -> None:
        attempts.append(attempt)
        if len(attempts) == 2:
            store.finish(session, run_id, attempt, {})

    children(crew, Child(die_once, -9), Child(die_once, 0))
    crew.train(run.id)
    assert attempts == [1, 2]


def test_a_child_that_dies_before_it_is_told_its_run_costs_an_attempt_and_not_the_run(
    crew: Crew, session: Session
) -> None:
    run = store.create_run(session, TINY)

    def gone(*_: object) -> None:
        raise BrokenPipeError

    def finish(run_id: str, attempt: int) -> None:
        store.finish(session, run_id, attempt, {})

    children(crew, Child(gone, -9), Child(finish, 0))
    crew.train(run.id)
    after = store.find_run(session, run.id)
    assert after is not None
    assert (after.status, after.attempt) == ("finished", 2)


def test_a_run_that_kills_every_child_fails_with_a_reason(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)
    children(crew, *(Child(lambda *_: None, -9) for _ in range(worker.MAX_CRASHES)))
    crew.train(run.id)
    after = store.find_run(session, run.id)
    assert after is not None
    assert after.status == "failed"
    assert "killed 3 times" in str(after.error)


def test_a_cancelled_run_is_not_begun(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)
    store.cancel_run(session, run.id)
    assert children(crew) == []
    crew.train(run.id)


def test_a_run_that_never_ends_is_given_up_some_day(
    crew: Crew, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create_run(session, TINY)
    monkeypatch.setattr(worker, "MAX_ATTEMPTS", 0)
    crew.train(run.id)
    assert store.find_run(session, run.id).status == "failed"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("state", "done"),
    [
        ((None, None), "enqueue"),
        (("ENQUEUED", None), None),
        (("PENDING", "worker-1"), None),
        (("PENDING", "worker-9"), "wake"),
        (("CANCELLED", None), "wake"),
        (("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "worker-1"), "wake"),
    ],
)
def test_a_waiting_run_is_brought_back_only_if_nobody_will_train_it(
    crew: Crew, session: Session, state: tuple[str | None, str | None], done: str | None
) -> None:
    run = store.create_run(session, TINY)
    queue: Any = crew._queue
    queue.states[run.id] = state
    crew.rescue()
    assert queue.asked == ([(done, run.id)] if done else [])


@pytest.mark.parametrize("state", ["SUCCESS", "ERROR"])
def test_a_run_that_the_engine_thinks_over_fails_with_a_reason(crew: Crew, session: Session, state: str) -> None:
    run = store.create_run(session, TINY)
    crew._queue.states[run.id] = (state, "worker-1")  # type: ignore[attr-defined]
    crew.rescue()
    assert store.find_run(session, run.id).status == "failed"  # type: ignore[union-attr]


def test_the_worker_reports_itself_and_its_children(crew: Crew, session: Session) -> None:
    crew.report()
    [told] = store.living_workers(session)
    assert isinstance(told, Worker)
    assert (told.name, told.spare_pid, told.trainer_pid, told.run_id) == ("worker-1", 8, None, None)


# --- a run that waits for another one ---


def launched(session: Session) -> tuple[str, str]:
    """A run, and one that is to start with its layers."""
    run = store.create_run(session, TINY)
    return run.id, store.create_run(session, TINY.model_copy(update={"transfer_from": run.id})).id


def test_when_a_run_has_finished_the_one_that_waits_for_it_is_queued(crew: Crew, session: Session) -> None:
    source, waiting = launched(session)
    children(crew, Child(lambda run_id, attempt: store.finish(session, run_id, attempt, {}), 0))
    crew.train(source)
    assert crew._queue.asked == [("enqueue", waiting)]  # type: ignore[attr-defined]


def test_when_a_run_has_failed_so_has_the_one_that_waits_for_it(crew: Crew, session: Session) -> None:
    source, waiting = launched(session)
    children(crew, Child(lambda run_id, attempt: store.fail(session, run_id, attempt, "no"), 0))
    crew.train(source)
    assert crew._queue.asked == []  # type: ignore[attr-defined]
    assert store.find_run(session, waiting).status == "failed"  # type: ignore[union-attr]


def test_the_rescue_leaves_a_run_alone_that_waits_and_queues_it_later(crew: Crew, session: Session) -> None:
    source, waiting = launched(session)
    crew._queue.states[source] = ("ENQUEUED", None)  # type: ignore[attr-defined]
    crew.rescue()
    assert crew._queue.asked == []  # type: ignore[attr-defined]
    attempt = store.claim(session, source)
    assert attempt is not None
    store.finish(session, source, attempt, {})
    crew.rescue()
    assert crew._queue.asked == [("enqueue", waiting)]  # type: ignore[attr-defined]


def test_the_rescue_fails_a_run_whose_source_is_gone(crew: Crew, session: Session) -> None:
    source, waiting = launched(session)
    store.delete_run(session, source)
    crew.rescue()
    assert store.find_run(session, waiting).status == "failed"  # type: ignore[union-attr]


@pytest.mark.usefixtures("trial")
def test_the_end_of_a_lab_s_last_run_has_it_judged(crew: Crew, session: Session) -> None:
    lab = actions.launch_lab(session, StandInQueue(), TRIAL, [0]).id  # type: ignore[arg-type]
    [run] = store.experiment_runs(session, lab)
    [measured] = trial_runs(500)

    def finish(run_id: str, attempt: int) -> None:
        for snapshot in measured.snapshots:
            store.save_snapshot(session, run_id, attempt, snapshot)
        store.finish(session, run_id, attempt, {})

    children(crew, Child(finish, 0))
    crew.train(run.id)
    assert kept.verdicts(session, [lab]) == {lab: "confirmed"}
