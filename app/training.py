"""The training child: trains one run and saves what the trainer yields. The only file of app/ that imports torch.

It runs in a process of its own, forked from a server that has everything imported already. So a run starts at once,
can be ended at any moment, and takes nobody with it when it runs out of memory.
"""

import io
import logging
import signal
import time
from collections import deque
from dataclasses import fields
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from sqlalchemy import Engine
from sqlmodel import Session

from app import lifeline, pictures, store
from app.db import make_engine
from app.logs import start_log
from ml.records import Progress, StepRecord, Trained
from ml.spec import RunSpec
from ml.trainer import train
from ml.transfer import Source
from ml.words import Words, words

PROGRESS_SECONDS = 0.25  # between two notes of the step reached

log = logging.getLogger(__name__)


def wait_for_run(pipe: Connection, database_url: str, datasets_dir: Path) -> None:
    """The child's whole life: get ready, wait for (run_id, attempt), train it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker decides
    lifeline.end_with_parent()
    start_log()
    warm_up()
    try:
        run_id, attempt = pipe.recv()
    except EOFError:
        return
    train_and_save(make_engine(database_url), run_id, attempt, datasets_dir)


def warm_up() -> None:
    """One thread: the networks are small, and more threads would change the order of sums. And the first run of a
    process costs 60 ms more than the second: a tiny one, which touches all that a run does, while it waits."""
    torch.set_num_threads(1)
    tiny = RunSpec(hidden=(2, 2), train_size=10, batch_size=10, epochs=1, monitor_size=10)
    deque(train(tiny), maxlen=0)


def train_and_save(engine: Engine, run_id: str, attempt: int, datasets_dir: Path | None = None) -> None:
    """Train the run and store its records under this attempt; a failure becomes the run's error."""
    with Session(engine) as session:
        run = store.find_any_run(session, run_id)
        if run is None:
            return
        try:
            source = _source(session, run.spec)
            _save_all(session, run_id, attempt, train(run.spec, source=source, folder=datasets_dir))
        except store.Fenced as fenced:
            log.info("%s", fenced)
        except Exception as error:
            log.exception("run %s failed", run_id)
            session.rollback()
            _fail(session, run_id, attempt, error)


def _save_all(session: Session, run_id: str, attempt: int, records) -> None:
    noted = time.monotonic()
    for record in records:
        match record:
            case Progress(step=step) if time.monotonic() - noted > PROGRESS_SECONDS:
                store.save_progress(session, run_id, attempt, step)
                noted = time.monotonic()
            case StepRecord():
                store.save_snapshot(session, run_id, attempt, record)
            case Trained():
                store.finish(session, run_id, attempt, _files(record))
                pictures.draw_at_end(session, run_id)


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
        store.fail(session, run_id, attempt, _reason(error))
    except store.Fenced as fenced:
        log.info("%s", fenced)


def _reason(error: Exception) -> str:
    """What a student reads. An error that was foreseen says so in Words; any other has its name beside it."""
    if error.args and isinstance(error.args[0], Words):
        return error.args[0]
    memory = words("The run needed more memory than there is.")
    reason = memory if isinstance(error, MemoryError) else str(error)
    return words("{reason} ({error})", reason=reason, error=type(error).__name__)
