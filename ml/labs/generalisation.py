"""Right on the train set, wrong elsewhere: overfitting, and what dropout and max-norm do about it."""

import math

import numpy as np

from ml.labs.lab import SEEDS, Arm, Choice, Lab, Measure, above, below, of
from ml.labs.measures import Floats, ratio
from ml.records import RunRecord
from ml.spec import RunSpec

# The lecture's 300-100 network, 800 steps whatever it is trained on.
_SPEC = RunSpec(epochs=1, steps_per_epoch=800, snapshot_every=40, seed=SEEDS[0])


def _gap(run: RunRecord, metric: str) -> float:
    """By how much the validation set's number is above the train set's at the end."""
    return run.metric(f"val_{metric}")[-1] - run.metric(f"train_{metric}")[-1]


def _rise(run: RunRecord) -> float:
    """The validation loss at the end over its smallest."""
    losses = run.metric("val_loss")
    return losses[-1] / min(losses)


OVERFITTING = Lab(
    title="Overfitting",
    question="A network of 50,000 weights learns from 60 digits until it knows them all. How many percentage points "
    "more of digits that it has never seen does it get wrong?",
    claim="On a small train set a gap opens between train and validation error; on the whole set it stays small.",
    choices=(
        Choice("at most 2", 0.02),
        Choice("2 to 5", 0.05),
        Choice("5 to 20", 0.2),
        Choice("more than 20"),
    ),
    arms={
        "small": Arm("60 examples", _SPEC.model_copy(update={"train_size": 60})),
        "whole": Arm("all 1,197 examples", _SPEC),
    },
    measures=(
        Measure("Gap of the error with 60 examples", lambda runs: _gap(runs["small"], "error"), above(0.05), "points"),
        Measure("Gap of the error with all", lambda runs: _gap(runs["whole"], "error"), below(0.05), "points"),
        Measure(
            "Validation loss at the end over its smallest, with 60 examples",
            of("small", _rise),
            above(1.05),
            "times",
        ),
    ),
    topic="Problem: overfitting in neural networks",
    learn="dropout",
    rows=(20,),
    figures=("error", "loss"),
    comparisons=("val_error", "train_error"),
)

# --- dropout ---

_FEW = _SPEC.model_copy(update={"train_size": 200})


def _gap_left(with_it: RunRecord, without: RunRecord) -> float:
    return ratio(_gap(with_it, "loss"), _gap(without, "loss"))


DROPOUT = Lab(
    title="Dropout",
    question="200 digits are too few for this network: a gap opens between train and validation loss. How much of it "
    "is left with dropout, p = 30 % of the inputs and of the hidden units?",
    claim="Dropout closes the gap measurably.",
    choices=(
        Choice("less than half", 0.5),
        Choice("half to nine tenths", 0.9),
        Choice("about as much", 1.1),
        Choice("it grows"),
    ),
    arms={
        "without": Arm("without dropout", _FEW),
        "with": Arm("with dropout", _FEW.model_copy(update={"dropout": 0.3, "input_dropout": 0.3})),
    },
    measures=(
        Measure(
            "Gap of the loss with dropout over that without",
            lambda runs: _gap_left(runs["with"], runs["without"]),
            below(0.9),
            "times",
        ),
        Measure(
            "Validation loss with dropout over that without",
            lambda runs: runs["with"].metric("val_loss")[-1] / runs["without"].metric("val_loss")[-1],
            below(1),
            "times",
        ),
    ),
    topic="Solution: regularization (dropout)",
    learn="dropout",
    rows=(21,),
    paper="Srivastava et al. (2014)",
    figures=("loss", "error"),
    comparisons=("val_loss", "train_loss"),
    remark="With 30 % of the hidden units alone the gap of a network this small stays about as it is (0.86 to 1.11 "
    "times that without dropout, on three seeds). It takes the inputs as well.",
)

# --- Monte-Carlo dropout ---


def _entropies(run: RunRecord) -> tuple[Floats, Floats]:
    """Of the wrong answers and of the right ones, in nats; an answer is the class of the highest mean probability."""
    found = run.monte_carlo
    if found is None:
        return np.empty(0), np.empty(0)
    wrong = found.mean.argmax(axis=1) != found.labels
    entropy = found.entropy.astype(np.float64)
    return entropy[wrong], entropy[~wrong]


