"""The kinds of choice that the catalog has.

Nothing here imports torch: entries name torch objects by dotted string, and the worker resolves them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """A hidden unit's function z = f(s) of its pre-activation s.

    `function(s, alpha)` is f in NumPy, for what is predicted without torch; None for maxout, which is no function of
    one number. `range` is the interval that bounds z, None where z is unbounded. `max_slope(alpha)` is max|f'|, None
    for a function without a flat side, which therefore cannot saturate. `alpha` is the default of the shape parameter,
    None where there is none; `alpha_argument` is what torch calls it.
    """

    name: str
    label: str
    formula: str
    derivative: str
    torch: str
    function: Callable[[Floats, float], Floats] | None
    range: tuple[float, float] | None = None
    max_slope: Callable[[float], float] | None = None
    alpha: float | None = None
    alpha_argument: str = "alpha"


@dataclass(frozen=True)
class Initialiser:
    """How the weights of every layer, the output's included, are drawn. They have mean 0.

    `variance(fan_in, fan_out, init_std)` is the variance of one weight; `distribution` its shape, a uniform one
    being U[±√(3 · variance)]. In a convolution of k x k, fan_in is k² times the channels below, fan_out k² times the
    layer's own.
    """

    name: str
    label: str
    formula: str
    distribution: Literal["uniform", "normal", "orthogonal"]
    variance: Callable[[int, int, float], float]


@dataclass(frozen=True)
class Optimizer:
    """A rule that turns the gradient into a step. `defaults` are the constants of the RunSpec that it reads;
    `arguments` turns them into torch's keyword arguments; `note` says where torch's rule is written otherwise.
    `state` counts the numbers that it keeps for each parameter."""

    name: str
    label: str
    formula: str
    torch: str
    note: str = ""
    defaults: Mapping[str, float] = field(default_factory=dict)
    arguments: Callable[[Mapping[str, float]], dict[str, Any]] = dict
    state: int = 0


@dataclass(frozen=True)
class DataSet:
    """A labelled set of images, split once and for all, whatever the seed of a run.

    `shape` is (channels, height, width); `pixel_range` the raw values' range; `train_counts` the training examples of
    each class, None for an endless stream, of which `epoch_examples` count as one pass.

    Of the raw pixels p of the training examples: `pixel_mean` is the mean of p and `pixel_square` that of p², over all
    pixels and images; `pixel_mean_square` is the mean over the pixels of (mean image)².
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
    pixel_mean: float
    pixel_square: float
    pixel_mean_square: float
    epoch_examples: int = 0

    @property
    def inputs(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Scaling:
    """How pixels are fed to the network: their range becomes `range`, None where they stay as they are stored."""

    name: str
    label: str
    formula: str
    range: tuple[float, float] | None

    def ends(self, data: DataSet) -> tuple[float, float]:
        """What the ends of the set's pixel range become."""
        return self.range or data.pixel_range


@dataclass(frozen=True)
class Option:
    """A named choice without parameters."""

    name: str
    label: str
    formula: str


Entry = TypeVar("Entry", Activation, Initialiser, Optimizer, DataSet, Scaling, Option)


def table(*entries: Entry) -> dict[str, Entry]:
    return {entry.name: entry for entry in entries}
