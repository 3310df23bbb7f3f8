"""Gradients that vanish or explode on their way down, and numbers that are no longer finite."""

import math
from collections.abc import Callable

import numpy as np

from ml.catalog import Floats
from ml.records import StepRecord
from ml.rules.evidence import Evidence
from ml.rules.finding import ALARM, Limit, Reading, Rule, place, share
from ml.words import Words, words

TOPIC = words("Vanishing and exploding gradients")


def vanishing_gradient(evidence: Evidence, limit: Limit) -> Reading:
    """The standard deviation of the back-propagated gradient at the first hidden layer over that at the last one. Each
    layer multiplies the gradient by its weights and by f′; where the product is small, the lower layers receive nothing
    to learn from (Glorot & Bengio, 2010, section 4.2)."""
    return _first_to_last(evidence, to_last(evidence), limit, _vanishing_text)


def exploding_gradient(evidence: Evidence, limit: Limit) -> Reading:
    """The same ratio, the other way, over the time when it was largest: weights that are too large multiply the
    gradient at every layer, and the lower layers take steps that destroy what they knew. What was destroyed stays so
    where the gradient comes down afterwards and the network does not learn."""
    ratios = to_last(evidence)
    until = limit.until_largest(ratios[:, 0], evidence.patience(limit.patience)) if ratios.size else 0
    return _first_to_last(evidence, ratios[:until], limit, _exploding_text)


def _first_to_last(
    evidence: Evidence, ratios: Floats, limit: Limit, text: Callable[[Evidence, float], Words]
) -> Reading:
    """Over the last of the snapshots of `ratios`."""
    if evidence.spec.depth < 2 or not len(ratios):
        return Reading(math.nan)
    value = float(limit.held(ratios[:, 0], evidence.patience(limit.patience)))
    if not limit.crossed(value):
        return Reading(value)
    out = limit.crossed(ratios[-1])
    layers = tuple(name for name, is_out in zip(evidence.spec.hidden_layers, out, strict=True) if is_out)
    return Reading(value, "hidden1", layers, evidence.step(limit.began(ratios[:, 0])), text(evidence, value))


def to_last(evidence: Evidence) -> Floats:
    """(snapshots, hidden layers) the gradient of each layer over that of the last one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Floats = evidence.gradient / evidence.gradient[:, -1:]
    # Where no layer receives any gradient, the first receives none either.
    ratios[(evidence.gradient == 0).all(axis=1)] = 0
    return ratios


def _vanishing_text(evidence: Evidence, ratio: float) -> Words:
    wrong = share(float(evidence.metric("train_error")[-1]))
    if ratio == 0:
        return words("Layer 1 receives no gradient at all, and {wrong} of the training answers are wrong.", wrong=wrong)
    return words(
        "Layer 1 receives {times:,.0f} times less gradient than layer {top}, and {wrong} of the training answers are "
        "wrong.",
        times=1 / ratio, top=evidence.spec.depth, wrong=wrong,
    )  # fmt: skip


def _exploding_text(evidence: Evidence, ratio: float) -> Words:
    wrong = share(float(evidence.metric("train_error")[-1]))
    return words(
        "Layer 1 receives {times:,.0f} times more gradient than layer {top}, and {wrong} of the training answers are "
        "wrong.",
        times=ratio, top=evidence.spec.depth, wrong=wrong,
    )  # fmt: skip


def diverged(evidence: Evidence, _limit: Limit) -> Reading:
    """How many values of the layers and losses of a snapshot are infinite or not a number. From the first one on the
    network answers nothing."""
    first = evidence.diverged_at
    if first is None:
        return Reading(0.0)
    hit = [layer.layer for layer in first.layers if any(layer.number(s, "nonfinite") for s in layer.signals)]
    text = _diverged_text(evidence, first, hit)
    return Reading(float(first.nonfinite), hit[0] if hit else None, tuple(hit), _first_step(first), text)


def _first_step(first: StepRecord) -> int:
    """What was noted between the snapshots may have seen it before."""
    noted = ((p.step, np.isfinite([*p.gradient_norm, *p.update_ratio]).all()) for p in first.pulses)
    return next((step for step, is_finite in noted if not is_finite), first.step)


def _diverged_text(evidence: Evidence, first: StepRecord, hit: list[str]) -> Words:
    step = _first_step(first)
    if not hit:
        return words(
            "From step {step:,} on the loss is infinite or not a number; the learning rate is {lr:g}.",
            step=step, lr=evidence.spec.lr,
        )  # fmt: skip
    return words(
        "From step {step:,} on values are infinite or not a number, first in {layer}, in {hit} of {layers} layers; the "
        "learning rate is {lr:g}.",
        step=step, layer=place(hit[0]), hit=len(hit), layers=len(first.layers), lr=evidence.spec.lr,
    )  # fmt: skip


RULES = (
    Rule(
        "diverged", words("Diverged"), ALARM, Limit(0), "#{NaN, ±∞}", words("Exploding gradients"), diverged,
        figure="loss",
    ),
    Rule(
        "exploding_gradient", words("Exploding gradient"), ALARM, Limit(100, patience=3), "σ(N·∂C/∂s¹) / σ(N·∂C/∂sᴸ)",
        TOPIC, exploding_gradient, figure="gradient_flow",
    ),
    Rule(
        "vanishing_gradient", words("Vanishing gradient"), ALARM, Limit(0.01, above=False, patience=3),
        "σ(N·∂C/∂s¹) / σ(N·∂C/∂sᴸ)", TOPIC, vanishing_gradient, figure="gradient_flow",
    ),
)  # fmt: skip
