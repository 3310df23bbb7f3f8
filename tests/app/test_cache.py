from sqlalchemy import Engine
from sqlmodel import Session

from app import store
from app.cache import RunCache
from ml.records import Metrics, StepRecord
from tests.conftest import TINY
from tests.statements import statements


def save(session: Session, run_id: str, attempt: int, *steps: int) -> None:
    for step in steps:
        store.save_snapshot(session, run_id, attempt, StepRecord(step, step / 3, Metrics(1.0, 0.5, 1.0, 0.5)))


def test_a_run_seen_before_gets_only_its_new_snapshots_read(session: Session) -> None:
    run, cache = store.create_run(session, TINY), RunCache()
    store.claim(session, run.id)
    save(session, run.id, 1, 0, 3)
    first = cache.load(session, run.id)
    save(session, run.id, 1, 6)
    second = cache.load(session, run.id)
    assert first is not None
    assert second is not None
    assert (first.steps, second.steps) == ([0, 3], [0, 3, 6])
    assert second.snapshots[0] is first.snapshots[0]


def test_a_new_attempt_is_read_from_its_start(session: Session) -> None:
    run, cache = store.create_run(session, TINY), RunCache()
    store.claim(session, run.id)
    save(session, run.id, 1, 0, 3)
    cache.load(session, run.id)
    store.claim(session, run.id)
    save(session, run.id, 2, 0)
    again = cache.load(session, run.id)
    assert again is not None
    assert (again.attempt, again.steps) == (2, [0])


def test_the_status_is_always_fresh(session: Session) -> None:
    run, cache = store.create_run(session, TINY), RunCache()
    cache.load(session, run.id)
    store.cancel_run(session, run.id)
    again = cache.load(session, run.id)
    assert again is not None
    assert again.status == "cancelled"
    store.delete_run(session, run.id)
    assert cache.load(session, run.id) is None


def test_the_runs_read_longest_ago_go_first(session: Session) -> None:
    cache = RunCache(limit=2 * len(TINY.layers))
    ids = []
    for _ in range(3):
        run = store.create_run(session, TINY)
        store.claim(session, run.id)
        save(session, run.id, 1, 0)
        cache.load(session, run.id)
        ids.append(run.id)
    assert list(cache._runs) == ids[1:]


def test_a_run_that_has_ended_is_read_once(session: Session, engine: Engine) -> None:
    run, cache = store.create_run(session, TINY), RunCache()
    store.claim(session, run.id)
    save(session, run.id, 1, 0, 3)
    store.finish(session, run.id, 1, {})
    first = cache.load(session, run.id)
    session.expire_all()
    with statements(engine) as asked:
        again = cache.load(session, run.id)
    assert first is not None
    assert again is not None
    assert again.snapshots is first.snapshots
    assert len(asked) == 1, "only whether it is still there"
