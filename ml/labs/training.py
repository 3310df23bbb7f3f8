"""What makes training faster, or possible at all: batch normalisation, clipping, momentum and the other optimizers."""

import math

from ml.labs.lab import SEEDS, Arm, Choice, Lab, Measure, Runs, above, below, of
from ml.labs.measures import curve, final_error, ratio, steps_to
from ml.records import RunRecord
from ml.spec import RunSpec

# --- batch normalisation ---

_SIGMOIDS = RunSpec(
    hidden=(50,) * 6, activation="sigmoid", init="xavier_uniform", optimizer="sgd", lr=0.1, epochs=12, seed=SEEDS[0]
)


def _swing(run: RunRecord) -> float:
    """The largest std of the last hidden layer's activations over the smallest one, of all snapshots."""
    values = curve(run, "std", run.spec.depth)
    return ratio(values.max(), values.min())


BATCH_NORM = Lab(
    title="Batch normalisation",
    question="Six sigmoid layers stall: after 12 epochs they still guess. How many of their answers are wrong if each "
    "layer is normalised over the batch before its activation?",
    claim="A deep sigmoid network that stalls learns once batch normalisation is switched on.",
    choices=(
        Choice("at most 10 %", 0.1),
        Choice("10 to 40 %", 0.4),
        Choice("40 to 80 %", 0.8),
        Choice("more than 80 %: it stalls as well"),
    ),
    arms={
        "without": Arm("without batch normalisation", _SIGMOIDS),
        "with": Arm("with batch normalisation", _SIGMOIDS.model_copy(update={"batch_norm": "before"})),
    },
    measures=(
        Measure("Wrong answers with batch normalisation", of("with", final_error), below(0.2), "share"),
        Measure("Wrong answers without it", of("without", final_error), above(0.8), "share"),
        Measure(
            "Spread of layer 6’s activations with it: largest over smallest",
            of("with", _swing),
            below(2),
            "times",
            "max std z⁶ / min std z⁶",
        ),
    ),
    topic="Solution: other options (batch normalization, gradient clipping)",
    learn="signal",
    rows=(14,),
    paper="Ioffe & Szegedy (2015)",
    figures=("gradient_overview", "bands"),
    comparisons=("val_error", "train_loss"),
)

# --- clipping ---

_EXPLODING = RunSpec(
    hidden=(100,) * 6, init="normal", init_std=0.3, optimizer="sgd", lr=0.05, epochs=10, snapshot_every=19,
    seed=SEEDS[0],
)  # fmt: skip

CLIPPING = Lab(
    title="Gradient clipping",
    question="Six ReLU layers with weights from N(0, 0.3²) diverge within an epoch. How many answers are wrong after "
    "ten epochs if every gradient longer than 1 is shortened to 1?",
    claim="A run that diverges does not diverge when its gradients are clipped, and learns.",
    choices=(
        Choice("at most 20 %", 0.2),
        Choice("20 to 50 %", 0.5),
        Choice("50 to 95 %: it hardly learns", 0.95),
        Choice("it diverges as well"),
    ),
    arms={
        "none": Arm("without clipping", _EXPLODING),
        "norm": Arm("clipped by norm, at 1", _EXPLODING.model_copy(update={"clip": "norm", "clip_at": 1.0})),
        "value": Arm("clipped by value, at 0.1", _EXPLODING.model_copy(update={"clip": "value", "clip_at": 0.1})),
    },
    measures=(
        Measure("Wrong answers with clipping by norm", of("norm", final_error), below(0.5), "share"),
        Measure("Wrong answers with clipping by value", of("value", final_error), below(0.5), "share"),
        Measure(
            "Wrong answers without clipping (all of them where the run diverged)",
            of("none", final_error),
            above(0.99),
            "share",
        ),
    ),
    topic="Solution: other options (batch normalization, gradient clipping)",
    learn="backprop",
    rows=(15,),
    paper="Pascanu, Mikolov & Bengio (2013)",
    figures=("clipping", "clipped"),
    comparisons=("train_loss", "val_error"),
)

# --- momentum ---

MOMENTUM_TARGET = 0.15
_PLAIN = RunSpec(
    hidden=(50, 50), activation="tanh", init="xavier_uniform", optimizer="sgd", lr=0.1, batch_size=128, epochs=40,
    snapshot_every=5, seed=SEEDS[0],
)  # fmt: skip


def _times_as_many(slow: RunRecord, quick: RunRecord, target: float) -> float:
    """Steps to the target, the one's over the other's; NaN where the quick one never gets there."""
    steps = steps_to(quick, "val_loss", target)
    return steps_to(slow, "val_loss", target) / steps if math.isfinite(steps) else math.nan


