"""What a network can be made of: activations, initialisers, kinds of network, batch normalisation."""

import math

import numpy as np

from ml.catalog.entries import Activation, Floats, Initialiser, Option, table

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _elu(s: Floats, alpha: float) -> Floats:
    return np.where(s > 0, s, alpha * np.expm1(np.minimum(s, 0)))


def _gelu(s: Floats, _alpha: float) -> Floats:
    phi: Floats = (1 + np.vectorize(math.erf)(s / math.sqrt(2))) / 2
    return s * phi


ACTIVATIONS = table(
    Activation(
        "sigmoid", "sigmoid", "1 / (1 + exp(−s))", "z (1 − z)", "torch.nn.Sigmoid",
        lambda s, _: (1 + np.tanh(s / 2)) / 2, range=(0.0, 1.0), max_slope=lambda _: 0.25,
    ),
    Activation(
        "tanh", "tanh", "tanh s", "1 − z²", "torch.nn.Tanh",
        lambda s, _: np.tanh(s), range=(-1.0, 1.0), max_slope=lambda _: 1.0,
    ),
    Activation(
        "softsign", "softsign", "s / (1 + |s|)", "1 / (1 + |s|)²", "torch.nn.Softsign",
        lambda s, _: s / (1 + np.abs(s)), range=(-1.0, 1.0), max_slope=lambda _: 1.0,
    ),
    Activation(
        "relu", "ReLU", "max(0, s)", "1 if s > 0 else 0", "torch.nn.ReLU",
        lambda s, _: np.maximum(s, 0), max_slope=lambda _: 1.0,
    ),
    Activation(
        "leaky_relu", "leaky ReLU", "max(αs, s)", "1 if s > 0 else α", "torch.nn.LeakyReLU",
        lambda s, alpha: np.where(s > 0, s, alpha * s), alpha=0.01, alpha_argument="negative_slope",
    ),
    Activation(
        "elu", "ELU", "s if s > 0 else α (exp(s) − 1)", "1 if s > 0 else α exp(s)", "torch.nn.ELU",
        _elu, max_slope=lambda alpha: max(1.0, alpha), alpha=1.0,
    ),
    # Klambauer et al. (2017), equation 2: λ and α make mean 0 and variance 1 a fixed point under lecun_normal.
    Activation(
        "selu", "SELU", "λs if s > 0 else λα (exp(s) − 1), λ = 1.0507, α = 1.6733",
        "λ if s > 0 else λα exp(s)", "torch.nn.SELU",
        lambda s, _: _SELU_SCALE * _elu(s, _SELU_ALPHA), max_slope=lambda _: _SELU_SCALE * _SELU_ALPHA,
    ),
    # Hendrycks & Gimpel (2016), Φ the standard normal distribution's; the slope is greatest at s = √2.
    Activation(
        "gelu", "GELU", "s Φ(s)", "Φ(s) + s φ(s)", "torch.nn.GELU",
        _gelu, max_slope=lambda _: (1 + math.erf(1)) / 2 + math.exp(-1) / math.sqrt(math.pi),
    ),
    # Goodfellow et al. (2013): each unit has `pieces` weight vectors of its own.
    Activation(
        "maxout", "maxout", "max(w₁ᵀx + b₁, w₂ᵀx + b₂, …)", "1 for the piece that wins", "ml.model.Maxout", None,
    ),
    Activation("linear", "linear", "s", "1", "torch.nn.Identity", lambda s, _: s),
)  # fmt: skip

# Glorot & Bengio (2010), equations 1 and 16; He et al. (2015), equation 10; LeCun et al. (1998), section 4.6; Saxe et
# al. (2014), section 3: rows, or columns where there are fewer, are orthonormal.
INITIALISERS = table(
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
    Initialiser("lecun_normal", "LeCun normal", "N(0, 1 / fan_in)", "normal", lambda fan_in, _out, _std: 1 / fan_in),
    Initialiser("normal", "normal with a fixed std", "N(0, init_std²)", "normal", lambda _in, _out, std: std**2),
    Initialiser(
        "orthogonal",
        "orthogonal",
        "W Wᵀ = 1 or Wᵀ W = 1",
        "orthogonal",
        lambda fan_in, fan_out, _std: 1 / max(fan_in, fan_out),
    ),
)

ARCHITECTURES = table(
    Option("mlp", "dense", "every unit sees the whole layer below"),
    Option("cnn", "convolutional", "3×3 convolutions, each halved by 2×2 max-pooling, then dense layers"),
)

BATCH_NORMS = table(
    Option("none", "off", ""),
    Option("before", "before the activation", "z = f(BN(Wx + b))"),
    Option("after", "after the activation", "BN(f(Wx + b))"),
)
