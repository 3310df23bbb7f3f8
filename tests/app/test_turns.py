"""Students take turns in the queue."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlmodel import Session, select

from app import actions, queue, rescue, store, waiting
from app.db import make_engine
from app.models import ACTIVE, Member, Run
from app.settings import Settings
from app.viewer import KEY, Viewer
from ml.grid import grid
from ml.spec import RunSpec
from tests.app.test_worker import Engine
from tests.conftest import TINY
from tests.lab_runs import StandInQueue
from tests.server import wait_for

QUEUE = StandInQueue()


@pytest.fixture
def eva(session: Session) -> Viewer:
    return known(session, "Eva")


@pytest.fixture
def luis(session: Session) -> Viewer:
    return known(session, "Luis")


def known(session: Session, name: str) -> Viewer:
    session.add(Member(id=name.lower(), name=name, key=name.lower()))
    session.commit()
    return Viewer(name.lower(), name)


def launch(session: Session, who: Viewer | None, runs: int, queue: Any = QUEUE) -> list[str]:
    """Ids of so many runs of an experiment."""
    session.info[KEY] = who
    _, records = actions.launch_experiment(session, queue, TINY, {}, grid(TINY, {}, runs))
    session.info[KEY] = None  # as in the session of a worker
    return [record.id for record in records]


def in_order(session: Session) -> list[str]:
    """Ids of the runs that wait, by the places that their pages tell."""
    queued = session.exec(select(Run.id).where(Run.status == "queued")).all()
    places = {state.queue_place: run_id for run_id in queued if (state := store.live_state(session, run_id))}
    return [places[place] for place in range(1, len(queued) + 1)]


def test_who_comes_later_with_two_runs_does_not_wait_for_thirty(session: Session, eva: Viewer, luis: Viewer) -> None:
    many = launch(session, eva, 30)
    few = launch(session, luis, 2)
    assert in_order(session) == [many[0], few[0], many[1], few[1], *many[2:]]


def test_a_student_is_told_of_the_runs_before_although_they_are_not_theirs_to_see(
    session: Session, eva: Viewer, luis: Viewer
) -> None:
    launch(session, eva, 3)
    few = launch(session, luis, 2)
    session.info[KEY] = luis
    assert [state.queue_place for run_id in few if (state := store.live_state(session, run_id))] == [2, 4]


def test_who_comes_when_many_have_been_trained_begins_with_what_is_next(
    session: Session, eva: Viewer, luis: Viewer
) -> None:
    many = launch(session, eva, 6)
    for run_id in many[:4]:
        store.claim(session, run_id)
    few = launch(session, luis, 2)
    assert in_order(session) == [many[4], few[0], many[5], few[1]]


def test_runs_of_one_student_keep_their_order(session: Session, eva: Viewer) -> None:
    launched = [run_id for runs in (3, 1, 2) for run_id in launch(session, eva, runs)]
    assert in_order(session) == launched


def test_without_sign_in_the_first_one_comes_first(session: Session) -> None:
    launched = [run_id for runs in (3, 1, 2) for run_id in launch(session, None, runs)]
    assert in_order(session) == launched


@pytest.fixture
def client(settings: Settings) -> Iterator[queue.Queue]:
    queue.prepare(settings)
    client = queue.Queue(settings)
    yield client
    client.close()


@contextmanager
def worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """One at work in this process: the runs that it took, one after the other."""
    from dbos import DBOS

    engine, taken = make_engine(settings.queue_url), list[str]()
    monkeypatch.setattr(queue, "make_engine", lambda _url: engine)
    # In a thread: a browser of earlier tests may have left an event loop here, with which the engine is not content.
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(queue.start_worker, settings, "worker", taken.append).result()
            yield taken
        finally:
            thread.submit(DBOS.destroy, destroy_registry=True).result()
            engine.dispose()


def test_a_worker_takes_them_in_this_order(
    session: Session, settings: Settings, client: queue.Queue, eva: Viewer, luis: Viewer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    many, few = launch(session, eva, 4, client), launch(session, luis, 2, client)
    with worker(settings, monkeypatch) as trained:
        wait_for(lambda: len(trained) == 6, "all runs to be trained")
    assert trained == [many[0], few[0], many[1], few[1], *many[2:]]


def test_a_run_that_goes_back_to_the_queue_keeps_its_turn(session: Session, eva: Viewer, luis: Viewer) -> None:
    first, second = launch(session, eva, 2)
    attempt = store.claim(session, first)
    [other] = launch(session, luis, 1)
    assert attempt is not None
    store.release(session, first, attempt)
    assert in_order(session) == [first, second, other]


def test_a_run_that_nobody_was_told_of_is_enqueued_with_its_turn(session: Session, eva: Viewer) -> None:
    launched = launch(session, eva, 3)
    engine = Engine()
    rescue.rescue(session, engine, set(), ACTIVE)
    assert engine.turns == {launched[0]: 1, launched[1]: 2, launched[2]: 3}


def test_a_run_that_the_engine_takes_for_done_is_enqueued_with_its_turn(session: Session, eva: Viewer) -> None:
    launched = launch(session, eva, 2)
    engine = Engine()
    engine.known = {run_id: queue.State("SUCCESS", None) for run_id in launched}
    rescue.rescue(session, engine, set(), ACTIVE)
    assert engine.turns == {launched[0]: 1, launched[1]: 2}


def test_what_waits_for_another_runs_layers_is_handed_over_with_its_turn(session: Session, eva: Viewer) -> None:
    session.info[KEY] = eva
    source, engine = store.create_run(session, TINY), Engine()
    follower = store.create_run(session, RunSpec(**{**TINY.model_dump(), "transfer_from": source.id}))
    attempt = store.claim(session, source.id)
    assert attempt is not None
    store.finish(session, source.id, attempt, {})
    waiting.pass_on(session, engine, source.id)
    assert engine.turns == {follower.id: 2}
