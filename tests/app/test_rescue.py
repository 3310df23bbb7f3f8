"""Which runs are brought back, and which are somebody's."""

import pytest
from sqlmodel import Session

from app import store
from app.models import ACTIVE, Run
from app.queue import State
from app.rescue import let_go, rescue
from tests.app.test_worker import Engine
from tests.conftest import TINY

LIVING, LOST = "worker-1", "worker-9"


def asked(session: Session, queue: Engine) -> list[tuple[str, str]]:
    rescue(session, queue, {LIVING}, ACTIVE)
    return queue.asked


@pytest.mark.parametrize(
    ("state", "done"),
    [
        (None, "enqueue"),
        (State("ENQUEUED", None), None),
        (State("PENDING", LIVING), None),
        (State("PENDING", LOST), "wake"),
        (State("CANCELLED", None), "wake"),
        (State("MAX_RECOVERY_ATTEMPTS_EXCEEDED", LIVING), "wake"),
        (State("SUCCESS", LIVING), "renew"),
        (State("ERROR", LIVING), "renew"),
    ],
)
def test_a_waiting_run_is_brought_back_only_if_nobody_will_train_it(
    session: Session, state: State | None, done: str | None
) -> None:
    queue, run = Engine(), store.create_run(session, TINY)
    if state:
        queue.known[run.id] = state
    assert asked(session, queue) == ([(done, run.id)] if done else [])


@pytest.mark.parametrize("status", ["PENDING", "SUCCESS", "ERROR"])
def test_the_run_of_a_lost_worker_waits_again_and_its_attempt_is_over(session: Session, status: str) -> None:
    queue, run = Engine(), store.create_run(session, TINY)
    attempt = store.claim(session, run.id, LOST)
    queue.known[run.id] = State(status, LOST)
    assert [run_id for _, run_id in asked(session, queue)] == [run.id]
    found = session.get(Run, run.id)
    assert found is not None
    assert (found.status, found.worker) == ("queued", None)
    with pytest.raises(store.Fenced):
        store.save_progress(session, run.id, attempt, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [State("PENDING", LOST), State("SUCCESS", LOST)])
def test_a_run_that_a_living_worker_trains_stays_with_it_whatever_the_engine_thinks(
    session: Session, state: State
) -> None:
    queue, run = Engine(), store.create_run(session, TINY)
    store.claim(session, run.id, LIVING)
    queue.known[run.id] = state
    assert asked(session, queue) == []
    assert store.find_run(session, run.id).status == "running"  # type: ignore[union-attr]


def test_what_a_lost_worker_holds_is_let_go_although_its_run_has_ended() -> None:
    queue = Engine()
    queue.known = {"mine": State("PENDING", LIVING), "ended": State("PENDING", LOST), "over": State("SUCCESS", LOST)}
    let_go(queue, {LIVING})
    assert queue.asked == [("wake", "ended")]
