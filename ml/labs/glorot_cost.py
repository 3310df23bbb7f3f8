"""Figure 5 of Glorot & Bengio (2010): the quadratic cost beside cross-entropy, in training."""

import numpy as np

from ml.labs.lab import Choice, Lab, Measure, above, below
from ml.labs.measures import first_step, ratio
from ml.labs.paper import NORMALIZED, arm
from ml.records import RunRecord


def _first_gradient(run: RunRecord) -> float:
    """Mean over the layers of the std of their weight gradients, at step 0."""
    return float(run.statistic("weight_gradient", "std")[0].mean())


def _step_of_quarter(run: RunRecord) -> float:
    """The first step with a quarter of the answers right; infinite where it never came."""
    return first_step(run, np.array(run.metric("val_error")) < 0.75)


_LOSSES = Lab(
    title="Figure 5: two costs",
    question="The same network, once with the quadratic cost and once with cross-entropy. How many times as many "
    "steps does the quadratic cost need until a quarter of the answers is right?",
    claim="The quadratic cost has more plateaus: with cross-entropy the network leaves the first one sooner.",
    choices=(
        Choice("fewer steps than cross-entropy", 1),
        Choice("up to 1.5 times as many", 1.5),
        Choice("1.5 to 5 times as many", 5),
        Choice("more than 5 times as many, or it never does"),
    ),
    arms={
        "cross_entropy": arm("cross-entropy", "tanh", NORMALIZED, (100,) * 5, 0.05, 5000),
        "quadratic": arm("quadratic", "tanh", NORMALIZED, (100,) * 5, 0.05, 5000, loss="quadratic"),
    },
    measures=(
        Measure(
            "Steps until a quarter is right with the quadratic cost over those with cross-entropy",
            lambda runs: ratio(_step_of_quarter(runs["quadratic"]), _step_of_quarter(runs["cross_entropy"])),
            above(1),
            "times",
        ),
        Measure(
            "Weight gradients at the start, quadratic over cross-entropy",
            lambda runs: _first_gradient(runs["quadratic"]) / _first_gradient(runs["cross_entropy"]),
            below(1),
            "times",
            "std ∂C/∂W",
        ),
    ),
    topic="The cost: cross-entropy or quadratic",
    learn="cost-surfaces",
    rows=(25,),
    paper="Figure 5",
    comparisons=("val_error",),
    figures=("weight_gradient",),
)

LABS = {"figure-5": _LOSSES}
