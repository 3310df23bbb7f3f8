"""The library is what the report says it is, and the counting counts. `make clinic` trains it."""

import math
from collections import Counter

import pytest

from ml.patients import PATIENTS
from ml.repairs import fixes
from ml.rules import RULES, STATIC_RULES, diagnose_spec
from tests.clinic.counting import (
    FOLLOWS,
    Outcome,
    Treatment,
    consequences,
    cured,
    false_alarms,
    fixed,
    named_first,
    score,
)
from tests.clinic.healthy import HEALTHY
from tests.clinic.report import exceptions, matrix, total
from tests.clinic.trials import at

SPECS = [*(patient.spec for patient in PATIENTS), *HEALTHY]


def test_there_are_at_least_four_patients_of_each_problem() -> None:
    assert min(Counter(patient.fault for patient in PATIENTS)[rule] for rule in RULES) >= 4


def test_patients_of_each_problem_differ_in_depth_and_those_that_can_in_data() -> None:
    for rule in RULES:
        specs = [patient.spec for patient in PATIENTS if patient.fault == rule]
        assert len({spec.depth for spec in specs}) > 1, rule
        # Of the sets that need no network only the digits have pixels that want scaling.
        assert rule == "unscaled_inputs" or {spec.dataset for spec in specs} == {"digits", "shapeset"}, rule


def test_there_are_at_least_twenty_healthy_runs() -> None:
    assert len(HEALTHY) >= 20


def test_no_run_is_there_twice() -> None:
    assert len(set(SPECS)) == len(SPECS)


def test_no_name_tells_what_is_wrong() -> None:
    assert not any(spec.name for spec in SPECS)


@pytest.mark.parametrize("width", [0.25, 0.75, 1.5, 2.0])
def test_every_run_can_be_had_at_other_widths(width: float) -> None:
    assert all(at(spec, 3, width).seed == 3 for spec in SPECS)


def test_the_width_is_that_of_hidden_layers() -> None:
    assert at(PATIENTS[0].spec, 0, 1.5).hidden == tuple(1.5 * units for units in PATIENTS[0].spec.hidden)


def test_what_the_settings_alone_tell_is_named() -> None:
    for patient in PATIENTS:
        told = {finding.rule.name for finding in diagnose_spec(patient.spec)}
        assert told == {patient.fault, *patient.also} & set(STATIC_RULES), patient
    assert not any(diagnose_spec(spec) for spec in HEALTHY)


def test_every_static_fault_has_a_repair() -> None:
    for patient in PATIENTS:
        for finding in diagnose_spec(patient.spec):
            assert fixes(patient.spec, finding), patient


def test_what_follows_are_rules() -> None:
    assert set(FOLLOWS) | {name for names in FOLLOWS.values() for name in names} <= set(RULES)


def test_what_follows_from_what_follows_follows() -> None:
    assert consequences(["vanishing_gradient"]) == {"update_too_small", "loss_not_decreasing"}
    assert "loss_not_decreasing" in consequences(["constant_weights"])
    assert consequences(["overfit"]) == set()


def test_a_fault_is_no_consequence_of_itself() -> None:
    assert not {"dead_units", "vanishing_gradient"} & consequences(["dead_units", "vanishing_gradient"])


FOUND = Outcome("found", ("vanishing_gradient",), ("vanishing_gradient", "loss_not_decreasing"))
MISSED = Outcome("missed", ("vanishing_gradient",), ("overfit",))
BOTH = Outcome("both", ("diverged", "exploding_gradient"), ("exploding_gradient", "diverged"))
HEALTHY_RUN = Outcome("healthy", (), ())
ACCUSED = Outcome("accused", (), ("vanishing_gradient",))


def test_a_rule_is_precise_and_complete_as_often_as_it_fired_rightly() -> None:
    counted = score([FOUND, MISSED, HEALTHY_RUN, ACCUSED], "vanishing_gradient")
    assert (counted.right, counted.missed, counted.false) == (1, 1, 1)
    assert (counted.precision, counted.recall) == (0.5, 0.5)


def test_a_consequence_counts_neither_for_nor_against_unless_asked_strictly() -> None:
    assert score([FOUND], "loss_not_decreasing").false == 0
    assert score([FOUND], "loss_not_decreasing", strict=True).false == 1
    assert math.isnan(score([FOUND], "loss_not_decreasing").recall)


def test_another_rule_than_the_fault_is_a_false_alarm() -> None:
    assert false_alarms(MISSED) == ["overfit"]
    assert false_alarms(ACCUSED) == ["vanishing_gradient"]
    assert false_alarms(FOUND) == false_alarms(BOTH) == false_alarms(HEALTHY_RUN) == []


def test_faults_that_come_along_must_fire_too() -> None:
    assert score([BOTH], "exploding_gradient").recall == 1
    assert score([Outcome("", BOTH.faults, ("diverged",))], "exploding_gradient").recall == 0


def test_all_rules_together_are_the_sum() -> None:
    counted = total([FOUND, MISSED, BOTH, ACCUSED])
    assert (counted.right, counted.missed, counted.false) == (3, 1, 2)


def test_the_first_finding_is_the_one_put_in_not_one_that_comes_along() -> None:
    assert [named_first(outcome) for outcome in (FOUND, MISSED, BOTH)] == [True, False, False]


def test_who_was_not_treated_is_not_cured() -> None:
    better = Outcome("", ("diverged",), ("diverged",), Treatment("clip", True, "worse"))
    whole = Outcome("", ("diverged",), ("diverged",), Treatment("usual_lr", True, "fixed"))
    assert [cured(outcome) for outcome in (FOUND, better, whole)] == [False, True, True]
    assert [fixed(outcome) for outcome in (FOUND, better, whole)] == [False, False, True]


def test_the_matrix_has_a_row_for_each_fault_and_the_healthy_and_a_column_for_each_rule() -> None:
    rows = list(matrix([FOUND, ACCUSED]))[2:]
    cells = {row.split("|")[1].strip(): [cell.strip() for cell in row.split("|")[2:-1]] for row in rows}
    assert len(rows) == len(RULES) + 1
    fired = dict(zip(RULES, cells["healthy (1)"], strict=True))
    assert {rule for rule, count in fired.items() if count} == {"vanishing_gradient"}


def test_exceptions_are_listed_with_what_went_wrong() -> None:
    assert list(exceptions([FOUND, MISSED])) == [
        "vanishing_gradient: missed vanishing_gradient; false overfit (missed)"
    ]
