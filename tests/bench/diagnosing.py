"""What it takes to say what is wrong with a run."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from app import db
from app.diagnosis import diagnosis_of
from ml.rules import diagnose
from ml.spec import RunSpec
from tests.bench.serving import loaded, trained
from tests.bench.table import row, seconds

# It never learns, so that every rule looks at it: five layers, 50 epochs.
SICK = RunSpec(hidden=(100,) * 5, activation="sigmoid", init="xavier_uniform", optimizer="sgd", lr=0.01, epochs=50)
ROUNDS = 30


def rules() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = trained(Path(folder), SICK)
        engine = db.make_engine(f"sqlite:///{Path(folder) / 'layerscope.db'}")
        row("r", "ms: a run of 5 layers and 50 epochs read from the database and diagnosed", times(
            lambda: diagnose(loaded(engine, run.id))), target="<= 20")  # fmt: skip
        row("r", "ms: the same run diagnosed when it is in memory", times(lambda: diagnose(run)), target="<= 20")
        row("r", "ms: the same with fixes and what other tools say, as JSON has it", times(lambda: diagnosis_of(run)))
        engine.dispose()


def times(work: Callable[[], object]) -> list[float]:
    """Milliseconds, the first time not counted."""
    return [1000 * seconds(work) for _ in range(ROUNDS + 1)][1:]
