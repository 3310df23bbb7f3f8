"""Experiments: named groups of runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from app import rows
from app.models import Experiment, Run, Snapshot
from app.store.changes import one_row
from app.store.runs import COLOURS, new_id, new_run, next_colour
from ml.records import RunRecord
from ml.spec import RunSpec


@dataclass(frozen=True)
class ExperimentRecord:
    """`base` with every combination of the values in `vary`, each from `seeds` seeds. `created` is in seconds since
    1970 (UTC). That of a `lab` has no grid: `base` is its first arm. Whose it is, by id and by name, and whether it is
    `shown` to the class, as of a run."""

    id: str
    name: str
    base: RunSpec
    vary: Mapping[str, Sequence[Any]]
    seeds: int
    created: float
    lab: str | None = None
    owner_id: str | None = None
    owner: str | None = None
    shown: bool = False


@dataclass(frozen=True)
class ErrorCurve:
    """A run's validation error (a fraction, None where it is not finite) at each of its epochs."""

    epochs: tuple[float, ...]
    errors: tuple[float | None, ...]


def create_experiment(
    session: Session, name: str, base: RunSpec, vary: Mapping[str, Sequence[Any]], seeds: int, specs: Sequence[RunSpec]
) -> tuple[ExperimentRecord, list[RunRecord]]:
    """The experiment with a queued run for each of the specs: all of them, or nothing."""
    values = {field: list(tried) for field, tried in vary.items()}
    experiment = Experiment(
        id=new_id(), name=name, base=base.model_dump_json(exclude_none=True), vary=json.dumps(values), seeds=seeds
    )
    colour = next_colour(session)
    runs = [new_run(spec, (colour + i) % COLOURS, experiment.id) for i, spec in enumerate(specs)]
    session.add(experiment)
    session.flush()
    session.add_all(runs)
    session.commit()
    return experiment_record(experiment), [rows.run_record(run) for run in runs]


def find_experiment(session: Session, experiment_id: str) -> ExperimentRecord | None:
    """None if there is no such experiment."""
    found = session.get(Experiment, experiment_id)
    return experiment_record(found) if found else None


def list_experiments(session: Session, limit: int = 20, cursor: str | None = None) -> list[ExperimentRecord]:
    """Newest first; `cursor` is the id of the last experiment of the page before."""
    query = select(Experiment).order_by(col(Experiment.id).desc()).limit(limit)
    if cursor:
        query = query.where(col(Experiment.id) < cursor)
    return [experiment_record(found) for found in session.exec(query)]


def experiment_runs(session: Session, experiment_id: str) -> list[RunRecord]:
    """Its runs without their snapshots, in the order in which they were queued."""
    query = select(Run).where(Run.experiment_id == experiment_id).order_by(col(Run.id))
    return [rows.run_record(run) for run in session.exec(query)]


def count_runs_by_status(session: Session, experiment_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of each of these experiments that has runs: how many there are of each status."""
    query = select(Run.experiment_id, Run.status, func.count()).where(col(Run.experiment_id).in_(experiment_ids))
    counts: dict[str, dict[str, int]] = {}
    for experiment_id, status, count in session.exec(query.group_by(col(Run.experiment_id), Run.status)):
        counts.setdefault(str(experiment_id), {})[status] = count
    return counts


def error_curves(session: Session, run_ids: Sequence[str]) -> dict[str, ErrorCurve]:
    """By run, of those that have measured anything."""
    query = select(Snapshot.run_id, Snapshot.epoch, Snapshot.val_error).where(col(Snapshot.run_id).in_(run_ids))
    points: dict[str, list[tuple[float, float | None]]] = {}
    for run_id, epoch, error in session.exec(query.order_by(col(Snapshot.run_id), col(Snapshot.step))):
        points.setdefault(run_id, []).append((epoch, error))
    return {run_id: ErrorCurve(*zip(*found, strict=True)) for run_id, found in points.items()}


def show_experiment(session: Session, experiment_id: str, shown: bool) -> None:
    """With all of its runs; as show_run."""
    session.execute(update(Run).where(col(Run.experiment_id) == experiment_id).values(shown=shown))
    one_row(session, update(Experiment).where(col(Experiment.id) == experiment_id).values(shown=shown))


def delete_experiment(session: Session, experiment_id: str) -> bool:
    """Whether there was such an experiment. Its runs go with it."""
    return one_row(session, delete(Experiment).where(col(Experiment.id) == experiment_id))


def experiment_record(row: Experiment) -> ExperimentRecord:
    found: dict[str, list[Any]] = json.loads(row.vary)
    vary = {field: [tuple(v) if isinstance(v, list) else v for v in values] for field, values in found.items()}
    base, owner = RunSpec.stored(row.base), row.owner.name if row.owner else None
    return ExperimentRecord(
        row.id, row.name, base, vary, row.seeds, row.created, row.lab, row.owner_id, owner, row.shown
    )
