"""Runs of a lab, made of plausible numbers."""

from dataclasses import replace
from typing import Any

from ml.labs import LABS
from ml.records import RunRecord
from tests.records import make_run, with_numbers

VANISHING = "vanishing-gradient"


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
