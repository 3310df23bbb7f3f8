"""Steps too small and too large, on records made up for it."""

import math

import numpy as np
import pytest

from tests.findings import beyond, find, found, limit_of, missing, spoken, within
from tests.records import diverging, make_patient, make_run, with_numbers

BOTH = pytest.mark.parametrize("rule", ["update_too_small", "update_too_large"])


@BOTH
def test_a_ratio_just_out_of_bounds_is_found_and_one_just_within_is_not(rule: str) -> None:
    assert find(with_numbers(make_patient(), updates=beyond(limit_of(rule))), rule)
    assert find(with_numbers(make_patient(), updates=within(limit_of(rule))), rule) is None


def test_the_layer_that_moves_most_is_judged() -> None:
    ratios = np.full((6, 4), 1e-9)
    ratios[:, 2] = 1e-3
    assert find(with_numbers(make_patient(), updates=ratios), "update_too_small") is None
    ratios[:, 2] = 0.7
    finding = found(with_numbers(make_patient(), updates=ratios), "update_too_large")
    assert (finding.reading.layer, finding.reading.layers) == ("hidden3", ("hidden3",))
    assert finding.reading.value == pytest.approx(0.7)


@BOTH
def test_it_began_at_the_first_snapshot_of_the_last_time(rule: str) -> None:
    limit = limit_of(rule)
    ratios = np.full((8, 4), beyond(limit))
    ratios[3] = 1e-3  # it was well once in between
    assert found(with_numbers(make_patient(8), updates=ratios), rule).reading.step == 40


def test_steps_that_were_too_large_at_first_are_told_though_they_are_small_now() -> None:
    ratios = np.full((8, 4), 1e-3)
    ratios[2:5] = 0.5
    finding = found(with_numbers(make_patient(8), updates=ratios), "update_too_large")
    assert (finding.reading.step, finding.reading.value) == (20, pytest.approx(0.5))


def test_steps_that_were_too_small_at_first_only_are_not_told() -> None:
    ratios = np.full((8, 4), 1e-3)
    ratios[2:5] = 1e-9
    assert find(with_numbers(make_patient(8), updates=ratios), "update_too_small") is None


@BOTH
def test_one_snapshot_too_few_says_nothing(rule: str) -> None:
    limit = limit_of(rule)
    ratios = np.full((6, 4), 1e-3)
    ratios[-limit.patience :] = beyond(limit)
    assert find(with_numbers(make_patient(), updates=ratios), rule)
    ratios[-limit.patience] = 1e-3
    assert find(with_numbers(make_patient(), updates=ratios), rule) is None
    # Before the first step there is none.
    assert find(with_numbers(make_patient(limit.patience), updates=beyond(limit)), rule) is None


@BOTH
def test_a_run_that_learns_well_is_not_accused(rule: str) -> None:
    run = with_numbers(make_patient(), updates=beyond(limit_of(rule)), metrics={"train_error": 0.01})
    assert find(run, rule) is None


def test_frozen_layers_do_not_move_and_do_not_count() -> None:
    ratios = np.full((6, 4), 1e-3)
    ratios[:, 0] = 0
    assert find(with_numbers(make_patient(), updates=ratios), "update_too_small") is None


@BOTH
def test_a_run_that_only_looks_at_its_start_has_none(rule: str) -> None:
    assert find(make_patient(1), rule) is None


@BOTH
def test_snapshots_without_a_ratio_interrupt_what_must_hold_in_a_row(rule: str) -> None:
    ratios = np.full((6, 4), beyond(limit_of(rule)))
    ratios[::2] = math.nan
    assert find(with_numbers(make_patient(), updates=ratios), rule) is None


@BOTH
def test_what_was_measured_before_the_first_nan_is_judged(rule: str) -> None:
    enough = 1 + limit_of(rule).patience
    assert find(diverging(with_numbers(make_patient(8), updates=beyond(limit_of(rule))), enough), rule)
    assert find(diverging(make_patient(8), enough), rule) is None
    assert find(make_run(3, diverges_at=0), rule) is None


def test_the_sentence_holds_ratio_and_layer_in_both_languages() -> None:
    ratios = np.full((6, 4), 2e-6)
    ratios[:, 1] = 3.2e-5
    english, spanish = spoken(found(with_numbers(make_patient(), updates=ratios), "update_too_small"))
    assert missing(english, "3.2e-05", "layer 2") == []
    assert missing(spanish, "3,2e-05", "capa 2") == []
    ratios[:, 3] = 0.64
    english, spanish = spoken(found(with_numbers(make_patient(), updates=ratios), "update_too_large"))
    assert missing(english, "0.64", "the output layer") == []
    assert missing(spanish, "0,64", "capa de salida") == []


def test_weights_that_do_not_move_at_all_are_told_so() -> None:
    english, spanish = spoken(found(with_numbers(make_patient(), updates=np.zeros((6, 4))), "update_too_small"))
    assert missing(english, "by 0 of their length", "not at all") == []
    assert missing(spanish, "0 de su longitud", "nada") == []
