"""The worker's own decisions; that it survives kills is tested with real processes in test_kills.py."""

import os
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from sqlmodel import Session

from app import actions, store, worker
from app.labs import kept
from app.models import ACTIVE, Worker
from app.place import HERE
from app.queue import State
from app.settings import Settings
from app.worker import Crew
from tests.conftest import TINY
from tests.lab_runs import TRIAL, StandInQueue, trial_runs


class Engine:
    """Stands in for the queue: what it thinks of each run, and what it was asked to do."""

    def __init__(self) -> None:
        self.known: dict[str, State] = {}
        self.asked: list[tuple[str, str]] = []
        self.turns: dict[str, int] = {}

    def states(self, run_ids: Sequence[str]) -> dict[str, State]:
        return {run_id: self.known[run_id] for run_id in run_ids if run_id in self.known}

    def held(self) -> dict[str, str | None]:
        return {run_id: state.owner for run_id, state in self.known.items() if state.status == "PENDING"}

    def enqueue(self, run_id: str, turn: int = 1) -> None:
        self.turns[run_id] = turn
        self.asked.append(("enqueue", run_id))

    def wake(self, run_id: str) -> None:
        self.asked.append(("wake", run_id))

    def renew(self, run_id: str, turn: int = 1) -> None:
        self.turns[run_id] = turn
        self.asked.append(("renew", run_id))


class Child:
    """Stands in for a training process: does `work` when it is told its run, and ends with `exitcode`."""

    def __init__(self, work: Any, exitcode: int) -> None:
        self.pipe = SimpleNamespace(send=lambda job: work(*job))
        self.process = SimpleNamespace(pid=7, exitcode=exitcode, join=lambda _=None: None)

    def end(self) -> None:
        self.process.exitcode = -9


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


def test_a_run_whose_attempts_bring_it_no_further_is_given_up_some_day(
    crew: Crew, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create_run(session, TINY)
    monkeypatch.setattr(worker, "MAX_STALLS", 0)
    crew.train(run.id)
    assert "without coming any further" in str(store.find_run(session, run.id).error)  # type: ignore[union-attr]


def test_crashes_count_over_the_workers_of_a_run(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)
    for _ in range(worker.MAX_CRASHES - 1):
        attempt = store.claim(session, run.id)
        assert attempt is not None
        store.note_crash(session, run.id, attempt)
    left = children(crew, Child(lambda *_: None, -9), Child(lambda *_: None, -9))
    crew.train(run.id)
    assert store.find_run(session, run.id).status == "failed"  # type: ignore[union-attr]
    assert len(left) == 1


def test_a_run_that_takes_too_long_fails_with_the_setting_s_name(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)
    crew._longest = 0.0
    endless = Child(lambda *_: None, 0)
    endless.process.exitcode = None
    children(crew, endless)
    crew.train(run.id)
    assert "RUN_HOURS" in str(store.find_run(session, run.id).error)  # type: ignore[union-attr]


def test_a_run_that_is_out_of_memory_or_of_time_is_the_only_one_that_is_lost(crew: Crew, session: Session) -> None:
    def finish(run_id: str, attempt: int) -> None:
        store.finish(session, run_id, attempt, {})

    def die(*_: object) -> None: ...

    too_large, too_long, next_one = (store.create_run(session, TINY).id for _ in range(3))
    endless = Child(die, 0)
    endless.process.exitcode = None
    children(crew, *(Child(die, -9) for _ in range(worker.MAX_CRASHES)), endless, Child(finish, 0))
    crew.train(too_large)
    allowed, crew._longest = crew._longest, 0.0
    crew.train(too_long)
    crew._longest = allowed
    crew.train(next_one)
    ended = [store.find_run(session, run_id).status for run_id in (too_large, too_long, next_one)]  # type: ignore[union-attr]
    assert ended == ["failed", "failed", "finished"]


def test_a_run_that_was_taken_over_is_left_to_the_other_worker(crew: Crew, session: Session) -> None:
    run = store.create_run(session, TINY)

    def lose(run_id: str, _attempt: int) -> None:
        store.claim(session, run_id, "another")

    left = children(crew, Child(lose, -9), Child(lose, -9))
    crew.train(run.id)
    session.expire_all()
    found = store.find_run(session, run.id)
    assert found is not None
    assert (found.status, found.attempt, len(left)) == ("running", 2, 1)


def test_the_worker_reports_itself_and_its_children(crew: Crew, session: Session) -> None:
    crew.report()
    [told] = store.living_workers(session)
    assert isinstance(told, Worker)
    assert (told.name, told.spare_pid, told.trainer_pid, told.run_id) == ("worker-1", 8, None, None)
    assert (told.pid, told.place) == (os.getpid(), HERE)


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
    crew._queue.known[source] = State("ENQUEUED", None)  # type: ignore[attr-defined]
    crew.rescue(ACTIVE)
    assert crew._queue.asked == []  # type: ignore[attr-defined]
    attempt = store.claim(session, source)
    assert attempt is not None
    store.finish(session, source, attempt, {})
    crew.rescue(ACTIVE)
    assert crew._queue.asked == [("enqueue", waiting)]  # type: ignore[attr-defined]


def test_the_rescue_fails_a_run_whose_source_is_gone(crew: Crew, session: Session) -> None:
    source, waiting = launched(session)
    store.delete_run(session, source)
    crew.rescue(ACTIVE)
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
