"""What is wrong before the first step, as the tools test it: at step 0."""

import math

import numpy as np

from ml.catalog import DATASETS, INITIALISERS, SCALINGS, Floats
from ml.opinions.opinion import UNKNOWN, Check, Measured, exactly, largest, smallest
from ml.rules.evidence import Evidence

# The initialiser whose variance TheDeepChecker expects under each activation.
EXPECTED = {"relu": "kaiming_normal", "tanh": "xavier_normal", "sigmoid": "lecun_normal"}


def _variances(evidence: Evidence) -> Floats:
    """(layers,) of the weights."""
    found: Floats = evidence.statistic("weight", "std")[0] ** 2
    return found


def _variance_ratio(evidence: Evidence) -> Measured:
    low, high = _variances(evidence).min(), _variances(evidence).max()
    if low == 0:
        return exactly(math.inf) if high else UNKNOWN
    return exactly(float(high / low))


def _smallest_variance(evidence: Evidence) -> Measured:
    return smallest(evidence, _variances(evidence))


def _variance_off(evidence: Evidence) -> Measured:
    """F, how many times the variance of a layer's weights is as large as that expected, or as small; the output layer
    counts as one of the last activation."""
    names = [activation.name for activation in evidence.spec.activations]
    off = [
        min(_f(variance, shape.fan_in, shape.fan_out, init) for init in _expected(name))
        for variance, shape, name in zip(_variances(evidence), evidence.spec.shapes, [*names, names[-1]], strict=True)
    ]
    return largest(evidence, np.array(off))


def _expected(activation: str) -> list[str]:
    """Any of them does under an activation that it has no rule for."""
    return [EXPECTED[activation]] if activation in EXPECTED else list(EXPECTED.values())


def _f(variance: float, fan_in: int, fan_out: int, init: str) -> float:
    times = variance / INITIALISERS[init].variance(fan_in, fan_out, 1.0)
    return max(times, 1 / times) if times else math.inf


def _loss_ratio(evidence: Evidence) -> Measured | None:
    """None for the quadratic loss: what is expected is that of guessing under cross-entropy."""
    if evidence.spec.loss != "cross_entropy":
        return None
    return exactly(float(evidence.metric("train_loss")[0]) / math.log(evidence.spec.class_count))


def _loss_off(evidence: Evidence) -> Measured | None:
    found = _loss_ratio(evidence)
    return found and exactly(abs(found.low - 1))


def _largest_activation(evidence: Evidence) -> Measured:
    return largest(evidence, evidence.statistic("activation", "std")[0])


def _smallest_activation(evidence: Evidence) -> Measured:
    return smallest(evidence, evidence.statistic("activation", "std")[0])


def _input_mean(evidence: Evidence) -> Measured:
    data, ends = DATASETS[evidence.spec.dataset], SCALINGS[evidence.spec.scaling].ends(DATASETS[evidence.spec.dataset])
    low, high = data.pixel_range
    return exactly(abs(ends[0] + (data.pixel_mean - low) / (high - low) * (ends[1] - ends[0])))


def _largest_input(evidence: Evidence) -> Measured:
    return exactly(max(map(abs, SCALINGS[evidence.spec.scaling].ends(DATASETS[evidence.spec.dataset]))))


_EQUAL = Check("min σ²(W)", "≤", 1e-8, _smallest_variance)
_FIRST_LOSS, _INPUT = "C₀ / ln K", Check("max |x|", ">", 1, _largest_input, needs=0)

CHECKS = {
    ("poor_initialization", "SM"): (Check("max σ²(Wⁱ) / min σ²(Wⁱ)", ">", 10, _variance_ratio),),
    ("poor_initialization", "DC"): (
        _EQUAL,
        Check("max F, F = σ²(W) / σ₀² or σ₀² / σ²(W)", ">", 2.70554, _variance_off),
        Check("|C₀ − ln K| / ln K", "≥", 1, _loss_off),
        Check("max σ(z)", ">", 2, _largest_activation),
        Check("min σ(z)", "<", 0.5, _smallest_activation),
    ),
    ("poor_initialization", "NS"): (
        Check(_FIRST_LOSS, ">", 1.5, _loss_ratio),
        Check(_FIRST_LOSS, "<", 0.8, _loss_ratio),
    ),
    ("constant_weights", "DC"): (_EQUAL,),
    ("unscaled_inputs", "SM"): (Check("|mean x|", ">", 0.2, _input_mean, needs=0),),
    ("unscaled_inputs", "DC"): (_INPUT,),
    ("unscaled_inputs", "DD"): (_INPUT,),
}
