"""The training child: trains one run and saves what the trainer yields. The only file of app/ that imports torch.

It runs in a process of its own, forked from a server that has everything imported already. So a run starts at once,
can be ended at any moment, and takes nobody with it when it runs out of memory.
"""

import io
import logging
import signal
import time
from multiprocessing.connection import Connection

import numpy as np
import torch
from safetensors.numpy import save as save_tensors
from sqlalchemy import Engine
from sqlmodel import Session

from app import lifeline, store
from app.db import make_engine
from ml.records import Progress, StepRecord, Trained
from ml.trainer import train

PROGRESS_SECONDS = 0.25  # between two notes of the step reached

log = logging.getLogger(__name__)


def wait_for_run(pipe: Connection, database_url: str) -> None:
    """The child's whole life: get ready, wait for (run_id, attempt), train it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the worker decides
    lifeline.end_with_parent()
    _warm_up()
    try:
        run_id, attempt = pipe.recv()
    except EOFError:
        return
    train_and_save(make_engine(database_url), run_id, attempt)


def _warm_up() -> None:
    """One thread: the networks are small, and more threads would change the order of sums. And the first step of a
    process costs 50 ms, better spent while it waits."""
    torch.set_num_threads(1)
    x = torch.ones(2, 2, requires_grad=True)
    torch.autograd.grad((x @ x).sum(), x)


def train_and_save(engine: Engine, run_id: str, attempt: int) -> None:
    """Train the run and store its records under this attempt; a failure becomes the run's error."""
    with Session(engine) as session:
        run = store.find_run(session, run_id)
        if run is None:
            return
        try:
            _save_all(session, run_id, attempt, train(run.spec))
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


def _files(trained: Trained) -> dict[str, bytes]:
    monitor = io.BytesIO()
    np.savez_compressed(monitor, inputs=trained.monitor_inputs, labels=trained.monitor_labels)
    return {"weights.safetensors": save_tensors(trained.weights), "monitor.npz": monitor.getvalue()}


def _fail(session: Session, run_id: str, attempt: int, error: Exception) -> None:
    reason = "The run needed more memory than there is." if isinstance(error, MemoryError) else f"{error}"
    try:
        store.fail(session, run_id, attempt, f"{reason} ({type(error).__name__})")
    except store.Fenced as fenced:
        log.info("%s", fenced)
