"""The variance of a layer's outputs equals that of its inputs: theory, Glorot's and He's initialisations."""

import math
from functools import partial
from typing import Any

import numpy as np

from ml.labs.lab import Arm, Choice, Lab, Measure, below, between, of
from ml.labs.measures import spread, stds
from ml.records import RunRecord
from ml.spec import RunSpec
from ml.theory import predict

_LOOK: dict[str, Any] = {"epochs": 0}  # only before the first step
_WIDTH, _DEPTH = 300, 5
# What one network of n units strays from the mean over all (ml.theory.predict): √(depth / n), twice that as a bound.
_SAMPLING = 2 * math.sqrt(_DEPTH / _WIDTH)


def _off(run: RunRecord, signal: str) -> float:
    """How far the measured variance is from the predicted one in the layer where it is furthest, relative to it."""
    expected = predict(run.spec)
    if expected is None:
        return math.nan
    return float(np.abs(stds(run, signal) ** 2 / expected.variance[signal] - 1).max())


_FIVE: dict[str, Any] = _LOOK | {"hidden": (_WIDTH,) * _DEPTH, "init": "xavier_normal"}

_PREDICTED = Lab(
    title="Variance, predicted and measured",
    question="Theory predicts the variance of every layer from the initialisation alone. By how much is it off for "
    "tanh activations, in the worst of five layers?",
    claim="Predicted and measured variance agree within sampling error, on the way up and on the way down.",
    choices=(
        Choice("by less than 10 %", 0.1),
        Choice("by 10 to 26 %, the sampling error of 300 units", _SAMPLING),
        Choice("by up to half", 0.5),
        Choice("by more than half"),
    ),
    arms={
        "tanh": Arm("tanh", RunSpec(**_FIVE, activation="tanh")),
        "linear": Arm("linear units", RunSpec(**_FIVE, activation="linear")),
    },
    measures=tuple(
        Measure(label, of(arm, partial(_off, signal=signal)), below(_SAMPLING), "share", formula)
        for arm, signal, label, formula in (
            ("tanh", "activation", "tanh: activations, the layer that is furthest off", "|Var z / E[Var z] − 1|"),
            (
                "tanh",
                "backprop_gradient",
                "tanh: gradients, the layer that is furthest off",
                "|Var ∂C/∂s / E[Var ∂C/∂s] − 1|",
            ),
            (
                "linear",
                "activation",
                "Linear units: activations, the layer that is furthest off",
                "|Var z / E[Var z] − 1|",
            ),
            (
                "linear",
                "backprop_gradient",
                "Linear units: gradients, the layer that is furthest off",
                "|Var ∂C/∂s / E[Var ∂C/∂s] − 1|",
            ),
        )
    ),
    topic="The variance of each layer’s outputs should equal that of its inputs",
    learn="signal",
    rows=(7,),
    paper="Equations 5 and 6",
    figures=("predicted_activation", "predicted_gradient"),
)

_TANH: dict[str, Any] = _LOOK | {"hidden": (100,) * 5, "activation": "tanh"}

_GLOROT = Lab(
    title="Glorot’s initialisation",
    question="Five tanh layers with Glorot’s initialisation. How many times as large is the std of the activations "
    "in the layer where it is largest as in the one where it is smallest?",
    claim="Glorot’s normal and uniform initialisation keep the activations’ std within a factor of 2 over all layers; "
    "the standard heuristic U(±1/√fan_in) does not.",
    choices=(
        Choice("less than 1.5 times", 1.5),
        Choice("1.5 to 2 times", 2),
        Choice("2 to 5 times", 5),
        Choice("more than 5 times"),
    ),
    arms={
        "normal": Arm("Glorot, normal", RunSpec(**_TANH, init="xavier_normal")),
        "uniform": Arm("Glorot, uniform", RunSpec(**_TANH, init="xavier_uniform")),
        "standard": Arm("standard heuristic", RunSpec(**_TANH, init="standard")),
    },
    measures=tuple(
        Measure(
            label,
            of(arm, lambda run: spread(run, "activation")),
            expected,
            "times",
            "max std z / min std z",
        )
        for arm, label, expected in (
            ("normal", "Glorot, normal: largest over smallest std of the layers", below(2)),
            ("uniform", "Glorot, uniform: largest over smallest std of the layers", below(2)),
            ("standard", "Standard heuristic: largest over smallest std of the layers", between(2, math.inf)),
        )
    ),
    topic="Solution: Glorot’s initialisation",
    learn="signal",
    rows=(8,),
    paper="Equation 16",
    figures=("activation", "predicted_activation"),
)

_RELU: dict[str, Any] = _LOOK | {"hidden": (600,) * 10, "activation": "relu"}


def _square_over(run: RunRecord) -> float:
    """The mean square of layer 10's activations over layer 1's. Under ReLU it is what a layer passes on (He et al.,
    2015, equation 9), as their mean isn't 0."""
    signal = {name: run.statistic("activation", name)[0] for name in ("mean", "std")}
    squares = signal["mean"] ** 2 + signal["std"] ** 2
    return float(squares[-1] / squares[0])


_HE = Lab(
    title="He’s initialisation under ReLU",
    question="Ten ReLU layers, weights drawn as Glorot says. How much of the signal of layer 1, its mean square, is "
    "left at layer 10?",
    claim="Under ReLU Glorot’s initialisation halves the signal’s mean square in every layer. He’s keeps it up "
    "to layer 10.",
    choices=(
        Choice("less than a thousandth", 1e-3),
        Choice("a thousandth to a hundredth", 1e-2),
        Choice("a hundredth to a half", 0.5),
        Choice("more than half"),
    ),
    arms={
        "glorot": Arm("Glorot’s", RunSpec(**_RELU, init="xavier_normal")),
        "he": Arm("He’s", RunSpec(**_RELU, init="kaiming_normal")),
    },
    measures=(
        Measure(
            "Glorot’s: mean square of layer 10 over that of layer 1; halved nine times it would be 1/512",
            lambda runs: _square_over(runs["glorot"]),
            between(2**-11, 2**-7),
            "times",
            "E[z²]¹⁰ / E[z²]¹",
        ),
        Measure(
            "He’s: the same",
            lambda runs: _square_over(runs["he"]),
            between(0.5, 2),
            "times",
            "E[z²]¹⁰ / E[z²]¹",
        ),
    ),
    topic="He’s initialisation, in the Keras model with 300 and 100 units",
    learn="signal",
    rows=(9,),
    paper="He et al. (2015)",
    figures=("predicted_activation", "predicted_gradient"),
)

LABS = {"predicted-variance": _PREDICTED, "glorot-initialisation": _GLOROT, "he-initialisation": _HE}
