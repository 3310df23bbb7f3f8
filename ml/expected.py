"""How theory expects the values of a layer to be distributed before the first step: as shares of a histogram's bins, so
that they compare with what was counted in the same bins.

The pre-activations s of a wide layer are normally distributed (see ml.theory); z = f(s) follows by the change of
variables, and the gradient δ = f′(s) · g, with a normal g that does not depend on s, is a mixture of normals.
"""

import math
from functools import cache

import numpy as np

from ml.catalog import INITIALISERS, Floats
from ml.spec import RunSpec
from ml.theory import NARROW, Prediction, grid, unit_of

_TOGETHER = 8  # cells whose slopes are taken as one
_ANGLES = 4001  # of an orthogonal matrix' entries


def activation(spec: RunSpec, prediction: Prediction, index: int, edges: Floats) -> Floats:
    """(bins,) share of the activations of hidden layer `index` in each bin between `edges`; the last bin is closed."""
    unit, (mean, std) = unit_of(spec, index), prediction.source[index]
    cells, mass = grid(unit.pieces)
    s = mean + std * (cells[:-1] + cells[1:]) / 2
    z = unit.function(s) if unit.function else s
    order = np.argsort(z, kind="stable")
    below = np.cumsum(mass[order]) - mass[order] / 2
    return np.diff(np.interp(_nudged(edges), z[order], below, left=0, right=1))


def gradient(spec: RunSpec, prediction: Prediction, index: int, edges: Floats) -> Floats:
    """As `activation`, of the gradient that arrives at the pre-activations (maxout: at the unit's output)."""
    unit, (mean, std) = unit_of(spec, index), prediction.source[index]
    mass, slope = np.ones(1), np.ones(1)
    if unit.function:
        cells, every = grid(unit.pieces)
        stretch = mean + max(std, NARROW) * cells
        steep = np.diff(unit.function(stretch)) / np.diff(stretch)
        mass = every.reshape(-1, _TOGETHER).sum(axis=1)
        slope = np.sqrt((steep**2).reshape(-1, _TOGETHER).mean(axis=1))
    # The variance of g is that of δ without the slope's.
    scale = slope * prediction.std("backprop_gradient")[index] / math.sqrt(float(mass @ slope**2))
    with np.errstate(divide="ignore"):
        return np.diff(mass @ _normal_below(_nudged(edges) / scale[:, None]))


def gradient_is_known(spec: RunSpec, index: int) -> bool:
    """Whether the shape is: g is normal as a sum over many units, but at the top one over few classes, which is normal
    only where the weights are."""
    if spec.batch_norm == "after":
        return False  # each unit's gradient has a scale of its own
    return index < spec.depth - 1 or INITIALISERS[spec.inits[spec.depth]].distribution == "normal"


def weight(spec: RunSpec, index: int, edges: Floats) -> Floats | None:
    """As `activation`, of the weights that the initialiser draws for layer `index`, the output's included: exact. None
    where all are 0, and for orthogonal convolutions."""
    initialiser, shape = INITIALISERS[spec.inits[index]], spec.shapes[index]
    variance = initialiser.variance(shape.fan_in, shape.fan_out, 1.0 if spec.init_std is None else spec.init_std)
    if variance == 0 or (initialiser.distribution == "orthogonal" and spec.architecture == "cnn"):
        return None
    if initialiser.distribution == "uniform":
        half = math.sqrt(3 * variance)
        return np.diff(np.clip((edges + half) / (2 * half), 0, 1))
    if initialiser.distribution == "normal":
        return np.diff(_normal_below(edges / math.sqrt(variance)))
    return np.diff(_on_a_sphere_below(edges, round(1 / variance)))


def _nudged(edges: Floats) -> Floats:
    """A value on an edge counts in the bin above it, at the very end in the last one: many may be exactly 0 or 1."""
    hair = 1e-9 * (edges[-1] - edges[0])
    return np.append(edges[:-1] - hair, edges[-1] + hair)


def _normal_below(values: Floats) -> Floats:
    """P(x ≤ value) for x ~ N(0, 1)."""
    cells, mass = grid(1)
    below: Floats = np.interp(values, cells, np.append(0, np.cumsum(mass)), left=0, right=1)
    return below


def _on_a_sphere_below(values: Floats, dimensions: int) -> Floats:
    """P(x ≤ value) for one coordinate x = sin θ of a random unit vector: the density of θ is ∝ cosⁿ⁻² θ."""
    angles, below = _sphere(dimensions)
    return np.interp(np.arcsin(np.clip(values, -1, 1)), angles, below)


@cache
def _sphere(dimensions: int) -> tuple[Floats, Floats]:
    angles = np.linspace(-math.pi / 2, math.pi / 2, _ANGLES)
    density = np.cos((angles[:-1] + angles[1:]) / 2) ** max(0, dimensions - 2)
    return angles, np.append(0, np.cumsum(density) / density.sum())
