"""Labs, and runs of them that are made of plausible numbers."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from app import store
from ml.labs import LABS, Arm
from ml.records import RunRecord
from tests.conftest import TINY
from tests.records import make_run, with_numbers
from tests.saving import end_run

VANISHING = "vanishing-gradient"
CHAIN = {
    "base": Arm("the first", TINY),
    "next": Arm("the second", TINY.model_copy(update={"transfer_layers": 1}), after="base"),
    "last": Arm("the third", TINY.model_copy(update={"transfer_layers": 1}), after="next"),
}


class StandInQueue:
    """Stands in for the engine: what it was given, and what it was to forget."""

    def __init__(self) -> None:
        self.enqueued: list[str] = []

    def enqueue(self, run_id: str) -> None:
        self.enqueued.append(run_id)

    def cancel(self, run_id: str) -> None:
        self.enqueued = [other for other in self.enqueued if other != run_id]


def vanishing_runs(*factors: float, **changed: Any) -> list[RunRecord]:
    """Of the lab on the vanishing gradient, one for each seed from 0 on: its layer 1 receives so many times less than
    its layer 10. `changed` as for make_run."""
    spec = LABS[VANISHING].arms["deep"].spec
    made = []
    for seed, factor in enumerate(factors):
        run = make_run(3, hidden=spec.hidden, activation="sigmoid", seed=seed, **changed)
        std = [[1 / factor, *[1.0] * 9]] * len(run.snapshots)
        run = with_numbers(run, statistics={("backprop_gradient", "std"): std})
        made.append(replace(run, id=f"seed{seed}", arm="deep", colour=2))
    return made


def end_lab(session: Session, experiment_id: str, *factors: float, status: str = "finished") -> list[str]:
    """The ids of the queued runs of this lab on the vanishing gradient, which have come to these factors now."""
    queued = [run.id for run in store.experiment_runs(session, experiment_id)]
    return [end_run(session, run_id, run, status) for run_id, run in zip(queued, vanishing_runs(*factors), strict=True)]
