"""What theory expects of a network before its first step: how much signal and gradient each hidden layer gets.

Weights are random and independent, so the pre-activations of a wide layer are normally distributed and their variance
says all. In the linear regime these are equations 5 and 6 of Glorot & Bengio (2010); for any activation, Poole et al.
(2016, "Exponential expressivity in deep neural networks through transient chaos", equation 3) on the way up and
Schoenholz et al. (2017, "Deep information propagation", section 4) on the way down.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from ml.catalog import DATASETS, INITIALISERS, SCALINGS, Floats
from ml.spec import RunSpec
from ml.words import words

REACH, CELLS = 8.0, 2000  # of the grid that a normal distribution is integrated on, in standard deviations
NARROW = 1e-4  # a slope is taken on a grid of at least this standard deviation, or rounding would drown it
LOGITS = 1000  # draws of the outputs, whose mean gradient is taken
UNITS, EXAMPLES = 200, 200  # draws for the one mean that takes both, see `_normalised_slope`
EPS = 1e-5  # what batch normalisation adds to a variance


@dataclass(frozen=True)
class Prediction:
    """By the signal's name the `variance` (hidden layers,) at step 0, over all units and monitoring examples:
    `activation` z and `backprop_gradient` N · ∂C/∂s (for maxout: of the unit's output). `source` (hidden layers, 2) are
    mean and standard deviation of the pre-activations s that f is applied to (for maxout: of each piece)."""

    variance: dict[str, Floats]
    source: Floats

    def std(self, signal: str) -> Floats:
        """(hidden layers,) what the probe measures as the signal's `std`."""
        std: Floats = np.sqrt(self.variance[signal])
        return std


class Fed(NamedTuple):
    """What a layer reads: the mean over its inputs of one example's `square`, and of the product of a `pair` of
    examples, which only batch normalisation depends on."""

    square: float
    pair: float = 0.0


class Unit(NamedTuple):
    """z = f(s), None for maxout: the largest of `pieces` pre-activations."""

    function: Callable[[Floats], Floats] | None
    pieces: int


class Moments(NamedTuple):
    """Of z over units and examples; `slope` is E[f'(s)²]."""

    mean: float
    variance: float
    slope: float


class Layer(NamedTuple):
    """`source`: mean and std of s. `variance` of z. On its way down the gradient's variance is multiplied
    by `slope` from what the layer passes on to its s, and by `down` from its s to what it reads."""

    source: tuple[float, float]
    variance: float
    slope: float
    down: float


def without(spec: RunSpec) -> str:
    """Why there is no prediction for this run; empty where there is one."""
    if spec.architecture == "cnn":
        return words("no prediction: max-pooling has no closed form")
    if spec.transfer_from is not None:
        return words("no prediction: layers of another run are not random")
    return ""


def predict(spec: RunSpec) -> Prediction | None:
    """The variances of a dense network, as a mean over its random weights; None where there is no prediction (see
    `without`): pooling takes the largest of values that depend on each other, and has no such closed form.

    It holds for wide layers: one network of n units strays by about √(depth / n). The inputs enter by their mean
    squares over the whole training set, whatever the run's `classes` are. Batch normalisation is followed with its
    statistics held fixed and with one variance for all units of a layer; the measured gradient is a few percent larger
    for each normalised layer above, as the units that vary least are scaled up most. Numbers too large become infinite
    or NaN, as in the network.
    """
    if without(spec):
        return None
    with np.errstate(all="ignore"):
        layers, logits = _forward(spec)
        gradients = _backward(layers, _output_gradient(spec, logits))
    activations = np.array([layer.variance for layer in layers[:-1]])
    source = np.array([layer.source for layer in layers[:-1]])
    return Prediction({"activation": activations, "backprop_gradient": gradients}, source)


def _forward(spec: RunSpec) -> tuple[list[Layer], float]:
    """Every layer, bottom up, the output's last, and the variance of the logits."""
    fed = _inputs(spec)
    layers: list[Layer] = []
    for index in range(spec.depth):
        layer, fed = _hidden(spec, index, fed)
        layers.append(layer)
    up, down = _gains(spec, spec.depth)
    return [*layers, Layer((spec.bias_init, math.sqrt(up * fed.square)), up * fed.square, 1.0, down)], up * fed.square


def _backward(layers: list[Layer], gradient: float) -> Floats:
    """(hidden layers,) variance of N · ∂C/∂s, from `gradient`, that at the logits. Glorot & Bengio (2010), equation 6,
    with E[f'(s)²] for each layer: Var δⁱ = E[f'(sⁱ)²] · nᵢ₊₁ · Var Wⁱ⁺¹ · Var δⁱ⁺¹."""
    variances = []
    for layer, above in zip(layers[-2::-1], layers[:0:-1], strict=True):
        gradient *= above.down * layer.slope
        variances.append(gradient)
    return np.array(variances[::-1])


def _inputs(spec: RunSpec) -> Fed:
    """Of the images as they are fed to the network, scaled by x -> a · x + b."""
    data = DATASETS[spec.dataset]
    low, high = data.pixel_range
    start, end = SCALINGS[spec.scaling].ends(data)
    a = (end - start) / (high - low)
    b = start - a * low
    rest = 2 * a * b * data.pixel_mean + b**2
    return Fed(a**2 * data.pixel_square + rest, a**2 * data.pixel_mean_square + rest)


def _gains(spec: RunSpec, index: int) -> tuple[float, float]:
    """What a layer's weights multiply a variance by, on the way up and on the way down: fan_in · Var W and
    units · Var W (Glorot & Bengio, 2010, equations 5 and 6). Of a maxout unit only the piece that wins counts."""
    shape = spec.shapes[index]
    std = 1.0 if spec.init_std is None else spec.init_std
    variance = INITIALISERS[spec.inits[index]].variance(shape.fan_in, shape.fan_out, std)
    return shape.fan_in * variance, shape.units * variance


def _hidden(spec: RunSpec, index: int, fed: Fed) -> tuple[Layer, Fed]:
    """One hidden layer, and what it feeds the next: s ~ N(bias, fan_in · Var W · E[z²]), Poole et al. (2016), equation
    3, but for the biases, which are equal here and not random.

    Batch normalisation (Ioffe & Szegedy, 2015) makes mean 0 and variance 1 over the examples, for each unit by itself:
    two examples are then independent on average, and units no longer differ by their own mean.
    """
    up, down = _gains(spec, index)
    unit = unit_of(spec, index)
    if spec.batch_norm == "before":
        within = up * (fed.square - fed.pair)  # of one unit's Wx + b, over the examples
        source = 0.0, math.sqrt(within / (within + EPS))
        z = _moments(unit, *source)
        layer = Layer(source, z.variance, z.slope, down / (within + EPS))
        return layer, Fed(z.variance + z.mean * z.mean, z.mean * z.mean)
    source = spec.bias_init, math.sqrt(up * fed.square)
    z = _moments(unit, *source)
    if spec.batch_norm == "none":
        return Layer(source, z.variance, z.slope, down), Fed(z.variance + z.mean * z.mean)
    slope = _normalised_slope(unit, spec.bias_init, up * (fed.square - fed.pair), up * fed.pair)
    return Layer(source, z.variance, slope, down), Fed(z.variance / (z.variance + EPS))


def unit_of(spec: RunSpec, index: int) -> Unit:
    activation = spec.activations[index]
    function, alpha = activation.function, spec.activation_alpha(activation)
    if function is None:
        return Unit(None, spec.shapes[index].pieces)
    return Unit(lambda s: function(s, alpha), 1)


def _moments(unit: Unit, mean: float, std: float) -> Moments:
    """Of z = f(s) for s ~ N(mean, std²), for maxout of the largest of `pieces` such s, whose slope is 1."""
    edges, weight = grid(unit.pieces)
    centres = (edges[:-1] + edges[1:]) / 2
    z = mean + std * centres
    slope = np.ones(CELLS)
    if unit.function:
        z = unit.function(z)
        stretch = mean + max(std, NARROW) * edges
        slope = np.diff(unit.function(stretch)) / np.diff(stretch)
    average = float(weight @ z)
    return Moments(average, float(weight @ (z - average) ** 2), float(weight @ slope**2))


@cache
def grid(pieces: int) -> tuple[Floats, Floats]:
    """Edges of the cells in standard deviations, 0 among them (there most activations have their kink), and the
    probability of each cell for the largest of `pieces` normal numbers: density k φ Φᵏ⁻¹."""
    edges = np.linspace(-REACH, REACH, CELLS + 1)
    below = np.array([(1 + math.erf(edge / math.sqrt(2))) / 2 for edge in edges])
    return edges, np.diff(below**pieces)


def _normalised_slope(unit: Unit, bias: float, within: float, across: float) -> float:
    """E[f'(s)² / σ²], σ² being the variance of one unit's z over the examples, by which the gradient is scaled where
    z is normalised.

    s varies by `within` over the examples of a unit and by `across` over the means of the units. Above the first layer
    the units are alike. There, the mean over units is that of a fixed sample: the largest of several pieces leaves no
    quadrature in one dimension.
    """
    if across == 0:
        z = _moments(unit, bias, math.sqrt(within))
        return z.slope / (z.variance + EPS)
    rng = np.random.default_rng(0)
    units, examples = rng.standard_normal((UNITS, 1, unit.pieces)), rng.standard_normal((EXAMPLES, unit.pieces))
    s = bias + math.sqrt(across) * units + math.sqrt(within) * examples
    values, slope = s.max(axis=2), np.ones(s.shape[:2])
    if unit.function:
        values, step = unit.function(values), NARROW * math.sqrt(within)
        slope = (unit.function(s[:, :, 0] + step) - unit.function(s[:, :, 0] - step)) / (2 * step)
    return float(np.mean((slope**2).mean(axis=1) / (values.var(axis=1) + EPS)))


def _output_gradient(spec: RunSpec, variance: float) -> float:
    """E[δ²] for the gradient δ of one example's loss at a logit, where the logits have this variance: p − y for
    cross-entropy, p (e − pᵀe) with e = p − y for the quadratic loss. A mean over a fixed sample of logits and over
    every class as the right one; a bias that all logits share changes nothing."""
    logits = math.sqrt(variance) * np.random.default_rng(0).standard_normal((LOGITS, 1, spec.class_count))
    odds = np.exp(logits - logits.max(axis=2, keepdims=True))
    p = odds / odds.sum(axis=2, keepdims=True)
    gradient = p - np.eye(spec.class_count)
    if spec.loss == "quadratic":
        gradient = p * (gradient - (p * gradient).sum(axis=2, keepdims=True))
    return float(np.mean(gradient**2))
