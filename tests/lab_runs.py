"""Labs, and runs of them that are made of plausible numbers."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from app import store
from ml.labs import Arm, Choice, Lab, Measure
from ml.labs.lab import above, of
from ml.labs.measures import bottom_over_top
from ml.records import RunRecord
from ml.spec import RunSpec
from tests.records import make_run, with_numbers
from tests.saving import end_run

TRIAL = "trial"
LAB = Lab(
    title="Vanishing gradient",
    question="Ten sigmoid layers. How much less gradient reaches layer 1 than layer 10, before the first step?",
    claim="The lowest layer of a deep sigmoid network receives at least 100 times less gradient than the highest one.",
    choices=(
        Choice("about as much", 3),
        Choice("up to 10 times less", 10),
        Choice("10 to 100 times less", 100),
        Choice("more than 100 times less"),
    ),
    arms={"deep": Arm("ten sigmoid layers", RunSpec(hidden=(100,) * 10, activation="sigmoid", init="standard"))},
    measures=(
        Measure(
            "Gradient of layer 10 over that of layer 1, at the start",
            of("deep", lambda run: 1 / bottom_over_top(run, "backprop_gradient")),
            above(100),
            "times",
            "std ∂C/∂s¹⁰ / std ∂C/∂s¹",
        ),
    ),
    topic="Problem: the vanishing gradient",
    learn="signal",
    rows=(2,),
    figures=("gradient_flow",),
)
_TINY = RunSpec(hidden=(8, 6), epochs=2, steps_per_epoch=3, monitor_size=20)
CHAIN = {
    "base": Arm("the first", _TINY),
    "next": Arm("the second", _TINY.model_copy(update={"transfer_layers": 1}), after="base"),
    "last": Arm("the third", _TINY.model_copy(update={"transfer_layers": 1}), after="next"),
}


class StandInQueue:
    """Stands in for the engine: what it was given, and what it was to forget."""

    def __init__(self) -> None:
        self.enqueued: list[str] = []

    def enqueue(self, run_id: str, _turn: int = 1) -> None:
        self.enqueued.append(run_id)

    def cancel(self, run_id: str) -> None:
        self.enqueued = [other for other in self.enqueued if other != run_id]


def trial_runs(*factors: float, **changed: Any) -> list[RunRecord]:
    """Of the trial lab, one for each seed from 0 on: its layer 1 receives so many times less than
    its layer 10. `changed` as for make_run."""
    spec = LAB.arms["deep"].spec
    made = []
    for seed, factor in enumerate(factors):
        run = make_run(3, hidden=spec.hidden, activation="sigmoid", seed=seed, **changed)
        std = [[1 / factor, *[1.0] * 9]] * len(run.snapshots)
        run = with_numbers(run, statistics={("backprop_gradient", "std"): std})
        made.append(replace(run, id=f"seed{seed}", arm="deep", colour=2))
    return made


def end_lab(session: Session, experiment_id: str, *factors: float, status: str = "finished") -> list[str]:
    """The ids of the queued runs of the trial lab, which have come to these factors now."""
    queued = [run.id for run in store.experiment_runs(session, experiment_id)]
    return [end_run(session, run_id, run, status) for run_id, run in zip(queued, trial_runs(*factors), strict=True)]
