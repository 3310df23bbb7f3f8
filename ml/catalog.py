"""The menu: every activation, initialiser, optimizer and data set a run can be made of.

One entry per choice. The form, the API, the docs and the tests are drawn from these tables, so a new
activation is one new entry here. Nothing in this file imports torch: entries name torch objects by dotted
string, and the worker resolves them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar


@dataclass(frozen=True)
class Activation:
    """A hidden unit's function z = f(s) of its pre-activation s.

    `range` is the interval that bounds z, None where z is unbounded. `max_slope(alpha)` is max|f'|, None for a
    function without a flat side, which therefore cannot saturate. `alpha` is the default of the shape parameter,
    None where there is none; `alpha_argument` is what torch calls it.
    """

    name: str
    label: str
    formula: str
    derivative: str
    torch: str
    range: tuple[float, float] | None = None
    max_slope: Callable[[float], float] | None = None
    alpha: float | None = None
    alpha_argument: str = "alpha"


@dataclass(frozen=True)
class Initialiser:
    """How the weights of every layer, the output's included, are drawn. They have mean 0.

    `variance(fan_in, fan_out, init_std)` is the variance of one weight; `distribution` its shape, a uniform one
    being U[±√(3 · variance)].
    """

    name: str
    label: str
    formula: str
    distribution: Literal["uniform", "normal"]
    variance: Callable[[int, int, float], float]


@dataclass(frozen=True)
class Optimizer:
    """A rule that turns the gradient into a step. `defaults` are the constants of the RunSpec that it reads;
    `arguments` turns them into torch's keyword arguments."""

    name: str
    label: str
    formula: str
    torch: str
    defaults: Mapping[str, float] = field(default_factory=dict)
    arguments: Callable[[Mapping[str, float]], dict[str, Any]] = dict


@dataclass(frozen=True)
class DataSet:
    """A labelled set of images, split once and for all, whatever the seed of a run.

    `shape` is (channels, height, width); `pixel_range` the raw values' range; `train_counts` the training examples of
    each class, None for an endless stream, of which `epoch_examples` count as one pass.
    """

    name: str
    label: str
    description: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    pixel_range: tuple[float, float]
    train_counts: tuple[int, ...] | None
    validation: int
    monitoring: int
    epoch_examples: int = 0

    @property
    def inputs(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Option:
    """A named choice without parameters."""

    name: str
    label: str
    formula: str


Entry = TypeVar("Entry", Activation, Initialiser, Optimizer, DataSet, Option)


def _table(*entries: Entry) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries}


ACTIVATIONS = _table(
    Activation(
        "sigmoid",
        "sigmoid",
        "1 / (1 + exp(−s))",
        "z (1 − z)",
        "torch.nn.Sigmoid",
        range=(0.0, 1.0),
        max_slope=lambda _: 0.25,
    ),
    Activation("tanh", "tanh", "tanh s", "1 − z²", "torch.nn.Tanh", range=(-1.0, 1.0), max_slope=lambda _: 1.0),
    Activation(
        "softsign",
        "softsign",
        "s / (1 + |s|)",
        "1 / (1 + |s|)²",
        "torch.nn.Softsign",
        range=(-1.0, 1.0),
        max_slope=lambda _: 1.0,
    ),
    Activation("relu", "ReLU", "max(0, s)", "1 if s > 0 else 0", "torch.nn.ReLU", max_slope=lambda _: 1.0),
    Activation(
        "leaky_relu",
        "leaky ReLU",
        "max(αs, s)",
        "1 if s > 0 else α",
        "torch.nn.LeakyReLU",
        alpha=0.01,
        alpha_argument="negative_slope",
    ),
    Activation(
        "elu",
        "ELU",
        "s if s > 0 else α (exp(s) − 1)",
        "1 if s > 0 else α exp(s)",
        "torch.nn.ELU",
        max_slope=lambda alpha: max(1.0, alpha),
        alpha=1.0,
    ),
)

# Glorot & Bengio (2010), equations 1 and 16; He et al. (2015), equation 10.
INITIALISERS = _table(
    Initialiser(
        "standard",
        "standard (Glorot & Bengio eq. 1)",
        "U[±1/√fan_in]",
        "uniform",
        lambda fan_in, _out, _std: 1 / (3 * fan_in),
    ),
    Initialiser(
        "xavier_uniform",
        "Xavier / Glorot uniform (eq. 16)",
        "U[±√(6 / (fan_in + fan_out))]",
        "uniform",
        lambda fan_in, fan_out, _std: 2 / (fan_in + fan_out),
    ),
    Initialiser(
        "xavier_normal",
        "Xavier / Glorot normal",
        "N(0, 2 / (fan_in + fan_out))",
        "normal",
        lambda fan_in, fan_out, _std: 2 / (fan_in + fan_out),
    ),
    Initialiser(
        "kaiming_uniform", "Kaiming / He uniform", "U[±√(6 / fan_in)]", "uniform", lambda fan_in, _out, _std: 2 / fan_in
    ),
    Initialiser(
        "kaiming_normal", "Kaiming / He normal", "N(0, 2 / fan_in)", "normal", lambda fan_in, _out, _std: 2 / fan_in
    ),
    Initialiser("normal", "normal with a fixed std", "N(0, init_std²)", "normal", lambda _in, _out, std: std**2),
)

OPTIMIZERS = _table(
    Optimizer("sgd", "gradient descent", "θ ← θ − η∇J", "torch.optim.SGD"),
    # torch keeps m ← βm + ∇J, θ ← θ − ηm. With a constant η that is the lecture's m ← βm − η∇J, θ ← θ + m
    # (its m is −η times torch's), so the parameters follow the same path.
    Optimizer(
        "momentum",
        "momentum",
        "m ← βm − η∇J, θ ← θ + m",
        "torch.optim.SGD",
        {"momentum": 0.9},
        lambda c: {"momentum": c["momentum"]},
    ),
    Optimizer(
        "adam",
        "Adam",
        "θ ← θ − η m̂ / (√v̂ + ε)",
        "torch.optim.Adam",
        {"momentum": 0.9, "beta2": 0.999, "eps": 1e-8},
        lambda c: {"betas": (c["momentum"], c["beta2"]), "eps": c["eps"]},
    ),
)

DATASETS = _table(
    DataSet(
        "digits",
        "Digits 8×8",
        "1,797 handwritten digits of 8×8 pixels, shipped with scikit-learn: no network needed.",
        (1, 8, 8),
        tuple("0123456789"),
        (0.0, 16.0),
        train_counts=(121, 119, 115, 126, 119, 115, 122, 118, 116, 126),
        validation=300,
        monitoring=300,
    ),
    DataSet(
        "shapeset",
        "Shapeset-3×2",
        "An endless stream of 32×32 grey images with one or two of triangle, parallelogram and ellipse, "
        "after Glorot & Bengio (2010). Drawn as the run goes; 10,000 images count as one pass.",
        (1, 32, 32),
        (
            "triangle",
            "parallelogram",
            "ellipse",
            "two triangles",
            "triangle + parallelogram",
            "triangle + ellipse",
            "two parallelograms",
            "parallelogram + ellipse",
            "two ellipses",
        ),
        (0.0, 1.0),
        train_counts=None,
        validation=1000,
        monitoring=300,
        epoch_examples=10_000,
    ),
)

SCALINGS = _table(
    Option("symmetric", "symmetric", "pixels to [−1, 1]"),
    Option("unit", "unit", "pixels to [0, 1]"),
    Option("none", "none", "pixels as they are stored"),
)
