"""What it costs a run that it can go on after a crash: its checkpoints, kept in a database as a worker keeps them."""

import math
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from sqlmodel import Session

from app import db, store
from app.settings import Settings
from app.training import Pace, Saver, first_cost
from ml.records import Progress, StepRecord, Trained
from ml.spec import RunSpec
from ml.trainer import train
from tests.bench.table import PAIRS, Contender, compare, row, seconds
from tests.bench.workloads import DIGITS, EPOCHS, SHAPESET

EPOCHS_OF, PAIRS_OF = {"784-5x1000-10 tanh, b10": 2}, {"784-5x1000-10 tanh, b10": 3, "784-5x1000-10 tanh, b128": 3}
# For ten epochs, but for what takes too long, so that most of them are kept more than once.
RUNS = {name: spec.model_copy(update={"epochs": EPOCHS_OF.get(name, 10)}) for name, spec in EPOCHS.items()}
RUNS |= {"digits 300-100": DIGITS, "shapeset 5x100 tanh": SHAPESET.model_copy(update={"epochs": 10})}


class Counted(Pace):
    """The product's, which notes what each checkpoint has cost."""

    def __init__(self, now: float, cost: float) -> None:
        super().__init__(now, cost)
        self.costs: list[float] = []

    def kept(self, began: float, now: float) -> None:
        super().kept(began, now)
        self.costs.append(now - began)


class Never(Pace):
    SHARE, LATEST = 0.0, math.inf


def checkpoints() -> None:
    """The second row is of the same runs, and says more than their ratio where the machine has other things to do."""
    for name, spec in RUNS.items():
        shares: list[float] = []
        pairs = PAIRS_OF.get(name, PAIRS)
        compare("k", f"checkpoints / none: {name}", kept(spec, shares), lost(spec), "<= 1.03", pairs)
        row("k", f"the time that checkpoints take / the rest: {name}", shares, target="<= 0.03")


def kept(spec: RunSpec, shares: list[float]) -> Contender:
    """Adds to `shares` what part of the rest of its time went into checkpoints."""

    def run() -> float:
        pace = Counted(time.monotonic(), first_cost(spec))
        took = stored(spec, pace)
        shares.append(sum(pace.costs) / (took - sum(pace.costs)))
        return took

    return run


def lost(spec: RunSpec) -> Contender:
    return lambda: stored(spec, Never(time.monotonic(), first_cost(spec)))


def stored(spec: RunSpec, pace: Pace) -> float:
    """Seconds of a run in a database of its own, from the record of step 0 on to the last step."""
    records = train(spec)
    steps = takewhile(lambda record: not isinstance(record, Trained), records)
    with saver(spec, pace) as save:
        save(next(steps))
        return seconds(lambda: deque(map(save, steps), maxlen=0))


@contextmanager
def saver(spec: RunSpec, pace: Pace) -> Iterator[Callable[[Progress | StepRecord | Trained], None]]:
    """Stores what a run of this spec yields, in a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder))
        db.migrate(settings)
        engine = db.make_engine(settings.runs_url)
        with Session(engine) as session:
            run = store.create_run(session, spec)
            attempt = store.claim(session, run.id)
            yield Saver(session, run.id, attempt or 1, 0.0, pace).save
        engine.dispose()
