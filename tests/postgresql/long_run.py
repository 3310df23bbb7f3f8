"""A run that is long enough to be disturbed, and whether it is whole afterwards."""

from sqlalchemy import create_engine, text

LAYERS, STEPS, EVERY = 6, 6000, 500
LONG = {
    "dataset": "shapeset", "hidden": [100] * (LAYERS - 1), "activation": "tanh", "init": "xavier_uniform", "lr": 0.05,
    "optimizer": "sgd", "batch_size": 10, "epochs": STEPS // EVERY, "steps_per_epoch": EVERY,
}  # fmt: skip


def assert_whole(url: str, run_id: str) -> None:
    """Every snapshot is there, once, with all of its layers."""
    query = "SELECT step, count(layer.position) FROM snapshot JOIN layer USING (run_id, step) WHERE run_id = :run"
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text(f"{query} GROUP BY step ORDER BY step"), {"run": run_id}).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [(step, LAYERS) for step in range(0, STEPS + 1, EVERY)]
