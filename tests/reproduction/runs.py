"""The runs that the checks are about, trained by the product and read from its database."""

from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from app import store
from ml.records import RunRecord
from ml.spec import RunSpec
from tests import training


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


def trained(engine: Engine, name: str, seed: int) -> RunRecord:
    """The run of this name, as the pages would read it."""
    with Session(engine) as session:
        run = store.create_run(session, SPECS[name].model_copy(update={"seed": seed}))
    return training.trained(engine, run.id)
