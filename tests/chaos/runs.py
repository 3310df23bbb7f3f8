"""What is trained meanwhile, with all that a checkpoint must keep; and what each run comes to undisturbed."""

from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session

from app import store
from ml.spec import RunSpec
from tests.training import temporary_database, trained

BASE = {"hidden": (60, 40), "epochs": 8, "steps_per_epoch": 400, "batch_size": 10, "init": "xavier_uniform"}
SPECS = [
    RunSpec(**BASE | changes)
    for changes in (
        {"optimizer": "adam", "lr": 1e-3, "dropout": 0.3},
        {"batch_norm": "before", "optimizer": "nesterov", "clip": "norm", "clip_at": 0.5},
        {"dataset": "shapeset", "activation": "tanh", "batch_size": 7, "steps_per_epoch": 200},
        {"optimizer": "rmsprop", "lr": 1e-3, "max_norm": 2.0, "mc_passes": 5, "input_dropout": 0.1},
        {"optimizer": "nadam", "lr": 1e-3, "snapshot_every": 150, "weight_decay": 1e-4},
    )
]
COLUMNS = {
    "snapshot": "step, epoch, train_loss, train_error, val_loss, val_error, norm_before, norm_after, clipped, pulses",
    "layer": "step, position, saturated, dead, update_ratio, jacobian, jacobian_se, data, extras",
}
FILES = (store.WEIGHTS, "monitor.npz", store.MONTE_CARLO)

Numbers = dict[str, Any]


def numbers(engine: Engine, run_id: str) -> Numbers:
    """All that is stored of a run's training, to the last bit."""
    with Session(engine) as session:
        found = {
            table: [tuple(row) for row in session.execute(text(f"SELECT {columns} FROM {table} WHERE run_id = :run "
                                                               "ORDER BY 1, 2"), {"run": run_id})]
            for table, columns in COLUMNS.items()
        }  # fmt: skip
        return found | {name: store.artifact(session, run_id, name) for name in FILES}


def undisturbed(specs: list[RunSpec]) -> dict[RunSpec, Numbers]:
    """What each of these comes to when nothing happens to it."""
    found = {}
    with temporary_database() as engine:
        for spec in specs:
            with Session(engine) as session:
                run_id = store.create_run(session, spec).id
            trained(engine, run_id)
            found[spec] = numbers(engine, run_id)
    return found
