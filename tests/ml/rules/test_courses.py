import numpy as np
import pytest

from ml.records import RunRecord
from ml.rules import RULES, Evidence
from ml.rules.courses import course
from tests.records import make_run, make_sick, with_numbers

HELD = (
    "exploding_gradient", "vanishing_gradient", "dead_units", "saturated_activation", "update_too_large",
    "update_too_small", "overfit", "loss_not_decreasing",
)  # fmt: skip
RUNS = {
    "tanh": make_run(12), "relu": make_sick(0.9, 0.6, 12), "diverged": make_run(12, diverges_at=8),
    "mixed": make_run(12, activation=("tanh", "relu", "leaky_relu")),
}  # fmt: skip


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("name", HELD)
def test_what_a_rule_reads_is_the_mildest_of_the_end_of_its_course(run: RunRecord, name: str) -> None:
    rule, evidence = RULES[name], Evidence(run)
    found = course(run, name)
    assert found is not None
    read = rule.read(evidence, rule.limit).value
    alike = ("update_too_large", "update_too_small", "loss_not_decreasing")  # however early the run diverged
    patience = rule.limit.patience if name in alike else evidence.patience(rule.limit.patience)
    assert float(rule.limit.held(found.values, patience)) == pytest.approx(read, nan_ok=True)


def test_a_rule_of_the_last_snapshots_together_reads_the_end_of_its_course() -> None:
    rule, run = RULES["oscillating_loss"], with_numbers(make_run(12), metrics={"train_loss": [1.0, 1.5] * 6})
    read = rule.read(Evidence(run), rule.limit).value
    assert read > 0.1
    assert course(run, rule.name).values[-1] == pytest.approx(read)


def test_a_loss_of_0_is_divided_by_nowhere() -> None:
    run = with_numbers(make_run(12), metrics={"train_loss": 0.0})
    assert np.isnan(course(run, "oscillating_loss").values).all()
    assert np.isnan(course(run, "loss_not_decreasing").values).all()


@pytest.mark.parametrize("name", RULES)
def test_a_course_stands_over_the_epochs_that_it_was_measured_at(name: str) -> None:
    for run in RUNS.values():
        found = course(run, name)
        if found:
            assert len(found.values) == len(found.epochs)
            assert found.epochs[-1] == (7 if run is RUNS["diverged"] else 11)


def test_an_update_is_measured_from_the_first_step_on() -> None:
    assert course(RUNS["tanh"], "update_too_small").epochs.tolist() == list(range(1, 12))


def test_before_the_first_snapshot_a_course_is_empty() -> None:
    for name in RULES:
        found = course(make_run(0), name)
        assert found is None or found.values.size == 0


def test_what_is_read_at_the_start_or_from_the_settings_has_no_course() -> None:
    assert {name for name in RULES if course(RUNS["tanh"], name) is None} == {
        "diverged", "constant_weights", "poor_initialization", "unscaled_inputs", "linear_hidden_layers",
        "high_dropout",
    }  # fmt: skip


def test_a_layer_that_has_no_such_share_is_passed_over() -> None:
    assert np.isnan(course(RUNS["tanh"], "dead_units").values).all()
    assert course(RUNS["mixed"], "saturated_activation").values.tolist() == [0.0] * 12
