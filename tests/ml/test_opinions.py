"""What other tools say of the same numbers."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.i18n import gettext, speaking
from ml.opinions import CHECKS, TOOLS, Opinion, opinions
from ml.records import Histogram, RunRecord
from ml.rules import RULES
from tests.findings import missing
from tests.records import diverging, make_everything, make_patient, make_run, with_numbers

Statistics = dict[tuple[str, str], Any]
G, W, Z = "weight_gradient", "weight", "activation"


def said(run: RunRecord, rule: str, tool: str) -> Opinion:
    return next(opinion for opinion in opinions(run, rule) if opinion.tool == tool)


def says(run: RunRecord, rule: str, tool: str) -> str:
    return said(run, rule, tool).says


def gradients(*, mean: Any = 1e-2, norm: Any = 1.0, snapshots: int = 6, **spec: Any) -> RunRecord:
    return with_numbers(make_patient(snapshots, **spec), statistics={(G, "abs_mean"): mean, (G, "norm"): norm})


# --- all of them ---


@pytest.mark.parametrize("rule", RULES)
def test_every_tool_says_something_of_every_problem_and_why(rule: str) -> None:
    found = opinions(make_patient(), rule)
    assert [opinion.tool for opinion in found] == list(TOOLS)
    for opinion in found:
        assert opinion.name == TOOLS[opinion.tool]
        assert opinion.says in ("alarm", "silent", "untold", "untested")
        assert opinion.why
        assert bool(opinion.formula) == bool(opinion.threshold) == ((rule, opinion.tool) in CHECKS)
        assert math.isnan(opinion.value) == (opinion.says in ("untold", "untested"))


def test_the_table_names_rules_and_tools_that_there_are() -> None:
    assert {rule for rule, _ in CHECKS} <= RULES.keys()
    assert {tool for _, tool in CHECKS} == TOOLS.keys()


@pytest.mark.parametrize(
    "run",
    [
        make_run(0),
        make_run(1),
        make_run(3, diverges_at=0),
        make_run(6, diverges_at=1),
        make_run(8, activation="relu"),
        make_run(3, hidden=(5,), activation="sigmoid"),
        make_run(3, architecture="cnn", channels=(3, 4), activation="relu"),
        make_everything(6),
        make_run(6, loss="quadratic"),
        with_numbers(make_run(8), metrics={"train_loss": 0.0, "train_error": math.nan, "val_error": math.nan}),
        with_numbers(make_run(8), statistics={(G, "abs_mean"): 0.0, (G, "norm"): 0.0, (W, "norm"): 0.0}),
        with_numbers(make_run(8), statistics={(W, "std"): 0.0, (W, "abs_mean"): 0.0, (Z, "std"): 0.0}, updates=0.0),
        with_numbers(make_run(8), updates=math.nan),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_no_tool_fails_on_any_run(run: RunRecord, rule: str) -> None:
    assert len(opinions(run, rule)) == len(TOOLS)


def test_a_tool_without_such_a_test_says_so_in_both_languages() -> None:
    opinion = said(make_patient(), "vanishing_gradient", "NS")
    assert opinion.says == "silent"
    untested = said(make_patient(), "overfit", "DD")
    assert (untested.says, untested.formula, untested.threshold) == ("untested", "", "")
    with speaking("es"):
        assert gettext(untested.why) == "No tiene ninguna prueba así entre las que se comparan aquí."


@pytest.mark.parametrize("rule", RULES)
def test_a_run_that_has_begun_only_is_not_judged_by_what_takes_longer(rule: str) -> None:
    assert all(opinion.says != "alarm" for opinion in opinions(make_run(0), rule) if rule != "unscaled_inputs")


# --- gradients ---


@pytest.mark.parametrize(
    ("tool", "numbers", "alarm"),
    [
        ("SM", {"mean": 0.99e-7}, True),
        ("SM", {"mean": 1.01e-7}, False),
        ("DD", {"mean": 0.99e-7}, True),
        ("DD", {"mean": 1.01e-7}, False),
        ("DC", {"mean": 0.99e-6}, True),
        ("DC", {"mean": 1.01e-6}, False),
        ("AT", {"norm": [0.99e-5, 1e-2, 1e-2, 1e-2]}, True),
        ("AT", {"norm": [1.01e-5, 1e-2, 1e-2, 1e-2]}, False),
        ("AT", {"norm": [1.01e-4, 1.0, 1.0, 1.0]}, False),  # the first one is not small in itself
    ],
)
def test_a_gradient_vanishes_by_each_tool_s_own_limit(tool: str, numbers: dict[str, Any], alarm: bool) -> None:
    opinion = said(gradients(**numbers), "vanishing_gradient", tool)
    assert opinion.says == ("alarm" if alarm else "silent")
    assert opinion.value > 0


def test_the_smallest_layer_is_named() -> None:
    why = said(gradients(mean=[1e-2, 1e-8, 1e-3, 1e-3]), "vanishing_gradient", "SM").why
    assert missing(why, "layer 2") == []
    with speaking("es"):
        assert missing(gettext(why), "la capa 2") == []


def test_neuroscope_warns_of_a_small_gradient_and_alarms_of_a_smaller_one() -> None:
    def with_rms(rms: float) -> RunRecord:
        run = make_patient()
        return gradients(norm=[rms * math.sqrt(shape.weights) for shape in run.spec.shapes])

    assert says(with_rms(1.01e-5), "vanishing_gradient", "NS") == "silent"
    warned, alarmed = (said(with_rms(rms), "vanishing_gradient", "NS") for rms in (0.99e-5, 0.99e-7))
    assert (warned.says, alarmed.says, warned.threshold) == ("alarm", "alarm", "< 1e-05 / 1e-07")
    assert missing(warned.why, "warns") == []
    assert missing(alarmed.why, "limit is crossed") == []


def test_autotrainer_accuses_no_run_that_has_converged() -> None:
    run = gradients(norm=[1e-6, 1, 1, 1])
    assert says(run, "vanishing_gradient", "AT") == "alarm"
    converged = with_numbers(run, metrics={"train_error": 0.29, "val_error": 0.29})
    opinion = said(converged, "vanishing_gradient", "AT")
    assert opinion.says == "silent"
    assert missing(opinion.why, "70\N{NO-BREAK SPACE}%", "71\N{NO-BREAK SPACE}%") == []
    assert (
        says(with_numbers(run, metrics={"train_error": 0.31, "val_error": 0.1}), "vanishing_gradient", "AT") == "alarm"
    )


def test_thedeepchecker_watches_a_gradient_halve_four_times_in_a_row() -> None:
    def halving(factor: float, snapshots: int = 5) -> RunRecord:
        means = np.full((snapshots, 4), 1e-2)
        means[:, 2] = 1e-2 * factor ** np.arange(snapshots)
        return gradients(mean=means, snapshots=snapshots)

    assert says(halving(0.49), "vanishing_gradient", "DC") == "alarm"
    assert says(halving(0.51), "vanishing_gradient", "DC") == "silent"
    assert says(halving(0.49, 4), "vanishing_gradient", "DC") == "untold"
    assert says(halving(2.01), "exploding_gradient", "DC") == "alarm"
    assert says(halving(1.99), "exploding_gradient", "DC") == "silent"


@pytest.mark.parametrize(
    ("tool", "numbers", "alarm"),
    [
        ("AT", {"norm": [70.1, 2, 2, 1]}, True),
        ("AT", {"norm": [69.9, 2, 2, 1]}, False),
        ("DC", {"mean": 1.01e6}, True),
        ("DC", {"mean": 0.99e6}, False),
        ("NS", {"norm": 2.51}, True),  # of four layers
        ("NS", {"norm": 2.49}, False),
        ("SM", {"norm": 1e30}, False),
    ],
)
def test_a_gradient_explodes_by_each_tool_s_own_limit(tool: str, numbers: dict[str, Any], alarm: bool) -> None:
    assert says(gradients(**numbers), "exploding_gradient", tool) == ("alarm" if alarm else "silent")


def test_what_is_not_finite_alarms_whoever_tests_for_it() -> None:
    run = diverging(make_patient(), 3)
    assert {o.tool for o in opinions(run, "diverged") if o.says == "alarm"} == {"SM", "AT", "DC", "DD"}
    assert says(run, "exploding_gradient", "SM") == "alarm"
    assert says(make_patient(), "diverged", "SM") == "silent"


def test_a_huge_loss_is_an_explosion_to_autotrainer() -> None:
    assert says(with_numbers(make_patient(), metrics={"train_loss": 1000.0}), "diverged", "AT") == "alarm"
    assert says(with_numbers(make_patient(), metrics={"train_loss": 999.0}), "diverged", "AT") == "silent"


# --- units ---


def units(activation: str = "relu", **health: float) -> RunRecord:
    return with_numbers(make_patient(activation=activation), health=health)


@pytest.mark.parametrize(
    ("tool", "health", "expected"),
    [
        ("SM", {"dead": 0.51, "saturated": 0.6}, "alarm"),
        ("SM", {"dead": 0.3, "saturated": 0.49}, "silent"),
        ("SM", {"dead": 0.3, "saturated": 0.6}, "untold"),
        ("DC", {"dead": 0.51, "saturated": 0.6}, "alarm"),
        ("DC", {"dead": 0.3, "saturated": 0.47}, "silent"),
        ("DC", {"dead": 0.3, "saturated": 0.49}, "untold"),
        ("DD", {"dead": 0.0, "saturated": 0.71}, "alarm"),
        ("DD", {"dead": 0.0, "saturated": 0.69}, "silent"),
        ("NS", {"dead": 0.11, "saturated": 0.2}, "alarm"),
        ("NS", {"dead": 0.05, "saturated": 0.08}, "silent"),
        ("NS", {"dead": 0.05, "saturated": 0.2}, "untold"),
        ("SM", {"dead": 0.0, "saturated": 0.996}, "alarm"),  # so many zeros are not possible with fewer idle units
    ],
)
def test_units_are_dead_by_each_tool_s_own_limit(tool: str, health: dict[str, float], expected: str) -> None:
    assert says(units(**health), "dead_units", tool) == expected


def test_what_is_untold_has_no_value_but_its_bounds() -> None:
    opinion = said(units(dead=0.3, saturated=0.6), "dead_units", "SM")
    assert math.isnan(opinion.value)
    assert missing(opinion.why, "0.3", "0.606") == []
    with speaking("es"):
        assert missing(gettext(opinion.why), "0,3", "0,606") == []


@pytest.mark.parametrize("activation", ["tanh", "leaky_relu"])
def test_who_looks_at_relu_alone_has_no_test_for_others(activation: str) -> None:
    assert {o.says for o in opinions(units(activation), "dead_units")} == {"untested"}


def with_histogram(run: RunRecord, signal: str, histogram: Histogram) -> RunRecord:
    """Every layer has it, at every snapshot."""
    records = [
        replace(r, layers=tuple(
            replace(x, signals={**x.signals, signal: replace(x.signals[signal], histogram=histogram)})
            if signal in x.signals else x
            for x in r.layers
        ))
        for r in run.snapshots
    ]  # fmt: skip
    return replace(run, snapshots=tuple(records))


def test_autotrainer_counts_gradients_that_are_exactly_zero() -> None:
    around_zero, others = Histogram(-1.0, 1.0, np.array([5, 90, 5])), Histogram(-1.0, 1.0, np.array([40, 20, 40]))
    assert says(with_histogram(units(dead=0.9), G, around_zero), "dead_units", "AT") == "alarm"
    assert says(with_histogram(units(dead=0.1), G, around_zero), "dead_units", "AT") == "untold"
    assert says(with_histogram(units(dead=0.1), G, others), "dead_units", "AT") == "silent"


def saturated(activation: str, ends: float, lo: float) -> RunRecord:
    """This share of z lies in the two outermost of 100 bins."""
    counts = np.full(100, 1000 * (1 - ends) / 98)
    counts[[0, -1]] = 1000 * ends / 2
    return with_histogram(make_patient(activation=activation), Z, Histogram(lo, 1.0, counts.astype(np.int64)))


@pytest.mark.parametrize(
    ("activation", "tool", "ends", "expected"),
    [
        # What 9.5 and 5 are to s is beyond the last bin of z, which bounds their share from above only.
        ("tanh", "SM", 0.4, "silent"),
        ("tanh", "SM", 0.6, "untold"),
        ("tanh", "DD", 0.4, "silent"),
        ("tanh", "DD", 0.6, "untold"),
        ("sigmoid", "SM", 0.4, "silent"),
        ("sigmoid", "SM", 0.6, "untold"),
        ("sigmoid", "DD", 0.4, "silent"),
        ("sigmoid", "DD", 0.6, "untold"),
        # 0.9 lies between two bins.
        ("tanh", "NS", 0.3, "alarm"),
        ("tanh", "NS", 0.0, "silent"),
        ("sigmoid", "NS", 0.3, "alarm"),
        ("softsign", "NS", 0.6, "untested"),
        ("relu", "SM", 0.6, "untested"),
        ("tanh", "DC", 0.6, "untold"),
        ("tanh", "AT", 0.6, "untested"),
    ],
)
def test_saturation_is_judged_by_the_bins_of_z(activation: str, tool: str, ends: float, expected: str) -> None:
    run = saturated(activation, ends, 0.0 if activation == "sigmoid" else -1.0)
    assert says(run, "saturated_activation", tool) == expected


def test_a_share_between_two_bins_is_exact() -> None:
    counts = np.zeros(20, dtype=np.int64)
    counts[[0, 1, 10, 19]] = [5, 20, 70, 5]  # ±0.9 is where the outermost bins begin
    run = with_histogram(make_patient(), Z, Histogram(-1.0, 1.0, counts))
    assert said(run, "saturated_activation", "NS").value == pytest.approx(0.1)


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
