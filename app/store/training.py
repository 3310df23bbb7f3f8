"""Runs, as whoever trains them sees them.

Whoever trains names its `attempt` at each write. A write that finds another attempt, or a run that is no longer
running, changes nothing and raises Fenced.
"""

import time

from sqlalchemy import delete, insert, update
from sqlmodel import Session, col

from app import rows
from app.models import Artifact, Layer, Run, Snapshot
from app.store.changes import one_row, rows_changed, unless_ended
from ml.records import StepRecord


class Fenced(Exception):
    """The run was taken over, cancelled or deleted: whoever still trains it must stop."""


def claim(session: Session, run_id: str) -> int | None:
    """Begin an attempt: its number, or None if the run is no longer wanted. What an earlier attempt left goes."""
    change = unless_ended(run_id)
    values = {"status": "running", "attempt": Run.attempt + 1, "step": 0, "started": time.time(), "error": None}
    attempt = session.execute(change.values(values).returning(col(Run.attempt))).scalar()
    session.execute(delete(Snapshot).where(col(Snapshot.run_id) == run_id))
    session.commit()
    return attempt


def is_current(session: Session, run_id: str, attempt: int) -> bool:
    """Whether this attempt is still the one to train the run."""
    run = session.get(Run, run_id, populate_existing=True)
    return run is not None and run.status == "running" and run.attempt == attempt


def save_progress(session: Session, run_id: str, attempt: int, step: int) -> None:
    _fenced(session, run_id, attempt, step=step)
    session.commit()


def save_snapshot(session: Session, run_id: str, attempt: int, record: StepRecord) -> None:
    """One transaction: the run's step, the metrics and every layer."""
    _fenced(session, run_id, attempt, step=record.step)
    session.execute(insert(Snapshot), [rows.snapshot_row(run_id, record)])
    if record.layers:
        session.execute(insert(Layer), rows.layer_rows(run_id, record))
    session.commit()


def finish(session: Session, run_id: str, attempt: int, files: dict[str, bytes]) -> None:
    """The run has trained to its end; `files` are kept as its artifacts."""
    _fenced(session, run_id, attempt, status="finished", finished=time.time())
    session.execute(delete(Artifact).where(col(Artifact.run_id) == run_id))
    session.add_all(Artifact(run_id=run_id, name=name, data=data) for name, data in files.items())
    session.commit()


def fail(session: Session, run_id: str, attempt: int, reason: str) -> None:
    _fenced(session, run_id, attempt, status="failed", error=rows.reason_text(reason), finished=time.time())
    session.commit()


def fail_unclaimed(session: Session, run_id: str, reason: str) -> None:
    """Fail a run that nobody trains."""
    change = unless_ended(run_id)
    one_row(session, change.values(status="failed", error=rows.reason_text(reason), finished=time.time()))


def release(session: Session, run_id: str, attempt: int) -> None:
    """Give the run back to the queue: its worker stops."""
    _fenced(session, run_id, attempt, status="queued", step=0, started=None)
    session.commit()


def _fenced(session: Session, run_id: str, attempt: int, **values: object) -> None:
    change = update(Run).where(col(Run.id) == run_id, col(Run.attempt) == attempt, col(Run.status) == "running")
    if rows_changed(session, change.values(**values)) != 1:
        session.rollback()
        raise Fenced(f"run {run_id}: attempt {attempt} is over")
