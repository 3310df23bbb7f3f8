"""Every query: save what a run yields, load it as a RunRecord, list, cancel, share.

Whoever trains names its `attempt` at each write. A write that finds another attempt, or a run that is no longer
running, changes nothing and raises Fenced.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import sqlalchemy
from sqlalchemy import CursorResult, Executable, Update, delete, func, insert, or_, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlmodel import Session, SQLModel, col, select

from app import rows
from app.models import ACTIVE, Artifact, Layer, Run, Share, Snapshot, Worker
from ml.records import Metrics, MonteCarlo, RunRecord, StepRecord
from ml.spec import RunSpec

MONTE_CARLO = "monte_carlo.safetensors"  # the artifact of a run with mc_passes
WEIGHTS = "weights.safetensors"
SNAPSHOT = SQLModel.metadata.tables["snapshot"]
WORKER_SEEN_WITHIN = 15.0  # seconds; workers report every 2


class Fenced(Exception):
    """The run was taken over, cancelled or deleted: whoever still trains it must stop."""


# --- runs, as the web sees them ---


def create_run(session: Session, spec: RunSpec) -> RunRecord:
    run = Run(id=_new_id(), name=spec.title, spec=spec.model_dump_json(exclude_none=True))
    session.add(run)
    session.commit()
    return rows.run_record(run)


def _new_id() -> str:
    """Sorts by time (microseconds, until the year 4253), and 24 random bits beside it."""
    return f"{time.time_ns() // 1_000:014x}{secrets.token_hex(3)}"


def find_run(session: Session, run_id: str) -> RunRecord | None:
    """The run without its snapshots; None if there is no such run."""
    run = session.get(Run, run_id)
    return rows.run_record(run) if run else None


def load_run(session: Session, run_id: str) -> RunRecord | None:
    """The run with all its snapshots; None if there is no such run."""
    record = find_run(session, run_id)
    if record is None:
        return None
    return replace(record, snapshots=snapshots_after(session, record, -1), monte_carlo=monte_carlo(session, record))


def monte_carlo(session: Session, run: RunRecord) -> MonteCarlo | None:
    """What a finished run with Monte-Carlo dropout found."""
    file = artifact(session, run.id, MONTE_CARLO) if run.spec.mc_passes and run.status == "finished" else None
    return rows.monte_carlo(file) if file else None


def snapshots_after(session: Session, run: RunRecord, step: int) -> tuple[StepRecord, ...]:
    """The run's snapshots of later steps than this one."""
    # One query, so that a run that is begun again meanwhile can't mix two attempts; plain columns, a few hundred at a
    # time, for objects of ten thousand rows would take more memory than what they hold.
    columns = (getattr(Layer, name) for name in rows.LAYER_COLUMNS)
    query = sqlalchemy.select(*SNAPSHOT.c, *columns).select_from(Snapshot).join(Layer, isouter=True)
    query = query.where(SNAPSHOT.c.run_id == run.id, SNAPSHOT.c.step > step)
    found = session.execute(query.order_by(SNAPSHOT.c.step, col(Layer.position)), execution_options={"yield_per": 500})
    return tuple(rows.step_record(list(same), run.spec) for _, same in groupby(found, key=lambda row: row.step))


def metrics_after(session: Session, run_id: str, step: int) -> list[Snapshot]:
    """The metrics alone, of later steps than this one."""
    query = select(Snapshot).where(Snapshot.run_id == run_id, Snapshot.step > step)
    return list(session.exec(query.order_by(col(Snapshot.step))))


def list_runs(
    session: Session, *, limit: int = 20, cursor: str | None = None, q: str = "", status: str | None = None
) -> list[RunRecord]:
    """Newest first, without snapshots; `cursor` is the id of the last run of the page before."""
    query = select(Run).order_by(col(Run.id).desc()).limit(limit)
    if cursor:
        query = query.where(col(Run.id) < cursor)
    if status:
        query = query.where(Run.status == status)
    if q:
        query = query.where(or_(col(Run.name).icontains(q, autoescape=True), col(Run.id) == q))
    return [rows.run_record(run) for run in session.exec(query)]


def last_metrics(session: Session, run_ids: Sequence[str]) -> dict[str, Metrics]:
    """The newest metrics of each of these runs that has any."""
    newest = select(Snapshot.run_id, func.max(Snapshot.step).label("step")).where(col(Snapshot.run_id).in_(run_ids))
    last = newest.group_by(col(Snapshot.run_id)).subquery()
    query = select(Snapshot).join(last, (col(Snapshot.run_id) == last.c.run_id) & (col(Snapshot.step) == last.c.step))
    return {row.run_id: rows.metrics(row) for row in session.exec(query)}


