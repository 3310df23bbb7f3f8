"""The acceptance table of `make reproduce`: its cheapest sections, and that no check of it is a constant."""

import math

import numpy as np
import pytest

from ml.labs.measures import step_saturated
from ml.records import Health, LayerSnapshot, Metrics, RunRecord, StepRecord
from ml.summary import summarise
from tests.ml.labs import layers
from tests.reproduction.checks import CHECKS, LONG_CHECKS, Check, above, below, between
from tests.reproduction.runs import SPECS, trained
from tests.training import temporary_database

QUICK = [check for check in CHECKS if check.section in "AB"]


def name(check: Check) -> str:
    return f"{check.section}: {' / '.join(check.runs)}: {check.quantity}"


# --- as the product trains and stores it ---


@pytest.fixture(scope="module")
def runs() -> dict[str, RunRecord]:
    with temporary_database() as engine:
        names = dict.fromkeys(run for check in QUICK for run in check.runs)
        return {run: trained(engine, run, seed=0) for run in names}


@pytest.mark.parametrize("check", QUICK, ids=name)
def test_glorot_and_bengio_saw_it(runs, check):
    value = check.value(runs)

    assert check.expected.holds(value), f"{value} is not {check.expected.text}"


# --- made-up runs ---


def run(run_name: str, *snapshots: StepRecord) -> RunRecord:
    return RunRecord("made-up", SPECS[run_name], snapshots=snapshots)


def at(step: int, *hidden: LayerSnapshot, loss: float = 2.2, error: float = 0.83) -> StepRecord:
    return StepRecord(step, 0.0, Metrics(loss, error, loss, error), (*hidden, around(0, 1)))


def around(mean: float, std: float, gradient: float = 1.0, weight: float = 1.0, jacobian: float = 0.5) -> LayerSnapshot:
    """A layer with activations of this mean and std, and gradients of these stds."""
    return layer(np.array([mean - std, mean + std]), gradient, weight, jacobian)


def high(share: float, others: float = 0.7) -> LayerSnapshot:
    """A layer with this share of its activations at 0.97, the others at a value of their own."""
    return layer(layers.high(share, others))


def layer(values: np.ndarray, gradient: float = 1.0, weight: float = 1.0, jacobian: float = 0.5) -> LayerSnapshot:
    stds = {"backprop_gradient": gradient, "weight_gradient": weight}
    signals = {signal: summarise(np.array([-std, std], np.float32), 200) for signal, std in stds.items()}
    signals["activation"] = layers.activations(values)
    return LayerSnapshot("hidden", signals, Health(jacobian=jacobian))


def shrinking(jacobian: float, weights: float = 1.0) -> StepRecord:
    halves = [2.0**-i for i in range(5)]
    grown = [1, 1, 1, 1, weights]
    return at(0, *(around(0, z, g, w, jacobian) for z, g, w in zip(halves, halves[::-1], grown, strict=True)))


def alike(jacobian: float, weights: float = 1.0) -> StepRecord:
    return at(0, *(around(0, 0.5, 1, w, jacobian) for w in [1, 1, 1, 1, weights]))


SATURATING = [at(s, *[around(0.5, 0.1)] * 3, around(top, 0.1)) for s, top in ((300, 0.2), (1000, 0.08), (1800, 0.04))]
SATURATED = [around(0.50, 0.2), around(0.55, 0.1), around(0.70, 0.1), around(0.02, 0.0005)]
FREE = [around(0.5, 0.2)] * 4