MOMENTUM = Lab(
    title="Momentum",
    question="The same network and learning rate, with and without momentum (β = 0.9). How many times as many steps "
    "does plain gradient descent need to bring the validation loss below 0.15?",
    claim="Momentum reaches the target loss in fewer steps than plain gradient descent, even where that may take steps "
    "ten times as long.",
    choices=(
        Choice("no more than momentum", 1),
        Choice("up to 3 times as many", 3),
        Choice("3 to 10 times as many", 10),
        Choice("more than 10 times as many"),
    ),
    arms={
        "plain": Arm("gradient descent, η = 0.1", _PLAIN),
        "momentum": Arm("momentum, η = 0.1", _PLAIN.model_copy(update={"optimizer": "momentum"})),
        "tenfold": Arm("gradient descent, η = 1", _PLAIN.model_copy(update={"lr": 1.0})),
    },
    measures=(
        Measure(
            "Steps of gradient descent over those of momentum, the same η",
            lambda runs: _times_as_many(runs["plain"], runs["momentum"], MOMENTUM_TARGET),
            above(1),
            "times",
        ),
        Measure(
            "Steps of gradient descent with ten times the η over those of momentum",
            lambda runs: _times_as_many(runs["tenfold"], runs["momentum"], MOMENTUM_TARGET),
            above(1),
            "times",
        ),
    ),
    topic="Solution: momentum optimization",
    learn="optimizers",
    rows=(18,),
    paper="Polyak (1964)",
    figures=("loss", "update_ratio"),
    comparisons=("val_loss", "train_loss"),
    remark="Where the same gradient comes again and again, β = 0.9 makes steps ten times as long. That alone is no "
    "merit, so the third run takes such steps without momentum.",
)

# --- all of them ---

TARGET = 0.3
_STEPS = 380
_RATES = {
    "sgd": 0.05, "momentum": 0.05, "nesterov": 0.05, "adagrad": 0.03, "rmsprop": 0.003, "adam": 0.003, "nadam": 0.003,
}  # fmt: skip


def _arm(optimizer: str, label: str) -> Arm:
    spec = RunSpec(
        hidden=(50, 50), activation="tanh", init="xavier_uniform", optimizer=optimizer, lr=_RATES[optimizer],
        epochs=1, steps_per_epoch=_STEPS, snapshot_every=5, seed=SEEDS[0],
    )  # fmt: skip
    return Arm(label, spec)


def _steps(label: str, optimizer: str) -> Measure:
    return Measure(label, lambda runs: steps_to(runs[optimizer], "val_loss", TARGET), below(_STEPS), "steps")


def _plain_over_quickest(runs: Runs) -> float:
    quickest = min(runs.values(), key=lambda run: steps_to(run, "val_loss", TARGET))
    return _times_as_many(runs["sgd"], quickest, TARGET)


OPTIMIZERS = Lab(
    title="Seven optimizers",
    question="Seven optimizers train the same network, each with a learning rate that suits it. How many times as many "
    "steps as the quickest does plain gradient descent need to bring the validation loss below 0.3?",
    claim="Each of the seven reaches the target, and plain gradient descent needs at least twice the steps of the "
    "quickest.",
    choices=(
        Choice("it is the quickest itself", 1),
        Choice("up to 3 times as many", 3),
        Choice("3 to 10 times as many", 10),
        Choice("more than 10 times as many"),
    ),
    arms={
        "sgd": _arm("sgd", "gradient descent, η = 0.05"),
        "momentum": _arm("momentum", "momentum, η = 0.05"),
        "nesterov": _arm("nesterov", "Nesterov, η = 0.05"),
        "adagrad": _arm("adagrad", "AdaGrad, η = 0.03"),
        "rmsprop": _arm("rmsprop", "RMSProp, η = 0.003"),
        "adam": _arm("adam", "Adam, η = 0.003"),
        "nadam": _arm("nadam", "Nadam, η = 0.003"),
    },
    measures=(
        Measure("Steps of gradient descent over those of the quickest", _plain_over_quickest, above(2), "times"),
        _steps("Step at which gradient descent reaches it", "sgd"),
        _steps("Step at which momentum reaches it", "momentum"),
        _steps("Step at which Nesterov reaches it", "nesterov"),
        _steps("Step at which AdaGrad reaches it", "adagrad"),
        _steps("Step at which RMSProp reaches it", "rmsprop"),
        _steps("Step at which Adam reaches it", "adam"),
        _steps("Step at which Nadam reaches it", "nadam"),
    ),
    topic="Solution: momentum optimization (other options)",
    learn="optimizers",
    rows=(19,),
    figures=("update_ratio",),
    comparisons=("val_loss", "train_loss"),
    remark="Which one is the quickest says little of other networks: each depends on its learning rate, and the digits "
    "are an easy problem.",
)

LABS = {
    "batch-normalisation": BATCH_NORM,
    "gradient-clipping": CLIPPING,
    "momentum": MOMENTUM,
    "optimizers": OPTIMIZERS,
}
