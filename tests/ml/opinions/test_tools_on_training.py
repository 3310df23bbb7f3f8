"""Steps, the start, and the curves, as other tools judge them."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ml.records import RunRecord
from tests.findings import missing, said, says
from tests.records import make_patient, make_run, with_numbers

Statistics = dict[tuple[str, str], Any]
G, W, Z = "weight_gradient", "weight", "activation"


# --- updates ---


@pytest.mark.parametrize(
    ("rule", "tool", "ratio", "expected"),
    [
        ("update_too_large", "SM", 10.1, "alarm"),
        ("update_too_large", "SM", 9.9, "silent"),
        ("update_too_large", "NS", 0.011, "alarm"),
        ("update_too_large", "NS", 0.009, "silent"),
        ("update_too_large", "DC", 0.01, "silent"),
        ("update_too_large", "DC", 0.5, "untold"),  # it may all be in one weight
        ("update_too_small", "SM", 0.9e-8, "alarm"),
        ("update_too_small", "SM", 1.1e-8, "silent"),
        ("update_too_small", "NS", 0.9e-3, "alarm"),
        ("update_too_small", "NS", 1.1e-3, "silent"),
        ("update_too_small", "DC", 1e-5, "alarm"),
        ("update_too_small", "DC", 1e-3, "untold"),
    ],
)
def test_steps_are_too_large_or_small_by_each_tool_s_own_limit(
    rule: str, tool: str, ratio: float, expected: str
) -> None:
    assert says(with_numbers(make_patient(), updates=ratio), rule, tool) == expected


def test_thedeepchecker_s_means_are_bounded_by_the_norms() -> None:
    sizes = np.array([shape.weights for shape in make_patient().spec.shapes])
    run = with_numbers(
        make_patient(), updates=0.01, statistics={(W, "norm"): 0.1 * np.sqrt(sizes), (W, "abs_mean"): 0.08}
    )
    # If all weights moved alike: 0.01 · 0.1 / 0.08.
    assert said(run, "update_too_large", "DC").value == pytest.approx(math.log10(0.0125))


@pytest.mark.parametrize(
    ("rule", "norm", "expected"),
    [
        ("update_too_large", 10.1, "alarm"),
        ("update_too_large", 9.9, "silent"),
        ("update_too_small", 0.9e-3, "alarm"),
        ("update_too_small", 1.1e-3, "silent"),
    ],
)
def test_deepdiagnosis_takes_the_rate_times_the_gradient(rule: str, norm: float, expected: str) -> None:
    run = with_numbers(make_patient(lr=0.01), statistics={(G, "norm"): norm, (W, "norm"): 1.0})
    assert says(run, rule, "DD") == expected


def test_a_step_that_was_too_large_once_is_told_and_one_too_small_only_while_it_is() -> None:
    ratios = np.full((6, 4), 1e-2)
    ratios[2] = 20
    assert says(with_numbers(make_patient(), updates=ratios), "update_too_large", "SM") == "alarm"
    ratios[2] = 1e-9
    assert says(with_numbers(make_patient(), updates=ratios), "update_too_small", "SM") == "silent"


# --- before the first step ---


@pytest.mark.parametrize(
    ("tool", "statistics", "losses", "expected"),
    [
        ("SM", {(W, "std"): [0.1, 0.1, 0.317, 0.1]}, 2.3, "alarm"),
        ("SM", {(W, "std"): [0.1, 0.1, 0.316, 0.1]}, 2.3, "silent"),
        ("NS", {}, 1.51 * math.log(10), "alarm"),
        ("NS", {}, 1.49 * math.log(10), "silent"),
        ("NS", {}, 0.79 * math.log(10), "alarm"),
        ("NS", {}, 0.81 * math.log(10), "silent"),
        ("DC", {(W, "std"): 0.0}, 2.3, "alarm"),
    ],
)
def test_the_start_is_bad_by_each_tool_s_own_limit(
    tool: str, statistics: Statistics, losses: float, expected: str
) -> None:
    run = with_numbers(make_patient(), statistics=statistics, metrics={"train_loss": losses})
    assert says(run, "poor_initialization", tool) == expected


def well_drawn(**spec: Any) -> RunRecord:
    """Weights as TheDeepChecker expects them under tanh, activations of its liking."""
    run = make_patient(**spec)
    stds = [math.sqrt(2 / (shape.fan_in + shape.fan_out)) for shape in run.spec.shapes]
    return with_numbers(run, statistics={(W, "std"): stds, (Z, "std"): 1.0}, metrics={"train_loss": math.log(10)})


@pytest.mark.parametrize(
    ("statistics", "losses", "formula"),
    [
        ({(W, "std"): 0.99e-4}, 2.3, "min σ²(W)"),
        ({}, 2.01 * math.log(10), "|C₀ − ln K| / ln K"),
        ({(Z, "std"): [1, 2.01, 1]}, 2.3, "max σ(z)"),
        ({(Z, "std"): [1, 0.49, 1]}, 2.3, "min σ(z)"),
    ],
)
def test_thedeepchecker_tells_the_first_of_its_complaints(statistics: Statistics, losses: float, formula: str) -> None:
    well = well_drawn()
    assert says(well, "poor_initialization", "DC") == "silent"
    opinion = said(
        with_numbers(well, statistics=statistics, metrics={"train_loss": losses}), "poor_initialization", "DC"
    )
    assert (opinion.says, opinion.formula) == ("alarm", formula)


@pytest.mark.parametrize(
    ("times", "expected"), [(2.7, "silent"), (2.71, "alarm"), (1 / 2.7, "silent"), (1 / 2.71, "alarm")]
)
def test_thedeepchecker_compares_the_variance_with_that_of_the_fitting_initialiser(times: float, expected: str) -> None:
    stds = np.array([layer.number(W, "std") for layer in well_drawn().snapshots[0].layers])
    run = with_numbers(well_drawn(), statistics={(W, "std"): stds * math.sqrt(times)})
    assert says(run, "poor_initialization", "DC") == expected


def test_the_quadratic_loss_is_not_compared_with_the_logarithm() -> None:
    assert says(make_patient(loss="quadratic"), "poor_initialization", "NS") == "untested"


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [("symmetric", ["alarm", "silent"]), ("unit", ["alarm", "silent"]), ("none", ["alarm", "alarm"])],
)
def test_inputs_are_judged_by_mean_and_range(scaling: str, expected: list[str]) -> None:
    run = make_run(1, scaling=scaling)
    assert [says(run, "unscaled_inputs", tool) for tool in ("SM", "DC")] == expected
    assert said(run, "unscaled_inputs", "SM").value == pytest.approx(
        {"symmetric": 0.39019, "unit": 0.304905, "none": 4.878472}[scaling], rel=1e-4
    )


# --- curves ---


def losses(*values: float, error: Any = 0.6) -> RunRecord:
    return with_numbers(make_patient(len(values)), metrics={"train_loss": values, "train_error": error})


@pytest.mark.parametrize(
    ("rule", "tool", "values", "expected"),
    [
        ("loss_not_decreasing", "SM", (2, 1, 1), "alarm"),
        ("loss_not_decreasing", "SM", (2, 1, 0.999), "silent"),
        ("loss_not_decreasing", "DC", (2, 1.92, 1.84, 1.76, 1.69), "alarm"),
        ("loss_not_decreasing", "DC", (2, 1.92, 1.84, 1.74, 1.68), "silent"),
        ("loss_not_decreasing", "DC", (2, 2, 2, 2), "untold"),
        ("loss_not_decreasing", "DD", (2, 2, 2, 2, 2), "alarm"),
        ("loss_not_decreasing", "DD", (2, 2, 2.1, 2, 2), "silent"),
        ("oscillating_loss", "DC", (1, 2, 4, 8, 16), "alarm"),
        ("oscillating_loss", "DC", (1, 2, 4, 7.9, 16), "silent"),
    ],
)
def test_a_loss_is_judged_by_each_tool_s_own_window(
    rule: str, tool: str, values: tuple[float, ...], expected: str
) -> None:
    assert says(losses(*values), rule, tool) == expected


def test_sagemaker_looks_ten_steps_back_however_often_snapshots_are_taken() -> None:
    run = losses(3, 2, 1, 2.5)
    steps = [replace(record, step=5 * number) for number, record in enumerate(run.snapshots)]
    assert said(replace(run, snapshots=tuple(steps)), "loss_not_decreasing", "SM").value == 1.25


def test_autotrainer_wants_one_epoch_that_gained_a_percent() -> None:
    def best(gain: float) -> RunRecord:
        return with_numbers(make_patient(3), metrics={"train_error": [0.9, 0.9 - gain, 0.9], "val_error": 0.9})

    assert says(best(0.009), "loss_not_decreasing", "AT") == "alarm"
    assert says(best(0.011), "loss_not_decreasing", "AT") == "silent"


def test_autotrainer_counts_swings_of_a_run_that_has_converged() -> None:
    errors = np.tile([0.1, 0.14], 10)
    swinging = with_numbers(make_patient(20), metrics={"train_error": errors, "val_error": 0.1})
    assert says(swinging, "oscillating_loss", "AT") == "alarm"
    less = with_numbers(make_patient(20), metrics={"train_error": 0.1 + (errors - 0.1) / 2, "val_error": 0.1})
    assert says(less, "oscillating_loss", "AT") == "silent"
    never = with_numbers(make_patient(20), metrics={"train_error": errors + 0.5, "val_error": 0.6})
    assert says(never, "oscillating_loss", "AT") == "silent"
    assert missing(said(never, "oscillating_loss", "AT").why, "70\N{NO-BREAK SPACE}%") == []


@pytest.mark.parametrize(
    ("tool", "metrics", "expected"),
    [
        ("SM", {"train_loss": 1.0, "val_loss": 1.11}, "alarm"),
        ("SM", {"train_loss": 1.0, "val_loss": 1.09}, "silent"),
        ("NS", {"train_loss": 1.0, "val_loss": 1.11}, "alarm"),
        ("NS", {"train_loss": 1.0, "val_loss": 1.09}, "silent"),
        ("AT", {"train_error": 0.2, "val_error": 0.31}, "alarm"),
        ("AT", {"train_error": 0.2, "val_error": 0.29}, "silent"),
        ("SM", {"train_loss": 0.0, "val_loss": 1.0}, "untold"),
    ],
)
def test_overfitting_is_judged_by_each_tool_s_own_gap(tool: str, metrics: dict[str, float], expected: str) -> None:
    assert says(with_numbers(make_patient(), metrics=metrics), "overfit", tool) == expected
