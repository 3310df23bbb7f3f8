"""The numbers that labs and the checks of the paper are decided by, on made-up runs."""

import math

import numpy as np
import pytest

from ml.labs import measures as m
from ml.records import RunRecord
from tests.ml.labs.layers import at_steps, high, saturating
from tests.ml.labs.made import made, stds
from tests.reproduction import measures as own

NAME, ARM = "figure-10", "standard"  # four tanh layers


def with_losses(*losses: float) -> RunRecord:
    run = made(NAME, ARM, len(losses), metrics={"val_loss": losses})
    return at_steps(run, *range(0, 100 * len(losses), 100))


@pytest.mark.parametrize(("over", "under", "expected"), [(3, 2, 1.5), (1, 0, math.inf), (0, 2, 0), (0, 0, math.nan)])
def test_a_ratio_over_0_is_infinite_or_no_number(over, under, expected):
    assert m.ratio(over, under) == pytest.approx(expected, nan_ok=True)


def test_layers_are_compared_without_the_output():
    run = made(NAME, ARM, statistics=stds("weight_gradient", [4, 2, 1, 8, 100]))

    assert m.bottom_over_top(run, "weight_gradient") == 0.5
    assert m.spread(run, "weight_gradient") == 8


def test_each_layer_is_compared_with_the_one_below():
    run = made(NAME, ARM, statistics=stds("activation", [1, 0.5, 0.25, 0.75]))

    assert m.above_over_below(run).tolist() == [0.5, 0.5, 3]


def test_a_run_has_learned_at_its_first_loss_below_the_plateau():
    assert m.step_learned(with_losses(2.2, 2.1, 2.0, 1.9)) == 200
    assert m.step_learned(with_losses(2.2, 2.1)) == math.inf


def test_a_run_that_learns_later_is_measured_against_the_slowest_of_the_others():
    late, soon, sooner = with_losses(2.2, 2.2, 2.2, 2), with_losses(2.2, 2.2, 2), with_losses(2.2, 2)

    assert m.learned_after(late, sooner, soon) == 100


def test_a_layer_that_was_narrow_and_opens_again():
    widths = [[1, 1, 1, 0.2], [1, 1, 1, 0.01], [1, 1, 1, 0.03], [1, 1, 1, 0.1]]
    run = at_steps(made(NAME, ARM, 4, statistics=stds("activation", widths)), 0, 100, 200, 300)

    assert own.narrowest(run, 4) == 100
    assert own.escape(run, 4, 0.05) == 300
    assert own.recovery(run, 4) == pytest.approx(10)
    assert own.at(run, 200, m.curve(run, "std", 4)) == 0.03


def test_a_layer_saturates_where_more_than_2_in_100_are_beyond_09():
    free = high(0)
    run = saturating(NAME, ARM, {100: [high(0.01), free, free, free], 200: [high(0.03), high(0.01), free, free]})

    assert m.step_saturated(run, 1) == 200
    assert m.step_saturated(run, 2) == math.inf


def test_shares_at_the_end_count_both_signs():
    both = np.array([-0.95, 0.95, 0.6, 0.1])
    run = saturating(NAME, ARM, {100: [both, high(0), high(0.25), high(0)]})

    assert m.share(run, 1) == 0.5
    assert m.share(run, 1, 0.5, 0.9) == 0.25
    assert own.share_ratio(run, 1, 3) == 2
    assert math.isnan(own.share_ratio(run, 1, 2))


def test_the_98th_percentile_is_of_sizes():
    run = saturating(NAME, ARM, {100: [high(0), -high(0.03), high(0.01), high(0.01)]})

    assert [m.percentile_98(run, layer) for layer in (1, 2, 3)] == pytest.approx([0.7, 0.97, 0.7], abs=0.01)
    assert m.percentiles_apart(run, 2, 4) == pytest.approx(0.27, abs=0.02)  # two bins


def test_a_run_that_diverged_has_no_right_answer():
    right = made(NAME, ARM, 2, metrics={"val_error": 0.25})
    wrong = made(NAME, ARM, 2, metrics={"train_loss": [2.3, math.nan], "val_loss": [2.3, math.nan], "val_error": 0.5})

    assert m.final_error(wrong) == 1
    assert m.errs_more(wrong, right) == 0.75


def test_the_least_rise_of_the_means_may_be_a_fall():
    rising = made(NAME, ARM, statistics={("activation", "mean"): [0.1, 0.3, 0.4, 0.2]})

    assert own.least_rise(rising, 3) == pytest.approx(0.1)
    assert own.least_rise(rising, 4) == pytest.approx(-0.2)
