"""Where a run stands right now."""

import time
from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.models import Run, Snapshot
from ml.spec import RunSpec


@dataclass(frozen=True)
class LiveState:
    """Where a run stands right now. `queue_place` is 1 for the run that comes next, None once it has begun."""

    status: str
    step: int
    steps: int
    epoch: float
    epochs: int
    attempt: int
    seconds_left: float | None
    queue_place: int | None
    error: str | None
    snapshots: int


def live_state(session: Session, run_id: str) -> LiveState | None:
    """One look at a run, cheap enough to repeat many times a second; None if there is no such run."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        return None
    spec = RunSpec.stored(run.spec)
    return LiveState(
        status=run.status, step=run.step, steps=spec.steps, epoch=run.step / spec.steps_in_epoch, epochs=spec.epochs,
        attempt=run.attempt, seconds_left=_seconds_left(run, spec), queue_place=_queue_place(session, run),
        error=run.error, snapshots=session.exec(select(func.count()).where(Snapshot.run_id == run_id)).one(),
    )  # fmt: skip


def _seconds_left(run: Run, spec: RunSpec) -> float | None:
    if run.status != "running" or run.started is None or run.step == 0:
        return None
    return (time.time() - run.started) / run.step * (spec.steps - run.step)


def _queue_place(session: Session, run: Run) -> int | None:
    if run.status != "queued":
        return None
    return session.exec(select(func.count()).where(Run.status == "queued", col(Run.id) <= run.id)).one()
