"""Each run once: several workers share many tiny runs out, and nobody does one twice or leaves one out.

`make once`: RUNS (1,000 unless told) and WORKERS (3); POSTGRES=1 does it on a private PostgreSQL. Ends with 1 where a
run was not trained exactly once.
"""

import os
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, select

from app import db, store
from app.models import Artifact, Layer, Run, Snapshot
from app.queue import Queue
from app.settings import Settings
from ml.spec import RunSpec
from tests.chaos.__main__ import database
from tests.chaos.storm import wait_until_ended
from tests.server import Server, wait_for

TINY = RunSpec(hidden=(2,), train_size=10, batch_size=10, monitor_size=10, epochs=1, steps_per_epoch=1)
SNAPSHOTS = [0, 1]


@dataclass(frozen=True)
class Shared:
    """`by_worker` is how many runs each process had, in so many `seconds`."""

    by_worker: Counter[str]
    seconds: float


def main() -> None:
    runs, workers = int(os.environ.get("RUNS") or 1000), int(os.environ.get("WORKERS") or 3)
    with (
        tempfile.TemporaryDirectory() as folder, database() as environment,
        Server(Path(folder), WORKERS=str(workers), **environment) as server,
    ):  # fmt: skip
        shared, wrong = share_out(server.settings, runs, workers)
    for name, count in sorted(shared.by_worker.items()):
        print(f"{name:<32}{count:>6}")
    print(f"{runs} runs, {workers} workers, {shared.seconds:.0f} s")
    print("\n".join(wrong) or "Each run was trained once.")
    sys.exit(bool(wrong))


def share_out(settings: Settings, runs: int, workers: int) -> tuple[Shared, list[str]]:
    """Have these workers of a product that runs train so many. Who did them, and what is wrong."""
    engine = db.make_engine(settings.runs_url)
    wait_for(lambda: _living(engine) == workers, "the workers")
    began = time.monotonic()
    launched = _launch(engine, settings, runs)
    wait_until_ended(engine)
    seconds = time.monotonic() - began
    with Session(engine) as session:
        found = {run.id: run for run in session.exec(select(Run)) if run.id in set(launched)}
        wrong = list(_complaints(session, launched, found))
    engine.dispose()
    return Shared(Counter(run.worker or "nobody" for run in found.values()), seconds), wrong


def _living(engine: Engine) -> int:
    with Session(engine) as session:
        return len(store.living_workers(session))


def _launch(engine: Engine, settings: Settings, runs: int) -> list[str]:
    """As the web process does, without its pages: the runs are stored, then the queue is told of each."""
    queue = Queue(settings)
    with Session(engine) as session:
        launched = [store.create_run(session, TINY).id for _ in range(runs)]
    for run_id in launched:
        queue.enqueue(run_id)
    queue.close()
    return launched


def _complaints(session: Session, launched: list[str], runs: dict[str, Run]) -> Iterator[str]:
    """One line for each run that was not trained exactly once."""
    snapshots, layers = _by_run(session, Snapshot.step), _by_run(session, Layer.step)
    files = _by_run(session, Artifact.name)
    yield from (f"run {run_id} is gone" for run_id in launched if run_id not in runs)
    for run in runs.values():
        told = f"run {run.id} ({run.status}, attempt {run.attempt}, {run.crashes} crashes)"
        if (run.status, run.attempt, run.crashes) != ("finished", 1, 0):
            yield told
        if snapshots[run.id] != SNAPSHOTS or layers[run.id] != sorted(SNAPSHOTS * len(TINY.layers)):
            yield f"{told}: snapshots of steps {snapshots[run.id]}, layers of {layers[run.id]}"
        if files[run.id].count(store.WEIGHTS) != 1:
            yield f"{told}: {files[run.id]}"


def _by_run(session: Session, column: object) -> dict[str, list[object]]:
    """The values of a column, in order, by the run of their row."""
    table = column.class_  # type: ignore[attr-defined]
    found: dict[str, list[object]] = defaultdict(list)
    for run_id, value in session.exec(select(table.run_id, column).order_by(table.run_id, column)):  # type: ignore[call-overload]
        found[run_id].append(value)
    return found


if __name__ == "__main__":
    main()
