"""Other networks than dense ones that learn from scratch: reused layers, and convolutions."""

from ml.labs.lab import SEEDS, Arm, Choice, Lab, Measure, Runs, above, below, of
from ml.labs.measures import final_error, steps_to
from ml.records import RunRecord
from ml.spec import RunSpec

# --- transfer learning ---

TARGET = 0.3  # share of wrong answers; who guesses between two shapes has 0.5
_STEPS = 150
_SHAPES = RunSpec(
    dataset="shapeset", architecture="cnn", channels=(8, 8), hidden=(50,), lr=0.003, batch_size=16, epochs=1,
    monitor_size=100, seed=SEEDS[0],
)  # fmt: skip
_PAIRS = _SHAPES.model_copy(update={"classes": (3, 4, 5, 6, 7, 8), "steps_per_epoch": 1000, "snapshot_every": 200})
_SINGLE = _SHAPES.model_copy(update={"classes": (0, 2), "steps_per_epoch": _STEPS, "snapshot_every": 10})
_REUSED = {"transfer_from": "source", "transfer_freeze": True}  # the source is the run of the arm that comes before


def _reached(run: RunRecord) -> float:
    return steps_to(run, "val_error", TARGET)


def _earlier(runs: Runs) -> float:
    """Infinite where only the network with reused layers gets there, NaN where both never do."""
    return _reached(runs["more"]) - _reached(runs["reused"])


TRANSFER = Lab(
    title="Transfer learning",
    question="A network has learnt to tell pairs of shapes apart. Another one keeps its layers and learns triangle "
    "against ellipse from 100 pictures. How many steps earlier is it right 7 times in 10 than one that starts from "
    "scratch with 300 pictures?",
    claim="With the layers of a trained network the target is reached in fewer steps and with fewer examples than from "
    "scratch.",
    choices=(
        Choice("none: from scratch is as quick", 0),
        Choice("up to 50 steps", 50),
        Choice("50 to 150 steps", 150),
        Choice("from scratch it never gets there"),
    ),
    arms={
        "source": Arm("pairs of shapes, as many as it likes", _PAIRS),
        "reused": Arm(
            "reused layers, 100 pictures", _SINGLE.model_copy(update=_REUSED | {"train_size": 100}), "source"
        ),
        "few": Arm("from scratch, 100 pictures", _SINGLE.model_copy(update={"train_size": 100})),
        "more": Arm("from scratch, 300 pictures", _SINGLE.model_copy(update={"train_size": 300})),
    },
    measures=(
        Measure("Steps earlier than from scratch with 300 pictures", _earlier, above(0), "steps"),
        Measure(
            "Step at which the network with reused layers gets there",
            of("reused", _reached),
            below(_STEPS),
            "steps",
        ),
        Measure(
            "Step at which the one from scratch with 100 pictures does",
            of("few", _reached),
            above(_STEPS),
            "steps",
        ),
    ),
    topic="Solution: transfer learning",
    learn="convolution",
    rows=(16,),
    figures=("error", "update_ratio"),
    comparisons=("val_error", "val_loss"),
    remark="On reused layers even an output layer of random weights may be right 7 times in 10 before its first step, "
    "as on seed 1.",
)

# --- convolutions ---

_SMALL = RunSpec(lr=0.005, epochs=6, seed=SEEDS[0])

CONVOLUTION = Lab(
    title="A convolutional network",
    question="Two convolutions of 8 and 16 channels and a layer of 32 units, 3,658 parameters in all, learn the digits "
    "for six epochs. How many of the digits that it has never seen does it get wrong?",
    claim="A small convolutional network learns the digits.",
    choices=(
        Choice("at most 10 %", 0.1),
        Choice("10 to 30 %", 0.3),
        Choice("30 to 70 %", 0.7),
        Choice("more than 70 %"),
    ),
    arms={
        "convolutional": Arm(
            "convolutional, 3,658 parameters",
            _SMALL.model_copy(update={"architecture": "cnn", "channels": (8, 16), "hidden": (32,)}),
        ),
        "dense": Arm("dense, 3,610 parameters", _SMALL.model_copy(update={"hidden": (48,)})),
    },
    measures=(
        Measure(
            "Wrong answers of the convolutional network",
            of("convolutional", final_error),
            below(0.1),
            "share",
        ),
    ),
    topic="Solution: regularization (dropout)",
    learn="convolution",
    rows=(24,),
    paper="LeCun et al. (1998)",
    figures=("error", "gradient_overview", "weight"),
    comparisons=("val_error", "train_loss"),
    remark="On images of 8×8 pixels a dense network with as many parameters does better still: 3 % wrong answers "
    "against 6 to 8 %. What convolutions are good for shows on larger images.",
)

LABS = {"transfer-learning": TRANSFER, "convolution": CONVOLUTION}
