import os
import subprocess
import time

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from app import store
from app.models import Worker
from app.place import HERE


def workers_of(session: Session, *names: str) -> None:
    for name in names:
        store.report_worker(session, Worker(name=name, pid=1))


def silent(session: Session, name: str, seconds: float) -> None:
    session.execute(update(Worker).where(col(Worker.name) == name).values(seen=Worker.seen - seconds))
    session.commit()
    session.expire_all()


def test_only_workers_that_were_seen_lately_count_as_living(session: Session) -> None:
    workers_of(session, "worker-1", "worker-2")
    store.report_worker(session, Worker(name="worker-1", pid=2, run_id="r"))
    assert [(w.name, w.pid, w.run_id) for w in store.living_workers(session)] == [
        ("worker-1", 2, "r"), ("worker-2", 1, None),
    ]  # fmt: skip
    silent(session, "worker-1", store.WORKER_SEEN_WITHIN + 1)
    assert [w.name for w in store.living_workers(session)] == ["worker-2"]
    assert [w.name for w in store.possible_workers(session)] == ["worker-1", "worker-2"]


def test_a_worker_s_clock_does_not_matter(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    workers_of(session, "worker-1")
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert [w.name for w in store.living_workers(session)] == ["worker-1"]


def test_a_worker_whose_process_has_ended_is_not_waited_for(session: Session) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    store.report_worker(session, Worker(name="worker-1", pid=ended.pid, place=HERE))
    store.report_worker(session, Worker(name="worker-2", pid=ended.pid, place="another machine"))
    store.report_worker(session, Worker(name="worker-3", pid=os.getpid(), place=HERE))
    assert [w.name for w in store.living_workers(session)] == ["worker-2", "worker-3"]
    assert [w.name for w in store.possible_workers(session)] == ["worker-2", "worker-3"]


def test_workers_that_were_lost_long_ago_are_forgotten(session: Session) -> None:
    workers_of(session, "worker-1", "worker-2")
    silent(session, "worker-1", 4000)
    store.forget_lost_workers(session)
    assert [w.name for w in session.exec(select(Worker))] == ["worker-2"]
