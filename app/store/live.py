"""Where a run stands right now."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, literal, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from app.models import Run, Share, Snapshot
from app.rows import METRICS, metrics, read_reason
from app.store.shares import is_open
from app.store.turns import RUN
from ml.records import StepRecord
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


@dataclass(frozen=True)
class Look:
    """A run as one query saw it. `shares` are the hashes of the tokens that open it now; `measured` are the snapshots
    that were asked for, without their layers."""

    state: LiveState
    shares: frozenset[str]
    measured: tuple[StepRecord, ...]


def live_state(session: Session, run_id: str) -> LiveState | None:
    """None if there is no such run."""
    look = look_at(session, run_id, only_state=True)
    return look.state if look else None


def look_at(session: Session, run_id: str, attempt: int = 0, seen: int = -1, only_state: bool = False) -> Look | None:
    """One statement, cheap enough to repeat. With it come the snapshots after step `seen` of this `attempt`: all of
    them, where another one has begun since; none with `only_state`. None if there is no such run."""
    last_seen = case((col(Run.attempt) == attempt, seen), else_=-1)
    wanted = and_(col(Snapshot.run_id) == col(Run.id), col(Snapshot.step) > last_seen, literal(not only_state))
    measured = [getattr(Snapshot, name) for name in ("epoch", *METRICS)]
    query = select_columns(*_standing(), col(Snapshot.step).label("at"), *measured)
    joined = query.select_from(Run).join(Snapshot, wanted, isouter=True).where(col(Run.id) == run_id)
    found = session.execute(joined.order_by(col(Snapshot.step))).all()
    if not found:
        return None
    first = found[0]
    records = tuple(StepRecord(row.at, row.epoch, metrics(row)) for row in found if row.at is not None)
    return Look(_state(first), frozenset((first.shares or "").split()), records)


def _standing() -> list[Any]:
    """Columns of the run, the same in each row."""
    names = ("status", "step", "attempt", "resumed", "resumed_step", "error", "spec")
    return [*(getattr(Run, name) for name in names), _snapshots(), _queue_place(), _open_shares()]


def _snapshots() -> Any:
    return _of_the_run(select_columns(func.count()).where(col(Snapshot.run_id) == col(Run.id)), "snapshots")


def _queue_place() -> Any:
    other = RUN.alias()  # the table: whose runs are before his, a student's session does not see
    not_after = tuple_(other.c.turn, other.c.id) <= tuple_(col(Run.turn), col(Run.id))
    before = select_columns(func.count()).where(other.c.status == "queued", not_after)
    return _of_the_run(before, "queue_place")


def _open_shares() -> Any:
    of_all = func.aggregate_strings(Share.token_hash, " ")  # type: ignore[arg-type]
    hashes = select_columns(of_all).where(col(Share.run_id) == col(Run.id), is_open())
    return _of_the_run(hashes, "shares")


def _of_the_run(query: Select[Any], name: str) -> Any:
    return query.correlate(Run).scalar_subquery().label(name)


def _state(row: Row[Any]) -> LiveState:
    spec = RunSpec.stored(row.spec)
    return LiveState(
        status=row.status, step=row.step, steps=spec.steps, epoch=row.step / spec.steps_in_epoch, epochs=spec.epochs,
        attempt=row.attempt, seconds_left=_seconds_left(row, spec), error=read_reason(row.error),
        snapshots=row.snapshots, queue_place=row.queue_place if row.status == "queued" else None,
    )  # fmt: skip


def _seconds_left(row: Row[Any], spec: RunSpec) -> float | None:
    """At the pace of this attempt."""
    made = row.step - row.resumed_step
    if row.status != "running" or row.resumed is None or made <= 0:
        return None
    seconds: float = (time.time() - row.resumed) / made * (spec.steps - row.step)
    return seconds
