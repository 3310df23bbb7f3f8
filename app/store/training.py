"""Runs, as whoever trains them sees them.

Whoever trains names its `attempt` at each write. A write that finds another attempt, or a run that is no longer
running, changes nothing and raises Fenced. Each write may be done twice (a crash would count twice): an answer that was
lost on its way leaves open whether the first one got through.
"""

import time
from collections.abc import Collection

from sqlalchemy import case, delete, func, insert, update
from sqlmodel import Session, col, select

from app import rows
from app.models import Artifact, Checkpoint, Layer, Run, Snapshot
from app.store.changes import drop_checkpoint, end, rows_changed, unless_ended
from ml.records import StepRecord


class Fenced(Exception):
    """The run was taken over, cancelled or deleted: whoever still trains it must stop."""


def claim(session: Session, run_id: str, worker: str | None = None) -> int | None:
    """Begin an attempt: its number, or None if the run is no longer wanted. It goes on from the run's checkpoint; what
    was measured later, or at all where there is none, goes."""
    kept = select(Checkpoint.step).where(Checkpoint.run_id == run_id).scalar_subquery()
    step, now = func.coalesce(kept, 0), time.time()
    values = {
        "status": "running", "attempt": Run.attempt + 1, "worker": worker, "error": None, "step": step,
        "started": func.coalesce(Run.started, now), "resumed": now, "resumed_step": step, "stalls": Run.stalls + 1,
    }  # fmt: skip
    attempt = session.execute(unless_ended(run_id).values(values).returning(col(Run.attempt))).scalar()
    if attempt is not None:
        later = col(Snapshot.step) > func.coalesce(kept, -1)
        session.execute(delete(Snapshot).where(col(Snapshot.run_id) == run_id, later))
    session.commit()
    return attempt


def begin_anew(session: Session, run_id: str, attempt: int) -> None:
    """Forget what the attempt would have gone on from, and all that was measured: by another release, perhaps."""
    _fenced(session, run_id, attempt, step=0, resumed_step=0)
    drop_checkpoint(session, run_id)
    session.execute(delete(Snapshot).where(col(Snapshot.run_id) == run_id))
    session.commit()


def checkpoint(session: Session, run_id: str) -> Checkpoint | None:
    """What the run goes on from; None where it begins."""
    return session.get(Checkpoint, run_id, populate_existing=True)


def stalls(session: Session, run_id: str) -> int:
    """How many attempts have begun since the run came further last."""
    return session.exec(select(Run.stalls).where(Run.id == run_id)).first() or 0


def trained_seconds(session: Session, run_id: str) -> float:
    """How long the run had been trained when its checkpoint was kept."""
    return session.exec(select(Checkpoint.seconds).where(Checkpoint.run_id == run_id)).first() or 0.0


def is_current(session: Session, run_id: str, attempt: int) -> bool:
    """Whether this attempt is still the one to train the run."""
    run = session.get(Run, run_id, populate_existing=True)
    return run is not None and run.status == "running" and run.attempt == attempt


def save_progress(session: Session, run_id: str, attempt: int, step: int) -> None:
    _fenced(session, run_id, attempt, step=step)
    session.commit()


def save_checkpoint(session: Session, run_id: str, attempt: int, step: int, seconds: float, data: bytes) -> None:
    """In place of the one before. `seconds` is how long the run has been trained."""
    _fenced(session, run_id, attempt, step=step, stalls=0)
    session.execute(delete(Checkpoint).where(col(Checkpoint.run_id) == run_id))
    session.execute(insert(Checkpoint).values(run_id=run_id, step=step, seconds=seconds, data=data))
    session.commit()


def save_snapshot(session: Session, run_id: str, attempt: int, record: StepRecord) -> None:
    """One transaction: the run's step, the metrics and every layer."""
    _fenced(session, run_id, attempt, step=record.step)
    session.execute(delete(Snapshot).where(col(Snapshot.run_id) == run_id, col(Snapshot.step) == record.step))
    session.execute(insert(Snapshot), [rows.snapshot_row(run_id, record)])
    if record.layers:
        session.execute(insert(Layer), rows.layer_rows(run_id, record))
    session.commit()


def finish(session: Session, run_id: str, attempt: int, files: dict[str, bytes]) -> None:
    """The run has trained to its end; `files` are kept as its artifacts."""
    _fenced(session, run_id, attempt, status="finished", finished=time.time())
    session.execute(delete(Artifact).where(col(Artifact.run_id) == run_id))
    drop_checkpoint(session, run_id)
    session.add_all(Artifact(run_id=run_id, name=name, data=data) for name, data in files.items())
    session.commit()


def fail(session: Session, run_id: str, attempt: int, reason: str) -> None:
    _fenced(session, run_id, attempt, status="failed", error=rows.reason_text(reason), finished=time.time())
    drop_checkpoint(session, run_id)
    session.commit()


def fail_unclaimed(session: Session, run_id: str, reason: str) -> None:
    """Fail a run, whoever trains it."""
    end(session, run_id, status="failed", error=rows.reason_text(reason))


def note_crash(session: Session, run_id: str, attempt: int) -> int:
    """Its training process died of the run: how often that has happened by now."""
    _fenced(session, run_id, attempt, crashes=Run.crashes + 1)
    session.commit()
    return session.exec(select(Run.crashes).where(Run.id == run_id)).one()


def release(session: Session, run_id: str, attempt: int) -> None:
    """Give the run back to the queue: its worker stops, or is lost."""
    _fenced(session, run_id, attempt, status="queued", worker=None)
    session.commit()


def take_back(session: Session, run_id: str, workers: Collection[str]) -> bool:
    """Queue a run again that none of these workers trains. Whether nobody has it now."""
    theirs = col(Run.worker).in_(workers) & (col(Run.status) == "running")
    given = case((theirs, Run.status), else_="queued")
    change = unless_ended(run_id).values(status=given, worker=case((theirs, Run.worker), else_=None))
    status = session.execute(change.returning(col(Run.status))).scalar()
    session.commit()
    return status == "queued"


def _fenced(session: Session, run_id: str, attempt: int, **values: object) -> None:
    change = update(Run).where(col(Run.id) == run_id, col(Run.attempt) == attempt, col(Run.status) == "running")
    if rows_changed(session, change.values(**values)) != 1:
        session.rollback()
        raise Fenced(f"run {run_id}: attempt {attempt} is over")
