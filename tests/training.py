"""Runs as the product trains and stores them, in a database of their own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from sqlalchemy import Engine
from sqlmodel import Session

from app import db, store
from app.settings import Settings
from app.training import train_and_save
from ml.records import RunRecord


@contextmanager
def temporary_database() -> Iterator[Engine]:
    """An empty one of the newest schema, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        db.migrate(settings)
        engine = db.make_engine(settings.runs_url)
        yield engine
        engine.dispose()


def trained(engine: Engine, run_id: str) -> RunRecord:
    """The stored run, trained to its end and read as the pages would."""
    torch.set_num_threads(1)
    with Session(engine) as session:
        attempt = store.claim(session, run_id)
    assert attempt is not None
    train_and_save(engine, run_id, attempt)
    with Session(engine) as session:
        run = store.load_run(session, run_id)
    assert run is not None
    assert run.status == "finished", run.error
    return run
