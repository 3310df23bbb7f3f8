"""Vanishing, exploding and no longer finite, on records made up for it."""

import math

import numpy as np
import pytest

from ml.records import RunRecord
from tests.findings import beyond, find, found, limit_of, missing, spoken, within
from tests.records import diverging, make_patient, make_run, with_numbers

BOTH = ("vanishing_gradient", "exploding_gradient")


def with_ratios(run: RunRecord, ratios: object) -> RunRecord:
    """The gradient of the first hidden layer over that of the last, at each snapshot."""
    stds = np.full((len(run.snapshots), run.spec.depth), 0.5)
    stds[:, 0] *= ratios
    return with_numbers(run, statistics={("backprop_gradient", "std"): stds})


@pytest.mark.parametrize("rule", BOTH)
def test_a_ratio_just_out_of_bounds_is_found_and_one_just_within_is_not(rule: str) -> None:
    limit = limit_of(rule)
    assert find(with_ratios(make_patient(), beyond(limit)), rule)
    assert find(with_ratios(make_patient(), within(limit)), rule) is None


@pytest.mark.parametrize("rule", BOTH)
def test_the_finding_names_the_first_layer_and_the_first_step_of_the_last_time(rule: str) -> None:
    limit = limit_of(rule)
    ratios = np.full(8, beyond(limit))
    ratios[2] = 1.0  # it was well once in between
    finding = found(with_ratios(make_patient(8), ratios), rule)
    assert finding.reading.layer == "hidden1"
    assert finding.reading.layers == ("hidden1",)
    assert finding.reading.step == 30
    assert finding.reading.value == pytest.approx(beyond(limit))


@pytest.mark.parametrize("rule", BOTH)
def test_one_snapshot_too_few_says_nothing(rule: str) -> None:
    limit = limit_of(rule)
    ratios = np.ones(6)
    ratios[-limit.patience :] = beyond(limit)
    assert find(with_ratios(make_patient(), ratios), rule)
    ratios[-limit.patience] = 1.0
    assert find(with_ratios(make_patient(), ratios), rule) is None
    assert find(with_ratios(make_patient(limit.patience - 1), beyond(limit)), rule) is None


def test_a_gradient_that_exploded_at_first_is_told_though_it_came_down() -> None:
    ratios = np.ones(8)
    ratios[1:5] = 1_000, 400, 300, 200
    finding = found(with_ratios(make_patient(8), ratios), "exploding_gradient")
    assert (finding.reading.value, finding.reading.step) == (pytest.approx(300), 10)


def test_a_gradient_that_had_vanished_at_first_only_is_not_told() -> None:
    ratios = np.ones(8)
    ratios[:4] = 1e-6
    assert find(with_ratios(make_patient(8), ratios), "vanishing_gradient") is None


@pytest.mark.parametrize("rule", BOTH)
def test_a_run_that_learns_well_is_not_accused(rule: str) -> None:
    run = with_ratios(make_patient(), beyond(limit_of(rule)))
    assert find(with_numbers(run, metrics={"train_error": 0.01}), rule) is None


@pytest.mark.parametrize("rule", BOTH)
def test_one_hidden_layer_has_no_ratio(rule: str) -> None:
    assert find(make_patient(hidden=(6,)), rule) is None


def test_where_no_layer_receives_a_gradient_it_has_vanished() -> None:
    run = with_numbers(make_patient(), statistics={("backprop_gradient", "std"): 0.0})
    finding = found(run, "vanishing_gradient")
    assert finding.reading.value == 0
    assert "no gradient at all" in spoken(finding)[0]
    assert find(run, "exploding_gradient") is None


def test_where_only_the_last_layer_receives_none_the_ratio_is_infinite() -> None:
    stds = np.full((6, 3), 0.5)
    stds[:, -1] = 0
    run = with_numbers(make_patient(), statistics={("backprop_gradient", "std"): stds})
    finding = found(run, "exploding_gradient")
    assert finding.reading.value == math.inf
    assert all(spoken(finding))


@pytest.mark.parametrize(("rule", "ratio"), [("vanishing_gradient", 1 / 43000), ("exploding_gradient", 43000.0)])
def test_the_sentence_says_it_in_times_and_how_much_is_wrong_in_both_languages(rule: str, ratio: float) -> None:
    english, spanish = spoken(found(with_ratios(make_patient(), ratio), rule))
    assert missing(english, "43,000 times", "layer 3", "40\N{NO-BREAK SPACE}%") == []
    assert missing(spanish, "43.000 veces", "capa 3", "40\N{NO-BREAK SPACE}%") == []


@pytest.mark.parametrize("rule", BOTH)
def test_what_was_measured_before_the_first_nan_is_judged(rule: str) -> None:
    assert find(diverging(with_ratios(make_patient(), beyond(limit_of(rule))), 2), rule)
    assert find(diverging(make_patient(), 2), rule) is None


def test_a_run_without_any_finite_snapshot_has_only_diverged() -> None:
    run = make_run(3, diverges_at=0)
    assert [find(run, rule) for rule in BOTH] == [None, None]
    assert find(run, "diverged")


# --- no longer finite ---


def test_one_value_that_is_not_finite_is_found_and_none_is_not() -> None:
    nonfinite = np.zeros((6, 3))
    assert find(make_patient(), "diverged") is None
    nonfinite[4, 1] = 1
    finding = found(with_numbers(make_patient(), statistics={("activation", "nonfinite"): nonfinite}), "diverged")
    assert finding.reading.value == 1
    assert (finding.reading.layer, finding.reading.layers, finding.reading.step) == ("hidden2", ("hidden2",), 40)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_enough(loss: float) -> None:
    losses = [2.0, 2.0, 2.0, 2.0, 2.0, loss]
    finding = found(with_numbers(make_patient(), metrics={"train_loss": losses}), "diverged")
    assert (finding.reading.value, finding.reading.layer, finding.reading.step) == (1, None, 50)
    english, spanish = spoken(finding)
    assert missing(english, "step 50", "0.001") == []
    assert missing(spanish, "paso 50", "0,001") == []


def test_a_step_noted_between_the_snapshots_tells_when_it_began() -> None:
    run = make_run(3, diverges_at=2)
    ratios = np.full((3, 4), 1e-3)
    ratios[2, 0] = math.nan
    assert found(with_numbers(run, updates=ratios), "diverged").reading.step == 15
    assert found(run, "diverged").reading.step == 20


def test_the_sentence_says_where_and_from_when_in_both_languages() -> None:
    english, spanish = spoken(found(make_run(3, diverges_at=1, lr=2.5), "diverged"))
    assert missing(english, "step 10", "layer 1", "4 of 4 layers", "2.5") == []
    assert missing(spanish, "paso 10", "capa 1", "4 de 4 capas", "2,5") == []