RIGHT = {
    "tanh 5x50": run("tanh 5x50", shrinking(0.48)),
    "tanh 5x50 N": run("tanh 5x50 N", alike(0.75)),
    "sigmoid 4x100": run("sigmoid 4x100", *SATURATING, at(2000, *SATURATED)),
    "sigmoid 2x100": run(
        "sigmoid 2x100",
        at(0, around(0.5, 0.2), around(0.5, 0.1)),
        at(1000, around(0.5, 0.2), around(0.5, 0.01)),
        at(4000, around(0.5, 0.3), around(0.5, 0.05), loss=2.0),
        at(5000, around(0.5, 0.35), around(0.5, 0.1)),
    ),
    "tanh 4x100": run(
        "tanh 4x100",
        at(1000, high(0.1), *[high(0)] * 3),
        at(4000, high(0.2), high(0.1), *[high(0)] * 2),
        at(8000, high(0.4), high(0.1), high(0.05), high(0)),
    ),
    "tanh N": run("tanh N", at(500, *[high(0.1)] * 5, loss=1.9), at(5000, *[high(0.4)] * 5, error=0.72)),
    "softsign N": run("softsign N", at(500, loss=1.9), at(5000, error=0.73)),
    "softsign": run("softsign", at(2000, loss=1.9), at(5000, *[high(0.001)] * 5, error=0.74)),
    "tanh": run("tanh", at(5000)),
    "sigmoid": run("sigmoid", at(5000)),
    "sigmoid, long": run(
        "sigmoid, long",
        at(20_000, *SATURATED),
        at(73_000, *SATURATED[:3], around(0.1, 0.02)),
        at(80_000, *SATURATED[:3], around(0.2, 0.05)),
    ),
    "tanh N, long": run("tanh N, long", at(60_000, error=0.58)),
    "softsign N, long": run("softsign N, long", at(60_000, error=0.60)),
    "softsign, long": run("softsign, long", at(60_000, error=0.62)),
    "tanh, long": run("tanh, long", at(60_000, error=0.64)),
}

WRONG = {
    "tanh 5x50": run("tanh 5x50", alike(0.9, weights=3)),
    "tanh 5x50 N": run("tanh 5x50 N", shrinking(0.3, weights=3)),
    "sigmoid 4x100": run("sigmoid 4x100", *(at(step, *FREE, loss=1.5, error=0.5) for step in (300, 1000, 1800, 2000))),
    "sigmoid 2x100": run(
        "sigmoid 2x100",
        at(0, around(0.5, 0.3), around(0.5, 0.2)),
        at(3000, around(0.5, 0.3), around(0.5, 0.05)),
        at(5000, around(0.5, 0.28), around(0.5, 0.06)),
    ),
    "tanh 4x100": run("tanh 4x100", at(3500, *[high(0.1)] * 4), at(8000, *[high(0.2)] * 4)),
    "tanh N": run("tanh N", at(4500, loss=1.9), at(5000, *[high(0.1)] * 5)),
    "softsign N": run("softsign N", at(4500, loss=1.9), at(5000)),
    "softsign": run("softsign", at(4000, loss=1.9), at(5000, high(0.1, 0.3), high(0), *[high(0.1, 0.3)] * 3)),
    "tanh": run("tanh", at(5000, loss=1.5, error=0.5)),
    "sigmoid": run("sigmoid", at(5000, loss=1.5, error=0.5)),
    "sigmoid, long": run("sigmoid, long", at(50_000, *FREE), at(72_000, *FREE[:3], around(0.5, 0.002))),
    "tanh N, long": run("tanh N, long", at(60_000, error=0.64)),
    "softsign N, long": run("softsign N, long", at(60_000, error=0.62)),
    "softsign, long": run("softsign, long", at(60_000, error=0.60)),
    "tanh, long": run("tanh, long", at(60_000, error=0.58)),
}


@pytest.mark.parametrize("check", CHECKS + LONG_CHECKS, ids=name)
def test_a_check_passes_on_what_the_paper_saw_and_fails_on_its_opposite(check):
    assert check.expected.holds(check.value(RIGHT))
    assert not check.expected.holds(check.value(WRONG))


@pytest.mark.parametrize("expected", [above(0), below(1), between(0, 1)], ids=lambda expected: expected.text)
def test_what_is_no_number_passes_no_bound(expected):
    assert not expected.holds(math.nan)


def test_a_layer_that_never_saturates_does_so_after_one_that_did():
    saturated = run("tanh 4x100", at(1000, high(0)), at(4000, high(0.1)))
    never = run("tanh 4x100", at(4000, high(0)))

    assert above(0).holds(step_saturated(never, 1) - step_saturated(saturated, 1))
    assert not above(0).holds(step_saturated(never, 1) - step_saturated(never, 1))
