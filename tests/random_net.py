"""Random networks in NumPy and float64, to compare with what theory predicts: shares no code with the product."""

import math

import numpy as np
import torch
from sklearn.datasets import load_digits

from tests.reference import FUNCTIONS

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def normal_cdf(s):
    return (1 + torch.from_numpy(s / math.sqrt(2)).erf().numpy()) / 2


ALL = FUNCTIONS | {
    "linear": (lambda s: s, np.ones_like),
    "selu": (
        lambda s: SELU_SCALE * np.where(s > 0, s, SELU_ALPHA * np.expm1(np.minimum(s, 0))),
        lambda s: SELU_SCALE * np.where(s > 0, 1, SELU_ALPHA * np.exp(np.minimum(s, 0))),
    ),
    "gelu": (
        lambda s: s * normal_cdf(s),
        lambda s: normal_cdf(s) + s * np.exp(-(s**2) / 2) / math.sqrt(2 * math.pi),
    ),
}
VARIANCE = {
    "standard": lambda fan_in, _: 1 / (3 * fan_in),
    "xavier_uniform": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "kaiming_normal": lambda fan_in, _: 2 / fan_in,
    "lecun_normal": lambda fan_in, _: 1 / fan_in,
}


def digits(count: int = 300):
    """`count` random digits in [-1, 1] and their labels."""
    pixels, labels = load_digits(return_X_y=True)
    chosen = np.random.default_rng(1).permutation(len(labels))[:count]
    return pixels[chosen] / 8 - 1, labels[chosen]


def measure(
    rng, inputs, labels, *, widths, activation, init, std=None, pieces=1, batch_norm="none", loss="cross_entropy"
):
    """Variance of the activation and of N · ∂C/∂s, each (hidden layers,), of one network with fresh weights."""
    below, layers = inputs, []
    for fan_in, units in zip((inputs.shape[1], *widths), widths, strict=False):
        weight = draw(rng, init, std, fan_in, units * pieces, units)
        s, to_s = normalise(below @ weight, batch_norm == "before")
        z, slope = activate(activation, s, pieces)
        below, to_z = normalise(z, batch_norm == "after")
        layers.append((weight, z, slope, to_s, to_z))
    weight = draw(rng, init, std, widths[-1], 10, 10)
    gradient, gradients = at_logits(below @ weight, labels, loss) @ weight.T, []
    for weight, _, slope, to_s, to_z in reversed(layers):
        gradient = to_z(gradient)
        by_piece = np.repeat(gradient, pieces, axis=1) * slope
        gradients.append((gradient if activation == "maxout" else by_piece).var())
        gradient = to_s(by_piece) @ weight.T
    return np.array([layer[1].var() for layer in layers]), np.array(gradients[::-1])


def draw(rng, init, std, fan_in, columns, fan_out):
    """(fan_in, columns) weights; `columns` is fan_out times the pieces of a unit."""
    variance = std**2 if init == "normal" else VARIANCE[init](fan_in, fan_out)
    if init in ("standard", "xavier_uniform"):
        return rng.uniform(-1, 1, (fan_in, columns)) * math.sqrt(3 * variance)
    return rng.normal(0, math.sqrt(variance), (fan_in, columns))


def activate(activation, s, pieces):
    """z and the slope: 1 for the piece that wins."""
    if activation != "maxout":
        f, f_prime = ALL[activation]
        return f(s), f_prime(s)
    by_unit = s.reshape(len(s), -1, pieces)
    z = by_unit.max(axis=2)
    return z, (by_unit == z[:, :, None]).reshape(s.shape) * 1.0


def normalise(x, on):
    """Batch normalisation of x (N, units) and the way back through it, the batch's statistics included."""
    if not on:
        return x, lambda gradient: gradient
    sigma = np.sqrt(x.var(axis=0) + 1e-5)
    hat = (x - x.mean(axis=0)) / sigma

    def back(gradient):
        return (gradient - gradient.mean(axis=0) - hat * (gradient * hat).mean(axis=0)) / sigma

    return hat, back


def at_logits(logits, labels, loss):
    """Gradient (N, classes) of each example's loss."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = odds / odds.sum(axis=1, keepdims=True)
    error = p - np.eye(p.shape[1])[labels]
    if loss == "cross_entropy":
        return error
    jacobian = p[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :])
    return np.einsum("nij,nj->ni", jacobian, error)
