"""Runs with a fault put in on purpose, which the rules must find and the repairs cure: the clinic tests both with
them, and a mystery patient is one of them.

Each trains in seconds. `fault` is the rule that must fire; `also` are those that the same fault makes certain too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ml.spec import RunSpec


@dataclass(frozen=True)
class Patient:
    fault: str
    spec: RunSpec
    also: tuple[str, ...] = ()


def digits(activation: str, hidden: tuple[int, ...], **settings: Any) -> RunSpec:
    return RunSpec(**{"activation": activation, "hidden": hidden, "epochs": 10} | settings)


def shapes(activation: str, hidden: tuple[int, ...], **settings: Any) -> RunSpec:
    """On an endless stream of images, in epochs of 60 batches."""
    stream = {"dataset": "shapeset", "steps_per_epoch": 60, "batch_size": 20, "epochs": 8}
    return RunSpec(**stream | {"activation": activation, "hidden": hidden} | settings)


XAVIER: Mapping[str, Any] = {"init": "xavier_normal"}
SGD: Mapping[str, Any] = {"optimizer": "sgd", "lr": 0.1}

_VANISHING = (
    Patient("vanishing_gradient", digits("sigmoid", (40,) * 6, **XAVIER, **SGD)),
    Patient("vanishing_gradient", digits("sigmoid", (60,) * 8, **XAVIER, optimizer="momentum", lr=0.01)),
    Patient("vanishing_gradient", digits("sigmoid", (100, 80, 60, 40, 30, 20), init="xavier_uniform", **SGD)),
    Patient("vanishing_gradient", shapes("sigmoid", (50,) * 6, **XAVIER, **SGD)),
    Patient("vanishing_gradient", digits("sigmoid", (100,) * 10, init="standard", optimizer="sgd", lr=0.05)),
    Patient("vanishing_gradient", digits("sigmoid", (50,) * 12, init="lecun_normal", lr=0.001)),
    Patient("vanishing_gradient", digits("tanh", (40,) * 14, init="standard", **SGD), also=("poor_initialization",)),
    Patient("vanishing_gradient", shapes("relu", (60,) * 12, init="standard", **SGD), also=("poor_initialization",)),
)

LARGE: Mapping[str, Any] = {"init": "normal", "init_std": 0.6, "clip": "norm"}

_EXPLODING = (
    Patient("exploding_gradient", digits("relu", (50,) * 9, **LARGE, **SGD), also=("poor_initialization",)),
    Patient("exploding_gradient", shapes("leaky_relu", (50,) * 9, **LARGE, **SGD), also=("poor_initialization",)),
    Patient("exploding_gradient", digits("elu", (50,) * 10, **LARGE, **SGD), also=("poor_initialization",)),
    Patient("exploding_gradient", digits("gelu", (60,) * 9, **LARGE, **SGD), also=("poor_initialization",)),
    Patient("exploding_gradient", shapes("selu", (40,) * 10, **LARGE, **SGD), also=("poor_initialization",)),
)

_DIVERGED = (
    Patient("diverged", digits("leaky_relu", (60,) * 3, optimizer="sgd", lr=20.0)),
    Patient("diverged", shapes("leaky_relu", (60,) * 3, optimizer="momentum", lr=5.0)),
    Patient("diverged", digits("linear", (40, 40), **XAVIER, optimizer="sgd", lr=50.0), also=("linear_hidden_layers",)),
    Patient("diverged", digits("elu", (50,) * 4, **XAVIER, optimizer="nesterov", lr=5.0)),
    Patient("diverged", shapes("selu", (60,) * 4, init="lecun_normal", optimizer="sgd", lr=20.0)),
    Patient(
        "diverged",
        digits("relu", (50,) * 9, init="normal", optimizer="sgd", lr=0.1),
        also=("exploding_gradient", "poor_initialization"),
    ),
)

_SATURATED = (
    Patient("saturated_activation", digits("tanh", (50,) * 3, **XAVIER, lr=1.0)),
    Patient("saturated_activation", digits("sigmoid", (50,) * 3, **XAVIER, lr=1.0)),
    Patient("saturated_activation", shapes("softsign", (50,) * 4, **XAVIER, lr=1.0)),
    Patient("saturated_activation", shapes("tanh", (60, 60), **XAVIER, lr=0.5)),
    Patient("saturated_activation", shapes("sigmoid", (60,) * 3, **XAVIER, lr=1.0)),
    Patient(
        "saturated_activation",
        shapes("sigmoid", (60,) * 3, init="normal", init_std=1.0, **SGD),
        also=("poor_initialization",),
    ),
    Patient(
        "saturated_activation", digits("sigmoid", (50,) * 3, **XAVIER, bias_init=8.0, **SGD),
        also=("poor_initialization",),
    ),
)  # fmt: skip

_DEAD = (
    Patient("dead_units", digits("relu", (60,) * 4, lr=0.5)),
    Patient("dead_units", digits("relu", (100,) * 4, lr=0.05)),
    Patient("dead_units", shapes("relu", (60,) * 3, lr=0.3)),
    Patient("dead_units", digits("relu", (50,) * 3, optimizer="rmsprop", lr=0.3)),
    Patient("dead_units", digits("gelu", (50,) * 3, lr=0.5)),
    Patient("dead_units", digits("selu", (50,) * 4, init="lecun_normal", lr=1.0)),
    Patient("dead_units", digits("relu", (50, 50), bias_init=-8.0, **SGD), also=("poor_initialization",)),
)

TINY: Mapping[str, Any] = {"init": "normal", "init_std": 0.003}

_INITIALISED = (
    Patient("poor_initialization", digits("relu", (50,) * 4, **TINY, **SGD)),
    Patient("poor_initialization", digits("tanh", (50,) * 5, **TINY, **SGD)),
    Patient("poor_initialization", shapes("elu", (50,) * 4, **TINY, optimizer="momentum", lr=0.01)),
    Patient("poor_initialization", shapes("relu", (60,) * 3, init="normal", optimizer="sgd", lr=1e-4)),
    Patient("poor_initialization", shapes("sigmoid", (60,) * 4, init="normal", **SGD)),
    Patient("poor_initialization", digits("relu", (50,) * 3, bias_init=-4.0, **SGD)),
)

_TOO_SMALL = (
    Patient("update_too_small", digits("relu", (60, 40), optimizer="sgd", lr=1e-5)),
    Patient("update_too_small", digits("tanh", (50,) * 3, **XAVIER, lr=1e-7)),
    Patient("update_too_small", shapes("relu", (60,) * 3, optimizer="momentum", lr=1e-6)),
    Patient("update_too_small", digits("relu", (50, 50), optimizer="adagrad", lr=1e-6)),
    Patient("update_too_small", digits("elu", (50,) * 3, clip="norm", clip_at=1e-4, **SGD)),
    Patient("update_too_small", shapes("softsign", (60, 60), **XAVIER, optimizer="rmsprop", lr=1e-7)),
)

_TOO_LARGE = (
    Patient("update_too_large", digits("tanh", (50, 50), **XAVIER, optimizer="sgd", lr=5.0)),
    Patient("update_too_large", digits("softsign", (60,) * 3, **XAVIER, optimizer="sgd", lr=10.0)),
    Patient("update_too_large", digits("leaky_relu", (50, 50), max_norm=1.0, lr=1.0)),
    Patient("update_too_large", shapes("leaky_relu", (60, 60), max_norm=1.0, optimizer="rmsprop", lr=0.5)),
    Patient("update_too_large", shapes("elu", (50,) * 3, max_norm=1.0, lr=0.5)),
)

_STUCK = (
    Patient("loss_not_decreasing", digits("sigmoid", (60,) * 3, init="standard", optimizer="sgd", lr=0.02)),
    Patient("loss_not_decreasing", shapes("sigmoid", (60,) * 3, init="standard", optimizer="sgd", lr=0.05)),
    Patient("loss_not_decreasing", digits("tanh", (50,), **XAVIER, weight_decay=1.0, optimizer="sgd", lr=0.02)),
    Patient("loss_not_decreasing", digits("softsign", (50,), **XAVIER, max_norm=0.01, **SGD)),
    Patient("loss_not_decreasing", shapes("leaky_relu", (60,), weight_decay=2.0, optimizer="sgd", lr=0.01)),
    Patient("loss_not_decreasing", digits("relu", (50,) * 3, dropout=0.95), also=("high_dropout",)),
)

_OSCILLATING = (
    Patient("oscillating_loss", digits("leaky_relu", (50,) * 3, lr=0.5)),
    Patient("oscillating_loss", digits("leaky_relu", (60,) * 5, optimizer="rmsprop", lr=0.1)),
    Patient("oscillating_loss", shapes("leaky_relu", (60,) * 3, optimizer="nadam", lr=0.1)),
    Patient("oscillating_loss", shapes("maxout", (40, 40), **XAVIER, lr=0.3)),
    Patient("oscillating_loss", shapes("leaky_relu", (60,) * 4, lr=0.1)),
)

SMALL_STREAM: Mapping[str, Any] = {"steps_per_epoch": None, "epochs": 40}

_OVERFIT = (
    Patient("overfit", digits("relu", (100, 50), train_size=40, epochs=60)),
    Patient("overfit", digits("tanh", (80,) * 3, **XAVIER, train_size=30, batch_size=10, epochs=40)),
    Patient("overfit", digits("elu", (60,), train_size=30, optimizer="momentum", lr=0.05, batch_size=10, epochs=40)),
    Patient("overfit", shapes("relu", (100, 50), train_size=200, **SMALL_STREAM)),
    Patient("overfit", shapes("leaky_relu", (120,), train_size=100, **SMALL_STREAM)),
)

_LINEAR = (
    Patient("linear_hidden_layers", digits("linear", (50,) * 3, **XAVIER)),
    Patient("linear_hidden_layers", digits("linear", (100,), init="lecun_normal", **SGD)),
    Patient("linear_hidden_layers", shapes("linear", (60, 60), **XAVIER)),
    Patient("linear_hidden_layers", digits("linear", (40,) * 6, init="orthogonal", optimizer="momentum", lr=0.01)),
)

_DROPOUT = (
    Patient("high_dropout", digits("relu", (60, 40), dropout=0.8)),
    Patient("high_dropout", digits("tanh", (60,) * 3, **XAVIER, dropout=0.7)),
    Patient("high_dropout", shapes("relu", (100, 60), input_dropout=0.9)),
    Patient("high_dropout", digits("elu", (80,), dropout=0.9, **SGD)),
)

_CONSTANT = (
    Patient("constant_weights", digits("relu", (50,) * 3, init="normal", init_std=0.0)),
    Patient("constant_weights", digits("tanh", (60, 40), init="normal", init_std=0.0, **SGD)),
    Patient("constant_weights", shapes("sigmoid", (60, 60), init="normal", init_std=0.0)),
    Patient("constant_weights", shapes("selu", (50,), init="normal", init_std=0.0, optimizer="momentum", lr=0.01)),
)

_UNSCALED = (
    Patient("unscaled_inputs", digits("tanh", (50,) * 3, **XAVIER, scaling="none")),
    Patient("unscaled_inputs", digits("relu", (60, 40), scaling="none", **SGD)),
    Patient("unscaled_inputs", digits("gelu", (50, 50), scaling="none", lr=0.01)),
    Patient("unscaled_inputs", digits("elu", (60,), scaling="none", optimizer="momentum", lr=0.01)),
)

PATIENTS: tuple[Patient, ...] = (
    *_VANISHING, *_EXPLODING, *_DIVERGED, *_SATURATED, *_DEAD, *_INITIALISED, *_TOO_SMALL, *_TOO_LARGE, *_STUCK,
    *_OSCILLATING, *_OVERFIT, *_LINEAR, *_DROPOUT, *_CONSTANT, *_UNSCALED,
)  # fmt: skip
