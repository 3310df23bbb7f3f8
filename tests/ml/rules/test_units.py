"""Dead units and saturated activations, on records made up for it."""

import math
from typing import Any

import numpy as np
import pytest

from ml.records import RunRecord
from tests.findings import beyond, find, found, limit_of, missing, spoken, within
from tests.records import diverging, make_patient, make_run, with_numbers

# By rule: an activation that can have it, and the name of its share.
CAN = {"dead_units": ("relu", "dead"), "saturated_activation": ("tanh", "saturated")}
BOTH = pytest.mark.parametrize("rule", CAN)


def with_shares(rule: str, shares: Any, snapshots: int = 6, layer: int = 1, **spec: Any) -> RunRecord:
    """A run in which this share of one layer is dead or saturated, at each snapshot."""
    activation, name = CAN[rule]
    values = np.full((snapshots, 3), 0.01)
    values[:, layer] = shares
    return with_numbers(make_patient(snapshots, **{"activation": activation} | spec), health={name: values})


@BOTH
def test_a_share_just_out_of_bounds_is_found_and_one_just_within_is_not(rule: str) -> None:
    assert find(with_shares(rule, beyond(limit_of(rule))), rule)
    assert find(with_shares(rule, within(limit_of(rule))), rule) is None


@BOTH
def test_the_finding_names_the_worst_layer_all_that_are_ill_and_the_first_step(rule: str) -> None:
    _, name = CAN[rule]
    values = np.full((8, 3), 0.01)
    values[3:, 1], values[3:, 2], values[0, 1] = 0.9, 0.8, 0.9
    finding = found(with_numbers(make_patient(8, activation=CAN[rule][0]), health={name: values}), rule)
    assert (finding.reading.layer, finding.reading.layers) == ("hidden2", ("hidden2", "hidden3"))
    assert (finding.reading.step, finding.reading.value) == (30, pytest.approx(0.9))


@BOTH
def test_one_snapshot_too_few_says_nothing(rule: str) -> None:
    patience = limit_of(rule).patience
    shares = np.full(6, 0.01)
    shares[-patience:] = 0.9
    assert find(with_shares(rule, shares), rule)
    shares[-patience] = 0.01
    assert find(with_shares(rule, shares), rule) is None
    assert find(with_shares(rule, 0.9, snapshots=patience - 1), rule) is None


def test_a_saturated_run_that_learns_well_is_not_accused() -> None:
    run = with_numbers(with_shares("saturated_activation", 0.9), metrics={"train_error": 0.01})
    assert find(run, "saturated_activation") is None


def test_a_relu_that_is_silent_for_many_examples_is_not_saturated() -> None:
    run = with_numbers(make_patient(activation="relu"), health={"saturated": 0.9})
    assert find(run, "saturated_activation") is None
    assert find(run, "dead_units") is None


def test_a_tanh_whose_units_are_flat_for_every_example_is_not_dead() -> None:
    assert find(with_numbers(make_patient(activation="tanh"), health={"dead": 0.9}), "dead_units") is None


@BOTH
def test_an_activation_without_a_flat_side_has_neither(rule: str) -> None:
    assert find(make_patient(activation="leaky_relu"), rule) is None


@BOTH
def test_of_a_mixed_network_only_the_layers_that_can_have_it_count(rule: str) -> None:
    activation, name = CAN[rule]
    other = "tanh" if activation == "relu" else "relu"
    run = make_patient(activation=(other, activation, "linear"))
    assert found(with_numbers(run, health={name: 0.9}), rule).reading.layers == ("hidden2",)


@BOTH
def test_what_was_measured_before_the_first_nan_is_judged(rule: str) -> None:
    assert find(diverging(with_shares(rule, 0.9), 2), rule)
    assert find(diverging(with_shares(rule, 0.01), 2), rule) is None
    assert find(make_run(3, diverges_at=0, activation=CAN[rule][0]), rule) is None


@BOTH
def test_a_share_that_is_not_a_number_is_not_accused(rule: str) -> None:
    shares = np.full(6, 0.9)
    shares[-1] = math.nan
    assert find(with_shares(rule, shares), rule) is None


@BOTH
def test_the_sentence_holds_share_and_layer_in_both_languages(rule: str) -> None:
    english, spanish = spoken(found(with_shares(rule, 0.875), rule))
    assert missing(english, "87.5\N{NO-BREAK SPACE}%", "layer 2") == []
    assert missing(spanish, "87,5\N{NO-BREAK SPACE}%", "capa 2") == []
