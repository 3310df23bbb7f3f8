"""What the probe measures, computed again in NumPy and float64, from weights and examples alone.

Shares no code with the product: an independent program would do the same with an export.
"""

from statistics import NormalDist

import numpy as np


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def normal(s):
    """Density and distribution function of the standard normal distribution."""
    return np.exp(-(s**2) / 2) / np.sqrt(2 * np.pi), np.vectorize(NormalDist().cdf)(s)


SCALE, ALPHA = 1.0507009873554804934, 1.6732632423543772848  # Klambauer et al. (2017)

# (f, f'); α is 0.01 for leaky_relu and 1 for elu
FUNCTIONS = {
    "sigmoid": (sigmoid, lambda s: sigmoid(s) * (1 - sigmoid(s))),
    "tanh": (np.tanh, lambda s: 1 - np.tanh(s) ** 2),
    "softsign": (lambda s: s / (1 + np.abs(s)), lambda s: 1 / (1 + np.abs(s)) ** 2),
    "relu": (lambda s: np.maximum(s, 0), lambda s: (s > 0) * 1.0),
    "leaky_relu": (lambda s: np.where(s > 0, s, 0.01 * s), lambda s: np.where(s > 0, 1, 0.01)),
    "elu": (lambda s: np.where(s > 0, s, np.expm1(s)), lambda s: np.where(s > 0, 1, np.exp(s))),
    "selu": (
        lambda s: SCALE * np.where(s > 0, s, ALPHA * np.expm1(s)),
        lambda s: SCALE * np.where(s > 0, 1, ALPHA * np.exp(s)),
    ),
    "gelu": (lambda s: s * normal(s)[1], lambda s: normal(s)[1] + s * normal(s)[0]),
    "linear": (lambda s: s, lambda s: np.ones_like(s)),
}
MAX_SLOPE = {
    "sigmoid": 0.25, "tanh": 1, "softsign": 1, "relu": 1, "elu": 1, "selu": SCALE * ALPHA, "gelu": 1.1289,
}  # fmt: skip
RANGE = {"sigmoid": (0, 1), "tanh": (-1, 1), "softsign": (-1, 1)}


def look_at(weights, activation, inputs, labels) -> dict[str, dict[str, np.ndarray]]:
    """Each layer's signals, and f'(s) as `slope`. Glorot & Bengio (2010), equations 2 and 3, for softmax and
    cross-entropy. `weights` is as in weights.safetensors, `inputs` (N, inputs), `labels` (N,)."""
    f, f_prime = FUNCTIONS[activation]
    layers = [f"hidden{i}" for i in range(1, len(weights) // 2)] + ["output"]
    z, seen = inputs.astype(np.float64), {}
    for layer in layers:
        weight = weights[f"{layer}.weight"].astype(np.float64)
        s = z @ weight.T + weights[f"{layer}.bias"].astype(np.float64)
        seen[layer] = {"below": z, "weight": weight, "slope": f_prime(s), "activation": f(s)}
        z = f(s)
    odds = np.exp(s - s.max(axis=1, keepdims=True))
    gradient = odds / odds.sum(axis=1, keepdims=True) - np.eye(s.shape[1])[labels]
    for layer in reversed(layers):
        here = seen[layer]
        if layer != "output":
            gradient = gradient * here["slope"]
            here["backprop_gradient"] = gradient
        here["weight_gradient"] = gradient.T @ here["below"] / len(labels)
        gradient = gradient @ here["weight"]
    return seen
