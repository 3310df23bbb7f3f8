"""Runs, as the web sees them."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy
from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import Session, SQLModel, col, select

from app import rows
from app.models import ACTIVE, Artifact, Run
from app.store.changes import end, one_row
from ml.budget import work
from ml.records import MonteCarlo, RunRecord, StepRecord
from ml.spec import RunSpec

MONTE_CARLO = "monte_carlo.safetensors"  # the artifact of a run with mc_passes
WEIGHTS = "weights.safetensors"
SNAPSHOT, LAYER = (SQLModel.metadata.tables[name] for name in ("snapshot", "layer"))
COLOURS = 8  # that the pages have for runs


def create_run(session: Session, spec: RunSpec) -> RunRecord:
    run = new_run(spec, next_colour(session))
    session.add(run)
    session.commit()
    return rows.run_record(run)


def new_run(spec: RunSpec, colour: int, experiment_id: str | None = None, arm: str | None = None) -> Run:
    """A row that is not in the database yet."""
    text = spec.model_dump_json(exclude_none=True)
    return Run(
        id=new_id(), name=spec.title, spec=text, colour=colour, experiment_id=experiment_id, arm=arm, work=work(spec)
    )


def next_colour(session: Session) -> int:
    """Runs that were made one after the other look different."""
    newest = session.exec(select(Run.colour).order_by(col(Run.id).desc()).limit(1)).first()
    return ((newest or 0) + 1) % COLOURS


def new_id() -> str:
    """Sorts by time (microseconds, until the year 4253), and 24 random bits beside it."""
    return f"{time.time_ns() // 1_000:014x}{secrets.token_hex(3)}"


def find_run(session: Session, run_id: str) -> RunRecord | None:
    """The run without its snapshots; None if there is no such run, or if a mystery hides it."""
    run = find_any_run(session, run_id)
    return run if run and run.mystery_id is None else None


def find_any_run(session: Session, run_id: str) -> RunRecord | None:
    """As find_run, but a run that a mystery hides too: for whoever trains it, and for the mystery's own pages."""
    run = session.get(Run, run_id)
    return rows.run_record(run) if run else None


def not_hidden() -> ColumnElement[bool]:
    """Of the runs that may be listed: those of mysteries may not."""
    return col(Run.mystery_id).is_(None)


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
    # One query, so that a run that is begun again meanwhile can't mix two attempts; plain columns, for objects of ten
    # thousand rows would take more memory than what they hold.
    layer = [LAYER.c[name] for name in rows.LAYER_COLUMNS]
    query = sqlalchemy.select(*SNAPSHOT.c, *layer).select_from(SNAPSHOT.join(LAYER, isouter=True))
    query = query.where(SNAPSHOT.c.run_id == run.id, SNAPSHOT.c.step > step)
    found = session.execute(query.order_by(SNAPSHOT.c.step, LAYER.c.position)).all()
    return tuple(rows.step_records(found, run.spec))


def cancel_run(session: Session, run_id: str) -> bool:
    """Whether the run was still queued or running."""
    return end(session, run_id, status="cancelled")


def show_run(session: Session, run_id: str, shown: bool) -> bool:
    """To the class, or to nobody but the owner and teachers. Whether there was such a run of theirs."""
    return one_row(session, update(Run).where(col(Run.id) == run_id).values(shown=shown))


def delete_run(session: Session, run_id: str) -> bool:
    """Whether there was such a run. Its snapshots, files and shares go with it."""
    return one_row(session, delete(Run).where(col(Run.id) == run_id))


def count_by_status(session: Session) -> dict[str, int]:
    counts = session.exec(select(Run.status, func.count()).group_by(Run.status))
    return dict(counts.all())


def waiting_since(session: Session) -> float | None:
    """When the run was made that waits longest (seconds since 1970); None where none waits."""
    return session.exec(select(func.min(Run.created)).where(Run.status == "queued")).one()


def active_runs(session: Session, statuses: Sequence[str] = ACTIVE) -> list[str]:
    """Ids of the runs that are queued or running, oldest first."""
    return list(session.exec(select(Run.id).where(col(Run.status).in_(statuses)).order_by(Run.id)))


def artifact(session: Session, run_id: str, name: str) -> bytes | None:
    found = session.get(Artifact, (run_id, name))
    return found.data if found else None


def save_artifact(session: Session, run_id: str, name: str, data: bytes) -> None:
    """Keep a file with a run, in place of one of this name."""
    session.merge(Artifact(run_id=run_id, name=name, data=data))
    session.commit()


def artifacts(session: Session, run_ids: Sequence[str], name: str) -> dict[str, bytes]:
    """The file of this name of each of these runs that has it."""
    query = select(Artifact).where(col(Artifact.run_id).in_(run_ids), Artifact.name == name)
    return {found.run_id: found.data for found in session.exec(query)}
