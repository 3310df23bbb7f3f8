"""What must hold when the storm is over."""

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlmodel import Session, select

from app import db
from app.models import Run
from app.queue import Queue
from app.settings import Settings
from app.worker import MAX_CRASHES
from ml.spec import RunSpec
from tests.chaos.runs import Numbers, numbers
from tests.chaos.storm import Report

TAKEN_OVER_WITHIN = 20.0  # seconds


def complaints(settings: Settings, engine: Engine, report: Report, references: dict[RunSpec, Numbers]) -> list[str]:
    """One line for each thing that should not be."""
    with Session(engine) as session:
        runs = {run.id: run for run in session.exec(select(Run))}
    found = [f"run {run_id} was answered 201 and is gone" for run_id in report.launched.keys() - runs.keys()]
    for run in runs.values():
        found += _about(engine, run, report.child_kills[run.id], references)
    return [*found, *_damage(settings)]


def slow_takeovers(report: Report) -> list[str]:
    """To be looked at where nothing else keeps the machine busy."""
    return [f"a takeover took {taken:.1f} s" for taken in report.takeovers if taken > TAKEN_OVER_WITHIN]


def _about(engine: Engine, run: Run, child_kills: int, references: dict[RunSpec, Numbers]) -> Iterator[str]:
    told = f"run {run.id} ({run.status}, attempt {run.attempt}, {run.crashes} crashes)"
    if run.crashes > child_kills:
        yield f"{told}: more crashes than the {child_kills} kills of its child"
    if run.status == "failed" and run.crashes == MAX_CRASHES:
        return
    if run.status != "finished":
        yield f"{told}: {run.error}"
        return
    expected, seen = references[RunSpec.stored(run.spec)], numbers(engine, run.id)
    for name in expected:
        if seen[name] != expected[name]:
            yield f"{told}: its {name} is not that of a run that was left alone"


def left_in_queue(settings: Settings) -> list[str]:
    """What the engine would still have done."""
    queue = Queue(settings)
    left = list(queue.held())
    queue.close()
    return left


def _damage(settings: Settings) -> Iterator[str]:
    for url in {settings.runs_url, settings.queue_url}:
        if url.startswith("sqlite"):
            engine = db.make_engine(url)
            with engine.connect() as connection:
                said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            engine.dispose()
            if said != "ok":
                yield f"{url}: {said}"
