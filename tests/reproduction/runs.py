"""The runs that the checks are about, trained by the product and read from its database."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from sqlalchemy import Engine
from sqlmodel import Session

from app import db, store
from app.settings import Settings
from app.training import train_and_save
from ml.records import RunRecord
from ml.spec import RunSpec


def _spec(activation: str, width: int, depth: int, steps: int, lr: float, **others: Any) -> RunSpec:
    """As in the paper: plain gradient descent on batches of 10 images that were never seen before.

    200 bins over [-1, 1] have edges at every share that is asked for.
    """
    settings = {"init": "standard", "snapshot_every": 50, "bins": 200} | others
    return RunSpec(
        dataset="shapeset", activation=activation, hidden=(width,) * depth, optimizer="sgd", lr=lr, batch_size=10,
        epochs=min(steps, 1), steps_per_epoch=max(steps, 1), **settings,
    )  # fmt: skip


NORMALIZED: dict[str, Any] = {"init": "xavier_uniform"}
RARE: dict[str, Any] = {"snapshot_every": 1000}

SPECS = {
    "tanh 5x50": _spec("tanh", 50, 5, 0, 0.1),
    "tanh 5x50 N": _spec("tanh", 50, 5, 0, 0.1, **NORMALIZED),
    "sigmoid 4x100": _spec("sigmoid", 100, 4, 2_000, 0.3),
    "sigmoid 2x100": _spec("sigmoid", 100, 2, 5_000, 0.3),
    "tanh 4x100": _spec("tanh", 100, 4, 8_000, 0.2),
    "tanh N": _spec("tanh", 100, 5, 5_000, 0.05, **NORMALIZED),
    "softsign N": _spec("softsign", 100, 5, 5_000, 0.1, **NORMALIZED),
    "softsign": _spec("softsign", 100, 5, 5_000, 0.1),
    "tanh": _spec("tanh", 100, 5, 5_000, 0.1),
    "sigmoid": _spec("sigmoid", 100, 5, 5_000, 0.3),
    "sigmoid, long": _spec("sigmoid", 100, 4, 110_000, 0.3, **RARE),
    "tanh N, long": _spec("tanh", 100, 5, 60_000, 0.05, **NORMALIZED, **RARE),
    "softsign N, long": _spec("softsign", 100, 5, 60_000, 0.05, **NORMALIZED, **RARE),
    "softsign, long": _spec("softsign", 100, 5, 60_000, 0.05, **RARE),
    "tanh, long": _spec("tanh", 100, 5, 60_000, 0.05, **RARE),
}


@contextmanager
def temporary_database() -> Iterator[Engine]:
    """An empty one of the newest schema, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        db.migrate(settings)
        engine = db.make_engine(settings.runs_url)
        yield engine
        engine.dispose()


def trained(engine: Engine, name: str, seed: int) -> RunRecord:
    """The run of this name, as the pages would read it."""
    torch.set_num_threads(1)
    spec = SPECS[name].model_copy(update={"seed": seed})
    with Session(engine) as session:
        run_id = store.create_run(session, spec).id
        attempt = store.claim(session, run_id)
    assert attempt is not None
    train_and_save(engine, run_id, attempt)
    with Session(engine) as session:
        run = store.load_run(session, run_id)
    assert run is not None
    assert run.status == "finished", run.error
    return run