def _wrong_over_right(run: RunRecord) -> float:
    """Mean entropy; NaN where all answers are right, or all are wrong."""
    wrong, right = _entropies(run)
    return float(wrong.mean() / right.mean()) if wrong.size and right.size else math.nan


def _told_apart(run: RunRecord) -> float:
    """How often a wrong answer has more entropy than a right one, of all pairs (the area under the ROC curve)."""
    wrong, right = _entropies(run)
    return float((wrong[:, None] > right).mean()) if wrong.size and right.size else math.nan


MONTE_CARLO = Lab(
    title="Monte-Carlo dropout",
    question="Dropout stays on while the trained network answers each digit 50 times. How uncertain (entropy of the "
    "mean answer) is it of digits that it gets wrong, against those that it gets right?",
    claim="Wrong answers are less certain than right ones.",
    choices=(
        Choice("no more uncertain", 1),
        Choice("up to twice as much", 2),
        Choice("2 to 5 times as much", 5),
        Choice("more than 5 times as much"),
    ),
    arms={
        "passes": Arm(
            "dropout 0.3, 50 passes",
            _SPEC.model_copy(update={"train_size": 100, "dropout": 0.3, "mc_passes": 50}),
        )
    },
    measures=(
        Measure(
            "Mean entropy of wrong answers over that of right ones",
            of("passes", _wrong_over_right),
            above(1),
            "times",
        ),
        Measure(
            "Pairs of a wrong and a right answer of which the wrong one is the less certain",
            of("passes", _told_apart),
            above(0.5),
            "share",
        ),
    ),
    topic="Solution: regularization (other options)",
    learn="dropout",
    rows=(22,),
    paper="Gal & Ghahramani (2016)",
    figures=("monte_carlo", "error"),
)

# --- max-norm ---

LONGEST = 2.0
_NEVER = 10.0  # a limit that no unit reaches, so that the norms are measured and nothing else changes
_UNBOUND = RunSpec(hidden=(100, 50), optimizer="momentum", lr=0.1, epochs=8, max_norm=_NEVER, seed=SEEDS[0])


def _norms(run: RunRecord) -> list[Floats]:
    """(units,) of each layer and snapshot."""
    found = [layer.extras.get("unit_norms") for snapshot in run.snapshots for layer in snapshot.layers]
    return [norms.astype(np.float64) for norms in found if norms is not None]


def _longest(run: RunRecord) -> float:
    return max((float(norms.max()) for norms in _norms(run)), default=math.nan)


def _too_long(run: RunRecord) -> float:
    """How many units of a layer are above the limit, where and when there are most."""
    return max((float((norms > LONGEST).sum()) for norms in _norms(run)), default=math.nan)


MAX_NORM = Lab(
    title="Max-norm",
    question="The weights that come into a unit begin with a length of about 1.4. How long do they get in training "
    "where nothing limits them, the longest of all units?",
    claim="With max-norm at c = 2 no unit’s incoming weights get longer than 2; without it some do.",
    choices=(
        Choice("at most 2", LONGEST),
        Choice("2 to 3", 3),
        Choice("3 to 6", 6),
        Choice("more than 6"),
    ),
    arms={
        "without": Arm("without a limit (c = 10, which none reaches)", _UNBOUND),
        "with": Arm("max-norm, c = 2", _UNBOUND.model_copy(update={"max_norm": LONGEST})),
    },
    measures=(
        Measure("Longest incoming weights without a limit", of("without", _longest), above(LONGEST)),
        Measure("Units of a layer above 2 with max-norm", of("with", _too_long), below(1)),
    ),
    topic="Solution: regularization (other options)",
    learn="dropout",
    rows=(23,),
    paper="Srivastava et al. (2014)",
    figures=("unit_norms",),
    comparisons=("val_error", "train_error"),
)

LABS = {
    "overfitting": OVERFITTING,
    "dropout": DROPOUT,
    "monte-carlo-dropout": MONTE_CARLO,
    "max-norm": MAX_NORM,
}
