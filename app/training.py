"""The training child: trains one run and saves what the trainer yields. The only file of app/ that imports torch.

It runs in a process of its own, forked from a server that has everything imported already. So a run starts at once,
can be ended at any moment, and takes nobody with it when it runs out of memory.
"""

import io
import logging
import resource
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from sqlalchemy import Engine
from sqlmodel import Session

from app import lifeline, logs, pictures, store
from app.db import make_engine
from app.nursery import Terms
from app.patience import patiently
from ml.checkpoint import Checkpoint
from ml.records import Progress, StepRecord, Trained
from ml.spec import RunSpec
from ml.trainer import train
from ml.transfer import Source
from ml.words import Words, words

PROGRESS_SECONDS = 0.25  # between two notes of the step reached
TOO_LARGE = words("The run needed more memory than RUN_MEMORY allows; a smaller network or data set needs less.")

log = logging.getLogger(__name__)


def wait_for_run(pipe: Connection, terms: Terms) -> None:
    """The child's whole life: get ready, wait for (run_id, attempt), train it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker decides
    lifeline.end_with_parent()
    logs.start_log(terms.log_format)
    warm_up(terms.threads)
    try:
        run_id, attempt = pipe.recv()
    except EOFError:
        return
    logs.begin(run_id)
    limit_memory(terms.memory)
    train_and_save(make_engine(terms.database_url), run_id, attempt, terms.datasets_dir)


def warm_up(threads: int = 1) -> None:
    """One thread, unless more are asked for: the networks are small, and more would change the order of sums. And the
    first run of a process costs 60 ms more than the second: a tiny one, which touches all that a run does, while it
    waits."""
    torch.set_num_threads(threads)
    tiny = RunSpec(hidden=(2, 2), train_size=10, batch_size=10, epochs=1, monitor_size=10)
    deque(train(tiny), maxlen=0)


def limit_memory(size: int) -> None:
    """Let this process take so many bytes more; beyond them it gets an error that it can tell, where the whole machine
    would have run out. 0 = no limit. Does nothing where it can't be told what a process has taken (macOS)."""
    taken = Path("/proc/self/statm")
    if size and taken.exists():
        data = int(taken.read_text().split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (data + size, resource.RLIM_INFINITY))


def train_and_save(engine: Engine, run_id: str, attempt: int, datasets_dir: Path | None = None) -> None:
    """Train the run from where its last attempt left it, and store its records under this one; a failure becomes the
    run's error."""
    with Session(engine) as session:
        try:
            _train_and_save(session, run_id, attempt, datasets_dir)
        except store.Fenced as fenced:
            log.info("%s", fenced)
        except Exception as error:
            log.exception("run %s failed", run_id)
            session.rollback()
            _fail(session, run_id, attempt, error)


def _train_and_save(session: Session, run_id: str, attempt: int, datasets_dir: Path | None) -> None:
    run = patiently(session, lambda: store.find_any_run(session, run_id))
    if run is None:
        return
    spec = run.spec
    start, seconds = patiently(session, lambda: _checkpoint(session, run_id, attempt))
    source = None if start else patiently(session, lambda: _source(session, spec))
    patiently(session, session.commit)  # what was read must not keep a transaction open until the first write
    saver = Saver(session, run_id, attempt, seconds, Pace(time.monotonic(), first_cost(spec)))
    for record in train(spec, source=source, folder=datasets_dir, resume=start):
        saver.save(record)


def _checkpoint(session: Session, run_id: str, attempt: int) -> tuple[Checkpoint | None, float]:
    """What to go on from and how many seconds the run was trained until then. With a checkpoint that can't be read, of
    another release for one, the run begins anew."""
    kept = store.checkpoint(session, run_id)
    try:
        return (Checkpoint.from_bytes(kept.data), kept.seconds) if kept else (None, 0.0)
    except ValueError as error:
        log.warning("run %s begins anew: %s", run_id, error)
        store.begin_anew(session, run_id, attempt)
        return None, 0.0


