"""What is wrong before the first step, on records made up for it."""

import math
from typing import Any

import numpy as np
import pytest

from ml.records import RunRecord
from ml.rules import Evidence, Limit
from ml.rules.start import EQUAL, FIRST_LOSS, FLAT, SPREAD
from tests.findings import beyond, find, found, missing, spoken, within
from tests.records import diverging, make_patient, make_run, with_numbers

RULE = "poor_initialization"


def equal(std: float) -> RunRecord:
    return with_numbers(make_patient(2), statistics={("weight", "std"): _one_layer(std, 0.1, 4)})


def dead(share: float) -> RunRecord:
    return with_numbers(make_patient(2, activation="relu"), health={"dead": _one_layer(share, 0.0)})


def saturated(share: float) -> RunRecord:
    return with_numbers(make_patient(2), health={"saturated": _one_layer(share, 0.0)})


def spread(times: float) -> RunRecord:
    return with_numbers(make_patient(2), statistics={("activation", "std"): _one_layer(0.5 / times, 0.5)})


def first_loss(times: float) -> RunRecord:
    return with_numbers(make_patient(2), metrics={"train_loss": [times * Evidence(make_patient(1)).guess_loss, 1.5]})


def _one_layer(value: float, others: float, layers: int = 3) -> Any:
    """At step 0 the second layer has this value; later all is well."""
    values = np.full((2, layers), others)
    values[0, 1] = value
    return values


CHECKS = pytest.mark.parametrize(
    ("ill", "limit"),
    [(equal, EQUAL), (dead, FLAT), (saturated, FLAT), (spread, SPREAD), (first_loss, FIRST_LOSS)],
)


@CHECKS
def test_what_is_just_out_of_bounds_is_found_and_what_is_just_within_is_not(ill: Any, limit: Limit) -> None:
    finding = found(ill(beyond(limit)), RULE)
    assert finding.limit == limit
    assert finding.reading.value == pytest.approx(beyond(limit))
    assert finding.reading.step == 0
    assert finding.formula
    assert find(ill(within(limit)), RULE) is None


@CHECKS
def test_a_run_that_learns_well_in_spite_of_it_is_not_accused(ill: Any, limit: Limit) -> None:
    assert find(with_numbers(ill(beyond(limit)), metrics={"train_error": 0.01}), RULE) is None


@CHECKS
def test_step_0_is_judged_even_where_nothing_else_is_finite(ill: Any, limit: Limit) -> None:
    assert find(diverging(ill(beyond(limit)), 1), RULE)
    assert find(diverging(ill(within(limit)), 1), RULE) is None


@pytest.mark.parametrize(("ill", "value"), [(equal, 0.0), (dead, 0.9), (saturated, 0.9)])
def test_the_layer_is_named(ill: Any, value: float) -> None:
    reading = found(ill(value), RULE).reading
    assert (reading.layer, reading.layers) == ("hidden2", ("hidden2",))


def test_without_a_finite_snapshot_nothing_is_said_of_the_start() -> None:
    assert find(make_run(3, diverges_at=0), RULE) is None
    assert find(make_run(0), RULE) is None


def test_a_layer_that_lets_nothing_through_makes_the_spread_infinite() -> None:
    finding = found(spread(math.inf), RULE)
    assert finding.reading.value == math.inf
    assert all(spoken(finding))


def test_a_gradient_that_fades_is_told_as_such_and_not_as_a_poor_start() -> None:
    fading = with_numbers(make_patient(), statistics={("backprop_gradient", "std"): [1e-6, 1e-3, 1.0]})
    assert find(fading, "poor_initialization") is None
    assert find(fading, "vanishing_gradient")


def test_of_several_the_first_is_told() -> None:
    run = with_numbers(first_loss(10), health={"saturated": 0.9})
    assert found(run, RULE).limit == FLAT


def test_the_quadratic_loss_is_compared_with_that_of_its_own_guessing() -> None:
    run = make_patient(2, loss="quadratic")
    guess = Evidence(run).guess_loss
    assert guess == pytest.approx(0.45, abs=0.01)
    assert find(with_numbers(run, metrics={"train_loss": [2 * guess, guess]}), RULE) is None
    assert find(with_numbers(run, metrics={"train_loss": [4 * guess, guess]}), RULE)


@pytest.mark.parametrize(
    ("run", "english", "spanish"),
    [
        (equal(0.0), ("layer 2", "equal"), ("capa 2", "iguales")),
        (dead(0.875), ("87.5\N{NO-BREAK SPACE}%", "layer 2"), ("87,5\N{NO-BREAK SPACE}%", "capa 2")),
        (saturated(0.875), ("87.5\N{NO-BREAK SPACE}%", "layer 2"), ("87,5\N{NO-BREAK SPACE}%", "capa 2")),
        (spread(54321), ("54,321 times",), ("54.321 veces",)),
        (first_loss(7.5), ("7.5 times",), ("7,5 veces",)),
    ],
)
def test_the_sentence_holds_its_numbers_in_both_languages(
    run: RunRecord, english: tuple[str, ...], spanish: tuple[str, ...]
) -> None:
    sentences = spoken(found(run, RULE))
    assert missing(sentences[0], *english) == []
    assert missing(sentences[1], *spanish) == []