def cancel_run(session: Session, run_id: str) -> bool:
    """Whether the run was still queued or running."""
    change = _unless_ended(run_id)
    return _one_row(session, change.values(status="cancelled", finished=time.time()))


def delete_run(session: Session, run_id: str) -> bool:
    """Whether there was such a run. Its snapshots, files and shares go with it."""
    return _one_row(session, delete(Run).where(col(Run.id) == run_id))


def count_by_status(session: Session) -> dict[str, int]:
    counts = session.exec(select(Run.status, func.count()).group_by(Run.status))
    return dict(counts.all())


def active_runs(session: Session) -> list[str]:
    """Ids of the runs that are queued or running, oldest first."""
    return list(session.exec(select(Run.id).where(col(Run.status).in_(ACTIVE)).order_by(Run.id)))


def artifact(session: Session, run_id: str, name: str) -> bytes | None:
    found = session.get(Artifact, (run_id, name))
    return found.data if found else None


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


# --- runs, as whoever trains them sees them ---


def claim(session: Session, run_id: str) -> int | None:
    """Begin an attempt: its number, or None if the run is no longer wanted. What an earlier attempt left goes."""
    change = _unless_ended(run_id)
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
    _fenced(session, run_id, attempt, status="failed", error=reason, finished=time.time())
    session.commit()


def fail_unclaimed(session: Session, run_id: str, reason: str) -> None:
    """Fail a run that nobody trains."""
    change = _unless_ended(run_id)
    _one_row(session, change.values(status="failed", error=reason, finished=time.time()))


def release(session: Session, run_id: str, attempt: int) -> None:
    """Give the run back to the queue: its worker stops."""
    _fenced(session, run_id, attempt, status="queued", step=0, started=None)
    session.commit()


def _fenced(session: Session, run_id: str, attempt: int, **values: object) -> None:
    change = update(Run).where(col(Run.id) == run_id, col(Run.attempt) == attempt, col(Run.status) == "running")
    if _rows(session, change.values(**values)) != 1:
        session.rollback()
        raise Fenced(f"run {run_id}: attempt {attempt} is over")


# --- share links ---


def create_share(session: Session, run_id: str, expires: float | None = None) -> tuple[Share, str]:
    """A new link to a run, and its token: 192 random bits, which are not kept."""
    token = secrets.token_urlsafe(24)
    share = Share(id=secrets.token_hex(6), run_id=run_id, token_hash=_hash(token), expires=expires)
    session.add(share)
    session.commit()
    session.refresh(share)
    return share, token


def list_shares(session: Session, run_id: str) -> list[Share]:
    return list(session.exec(select(Share).where(Share.run_id == run_id).order_by(col(Share.created))))


def revoke_share(session: Session, share_id: str) -> str | None:
    """Close a link for good. The run it opened; None if there was no such link."""
    run_id = session.execute(delete(Share).where(col(Share.id) == share_id).returning(col(Share.run_id))).scalar()
    session.commit()
    return run_id


def shared_run_id(session: Session, token: str) -> str | None:
    """The run a token opens; None for one that is unknown, malformed, expired or revoked."""
    share = session.exec(select(Share).where(Share.token_hash == _hash(token))).first()
    if share is None or (share.expires is not None and share.expires < time.time()):
        return None
    return share.run_id


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# --- workers ---


def report_worker(session: Session, worker: Worker) -> None:
    values = worker.model_dump() | {"seen": time.time()}
    session.execute(upsert(Worker).values(values).on_conflict_do_update(index_elements=["name"], set_=values))
    session.commit()


def forget_worker(session: Session, name: str) -> None:
    session.execute(delete(Worker).where(col(Worker.name) == name))
    session.commit()


def living_workers(session: Session) -> list[Worker]:
    since = time.time() - WORKER_SEEN_WITHIN
    return list(session.exec(select(Worker).where(Worker.seen >= since).order_by(Worker.name)))


# --- what the changes of a run have in common ---


def _unless_ended(run_id: str) -> Update:
    """A change of a run that is queued or running; of no row, where it has ended or was deleted."""
    return update(Run).where(col(Run.id) == run_id, col(Run.status).in_(ACTIVE))


def _one_row(session: Session, statement: Executable) -> bool:
    changed = _rows(session, statement) == 1
    session.commit()
    return changed


def _rows(session: Session, statement: Executable) -> int:
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