class Saver:
    """Stores what one attempt of a run yields. `seconds` is how long the run had been trained before, and `pace` says
    when a checkpoint is kept."""

    def __init__(self, session: Session, run_id: str, attempt: int, seconds: float, pace: "Pace") -> None:
        self._session, self._run_id, self._attempt, self._pace = session, run_id, attempt, pace
        self._noted = time.monotonic()
        self._began = self._noted - seconds

    def save(self, record: Progress | StepRecord | Trained) -> None:
        match record:
            case Progress() if self._pace.due(time.monotonic()):
                self._keep(record)
            case Progress(step=step) if time.monotonic() - self._noted > PROGRESS_SECONDS:
                self._write(store.save_progress, step)
            case StepRecord():
                self._write(store.save_snapshot, record)
                self._pace.measured()
            case Trained():
                self._write(store.finish, _files(record))
                patiently(self._session, lambda: pictures.draw_at_end(self._session, self._run_id))

    def _keep(self, record: Progress) -> None:
        began = time.monotonic()
        self._write(store.save_checkpoint, record.step, began - self._began, record.checkpoint().to_bytes())
        self._pace.kept(began, self._noted)

    def _write(self, change: Callable[..., None], *values: object) -> None:
        patiently(self._session, partial(change, self._session, self._run_id, self._attempt, *values))
        self._noted = time.monotonic()


class Pace:
    """When to keep a checkpoint: at a snapshot, if keeping them has taken at most a fiftieth of the time; and after ten
    seconds at the latest. Times are those of one clock, in seconds."""

    SHARE = 1 / 50
    LATEST = 10.0

    def __init__(self, now: float, cost: float) -> None:
        """`cost` is what the first one is expected to take."""
        self._last, self._cost, self._measured = now, cost, False

    def measured(self) -> None:
        self._measured = True

    def due(self, now: float) -> bool:
        passed = now - self._last
        return passed >= self.LATEST or (self._measured and self._cost <= self.SHARE * passed)

    def kept(self, began: float, now: float) -> None:
        self._last, self._cost, self._measured = now, now - began, False


def first_cost(spec: RunSpec) -> float:
    """About how many seconds the first checkpoint takes: a transaction, and 12 bytes a parameter, which are its value
    and what Adam keeps of it, at 150 MB a second."""
    return 0.005 + 12 * spec.parameters / 150e6


def _source(session: Session, spec: RunSpec) -> Source | None:
    """The run whose layers this one starts with; None where there is none, or it is gone."""
    run = store.find_run(session, spec.transfer_from) if spec.transfer_from else None
    weights = store.artifact(session, run.id, store.WEIGHTS) if run else None
    return Source(run.spec, load_tensors(weights)) if run and weights else None


def _files(trained: Trained) -> dict[str, bytes]:
    monitor = io.BytesIO()
    np.savez_compressed(monitor, inputs=trained.monitor_inputs, labels=trained.monitor_labels)
    files = {store.WEIGHTS: save_tensors(trained.weights), "monitor.npz": monitor.getvalue()}
    if found := trained.monte_carlo:
        files[store.MONTE_CARLO] = save_tensors({x.name: getattr(found, x.name) for x in fields(found)})
    return files


def _fail(session: Session, run_id: str, attempt: int, error: Exception) -> None:
    try:
        patiently(session, lambda: store.fail(session, run_id, attempt, _reason(error)))
    except store.Fenced as fenced:
        log.info("%s", fenced)


def _reason(error: Exception) -> str:
    """What a student reads. An error that was foreseen says so in Words; any other has its name beside it."""
    if error.args and isinstance(error.args[0], Words):
        return error.args[0]
    reason = TOO_LARGE if _is_out_of_memory(error) else str(error)
    return words("{reason} ({error})", reason=reason, error=type(error).__name__)


def _is_out_of_memory(error: Exception) -> bool:
    """torch has an error of its own only for GPUs."""
    return isinstance(error, MemoryError) or "can't allocate memory" in str(error)
