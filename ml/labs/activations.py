"""Activations that do not saturate: ReLU and how it dies, leaky ReLU, ELU, maxout."""

from typing import Any

import numpy as np

from ml.labs.lab import Arm, Choice, Lab, Measure, above, below
from ml.labs.measures import final_error, ratio
from ml.records import RunRecord
from ml.spec import RunSpec

# Far too high a learning rate for Adam: a few large steps push biases so low that no example reaches a unit any more.
_TOO_HIGH: dict[str, Any] = {"hidden": (100,) * 4, "lr": 0.03, "epochs": 10}


def _dead_for_good(run: RunRecord) -> float:
    """The share of dead units of the layer with the most at the end; only what was dead in every snapshot of the second
    half of the training counts."""
    dead = run.health("dead")[len(run.snapshots) // 2 :]
    return float(dead.min(axis=0).max())


_DYING = Lab(
    title="Dying ReLU",
    question="Four ReLU layers and a learning rate that is far too high. How many units of the worst layer die for "
    "good?",
    claim="In some layer more than half of the units fall silent for every example, and stay so to the end.",
    choices=(
        Choice("none, they come back", 0.02),
        Choice("up to a quarter", 0.25),
        Choice("a quarter to a half", 0.5),
        Choice("more than half"),
    ),
    arms={"relu": Arm("ReLU", RunSpec(**_TOO_HIGH, activation="relu"))},
    measures=(
        Measure(
            "Dead units of the worst layer, the fewest of any snapshot of the second half",
            lambda runs: _dead_for_good(runs["relu"]),
            above(0.5),
            "share",
        ),
    ),
    topic="The ReLU has its problems too: its units die",
    learn="activations",
    rows=(10,),
    figures=("dead_overview", "activation"),
)


# Biases so low that in the upper layers no example reaches any unit, before the first step.
_TOO_LOW: dict[str, Any] = {
    "hidden": (100,) * 4,
    "init": "kaiming_normal",
    "bias_init": -1,
    "lr": 0.003,
    "epochs": 10,
}


def _least_gradient(run: RunRecord) -> float:
    """The std of the gradients of the hidden layer that receives the least, in the snapshot in which it does."""
    return float(run.statistic("backprop_gradient", "std").min())


_LEAKY = Lab(
    title="Leaky ReLU does not die",
    question="Four layers whose biases start at −1, so low that every ReLU of the upper ones is dead, and stays so. "
    "The same network with leaky ReLU: how many of its answers are wrong after ten epochs?",
    claim="A leaky unit can’t die: its slope is α where a ReLU’s is 0, so that in the same run a gradient reaches "
    "every layer, and the network learns where that of ReLUs does not.",
    choices=(
        Choice("less than 5 %", 0.05),
        Choice("5 to 20 %", 0.2),
        Choice("20 to 50 %", 0.5),
        Choice("more than half"),
    ),
    arms={
        "leaky": Arm("leaky ReLU", RunSpec(**_TOO_LOW, activation="leaky_relu")),
        "relu": Arm("ReLU", RunSpec(**_TOO_LOW, activation="relu")),
    },
    measures=(
        Measure("Leaky ReLU: wrong answers at the end", lambda runs: final_error(runs["leaky"]), below(0.2), "share"),
        Measure("ReLU: wrong answers at the end", lambda runs: final_error(runs["relu"]), above(0.5), "share"),
        Measure("ReLU: dead units of the worst layer", lambda runs: _dead_for_good(runs["relu"]), above(0.5), "share"),
        Measure(
            "Leaky ReLU: gradient of the layer that receives the least, at its smallest",
            lambda runs: _least_gradient(runs["leaky"]),
            above(0),
            formula="min std ∂C/∂s",
        ),
    ),
    topic="Solution: Leaky ReLU",
    learn="activations",
    rows=(11,),
    figures=("dead_overview", "activation"),
    comparisons=("val_error",),
    remark="Dead units of leaky ReLU are not counted: the word means a slope near 0 for every example, which it never "
    "has. What is measured instead is that some gradient reaches every layer at every snapshot.",
)

_SMALL: dict[str, Any] = {"hidden": (100,) * 3, "lr": 0.001, "epochs": 5}


def _off_centre(run: RunRecord) -> float:
    """|mean activation| at the end, averaged over the hidden layers."""
    return float(np.abs(run.statistic("activation", "mean")[-1, : run.spec.depth]).mean())


_ELU = Lab(
    title="ELU: activations around zero",
    question="After five epochs: how far from 0 is the mean activation of ELU, against that of ReLU?",
    claim="ELU’s activations, which may be negative, have a mean closer to 0 than ReLU’s.",
    choices=(
        Choice("less than half as far", 0.5),
        Choice("closer, but more than half as far", 1),
        Choice("further away"),
    ),
    arms={
        "elu": Arm("ELU", RunSpec(**_SMALL, activation="elu")),
        "relu": Arm("ReLU", RunSpec(**_SMALL, activation="relu")),
    },
    measures=(
        Measure(
            "Distance of ELU’s mean activation from 0 over that of ReLU’s, averaged over the layers",
            lambda runs: _off_centre(runs["elu"]) / _off_centre(runs["relu"]),
            below(1),
            "times",
            "|mean z| ELU / |mean z| ReLU",
        ),
    ),
    topic="Solution: Exponential Linear Unit",
    learn="activations",
    rows=(12,),
    paper="Clevert et al. (2016)",
    figures=("activation", "bands"),
    comparisons=("val_error",),
)


def _least_used(run: RunRecord) -> float:
    """At the end: over all units of all maxout layers, the share of examples for which the less used piece wins, on
    average."""
    shares = [layer.extras["piece_shares"] for layer in run.snapshots[-1].layers[: run.spec.depth]]
    return float(np.concatenate([share.min(axis=1) for share in shares]).mean())


def _weakest_gradient(run: RunRecord) -> float:
    """At the end: the std of the gradients of the hidden layer that receives the least, over that of the one that
    receives the most."""
    stds = run.statistic("backprop_gradient", "std")[-1]
    return ratio(float(stds.min()), float(stds.max()))


_MAXOUT = Lab(
    title="Maxout",
    question="A maxout unit passes on the larger of two linear pieces. What share of the answers is wrong after ten "
    "epochs?",
    claim="A maxout network learns, and as its slope is that of the piece that wins, a gradient reaches every layer.",
    choices=(
        Choice("less than 5 %", 0.05),
        Choice("5 to 20 %", 0.2),
        Choice("20 to 50 %", 0.5),
        Choice("more than half"),
    ),
    arms={"maxout": Arm("maxout with two pieces", RunSpec(hidden=(60, 60), activation="maxout", lr=0.001, epochs=10))},
    measures=(
        Measure("Wrong answers at the end", lambda runs: final_error(runs["maxout"]), below(0.1), "share"),
        Measure(
            "Gradient of the layer that receives the least over that of the one that receives the most",
            lambda runs: _weakest_gradient(runs["maxout"]),
            above(0.01),
            "times",
            "min std ∂C/∂z / max std ∂C/∂z",
        ),
        Measure(
            "How often a unit’s less used piece wins, on average",
            lambda runs: _least_used(runs["maxout"]),
            above(0.05),
            "share",
        ),
    ),
    topic="Maxout, in the table of activation functions",
    learn="activations",
    rows=(13,),
    paper="Goodfellow et al. (2013)",
    figures=("piece_shares", "backprop_gradient"),
    comparisons=("val_error",),
)

LABS = {"dying-relu": _DYING, "leaky-relu": _LEAKY, "elu": _ELU, "maxout": _MAXOUT}
