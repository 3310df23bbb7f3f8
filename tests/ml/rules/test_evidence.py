"""What the rules look at."""

import math
from dataclasses import replace

import numpy as np
import pytest

from ml.records import StepRecord
from ml.rules import Evidence, diagnose
from ml.rules.evidence import LEARNED, LOOKS
from tests.records import diverging, make_patient, make_run, with_numbers


def test_numbers_are_looked_at_up_to_the_first_snapshot_that_is_not_finite() -> None:
    evidence = Evidence(make_run(6, diverges_at=4))
    assert len(evidence.snapshots) == 4
    assert evidence.diverged_at is evidence.run.snapshots[4]
    assert evidence.gradient.shape == evidence.flat.shape == (4, 3)
    assert evidence.updates.shape == (3, 4)
    assert len(evidence.metric("val_loss")) == 4
    assert all(map(np.isfinite, (evidence.gradient.sum(), evidence.updates.sum())))


def test_of_a_run_that_stays_finite_all_is_looked_at() -> None:
    evidence = Evidence(make_run(6))
    assert (len(evidence.snapshots), evidence.diverged_at) == (6, None)


@pytest.mark.parametrize("snapshots", [0, 3])
def test_where_nothing_is_finite_there_is_nothing_to_look_at(snapshots: int) -> None:
    evidence = Evidence(make_run(snapshots, diverges_at=0))
    assert (len(evidence.snapshots), evidence.gradient.shape) == (0, (0, 3))
    assert evidence.updates.shape == (0, 4)
    assert evidence.skill < LEARNED


def test_one_bad_value_in_one_layer_is_enough_to_stop() -> None:
    nonfinite = np.zeros((4, 4))
    nonfinite[2, 3] = 1
    assert len(Evidence(with_numbers(make_run(4), statistics={("weight", "nonfinite"): nonfinite})).snapshots) == 2


def test_an_error_that_is_not_a_number_is_no_divergence_of_its_own() -> None:
    assert Evidence(with_numbers(make_run(4), metrics={"val_error": math.nan})).diverged_at is None


def test_whoever_diverges_early_need_not_have_patience() -> None:
    assert Evidence(make_run(6)).patience(3) == 3
    assert Evidence(make_run(6, diverges_at=2)).patience(3) == 2
    assert Evidence(make_run(6, diverges_at=5)).patience(3) == 3
    assert Evidence(make_run(6, diverges_at=0)).patience(3) == 1


# --- how well it learns ---


def test_guessing_is_wrong_in_all_but_one_class_and_costs_its_logarithm() -> None:
    evidence = Evidence(make_run(1))
    assert evidence.guess_error == pytest.approx(0.9, abs=0.01)
    assert evidence.guess_loss == pytest.approx(math.log(10), abs=0.01)
    assert Evidence(make_run(1, classes=(0, 1))).guess_error == pytest.approx(0.5, abs=0.02)
    assert Evidence(make_run(1, loss="quadratic")).guess_loss == pytest.approx(0.45, abs=0.01)


def test_who_guesses_knows_how_frequent_the_classes_are() -> None:
    stream = Evidence(make_run(1, dataset="shapeset"))
    assert stream.guess_error == pytest.approx(5 / 6)
    assert stream.guess_loss == pytest.approx(math.log(6) / 2 + math.log(18) / 6 + math.log(9) / 3)
    equal = Evidence(make_run(1, dataset="shapeset", classes=(0, 1, 2), loss="quadratic"))
    assert equal.guess_loss == pytest.approx((1 - 1 / 3) / 2)


def test_it_learns_well_from_its_threshold_on() -> None:
    errors = (1 - LEARNED) * Evidence(make_run(1)).guess_error * np.array([0.999, 1.001])
    well, less = (Evidence(with_numbers(make_run(6), metrics={"train_error": error})) for error in errors)
    assert well.skill >= LEARNED
    assert less.skill < LEARNED


def test_one_lucky_look_is_not_learning_and_one_unlucky_look_is_not_failing() -> None:
    errors = np.full(8, 0.9)
    errors[-1] = 0
    assert Evidence(with_numbers(make_run(8), metrics={"train_error": errors})).skill < LEARNED
    errors[-LOOKS:] = [0, 0, 0.9]
    assert Evidence(with_numbers(make_run(8), metrics={"train_error": errors})).skill >= LEARNED


def test_who_has_diverged_has_not_learned() -> None:
    learned = with_numbers(make_run(6), metrics={"train_error": 0.0})
    assert Evidence(learned).skill >= LEARNED
    assert Evidence(diverging(learned, 5)).skill < LEARNED


# --- its layers ---


def test_only_bounded_activations_are_flat_and_only_unbounded_ones_dead() -> None:
    run = with_numbers(make_run(2, activation=("tanh", "relu", "linear")), health={"saturated": 0.3, "dead": 0.2})
    assert Evidence(run).flat[-1].tolist() == pytest.approx([0.3, math.nan, math.nan], nan_ok=True)
    assert Evidence(run).dead[-1].tolist() == pytest.approx([math.nan, 0.2, math.nan], nan_ok=True)


def test_of_the_updates_since_a_snapshot_the_median_counts() -> None:
    run = make_run(2)
    pulse = run.snapshots[1].pulses[0]
    pulses = tuple(replace(pulse, update_ratio=(ratio,) * 4) for ratio in (0.1, 0.2, 0.9))
    run = replace(run, snapshots=(run.snapshots[0], replace(run.snapshots[1], pulses=pulses)))
    assert Evidence(run).updates.tolist() == [[0.2] * 4]


def test_without_notes_between_the_snapshots_the_step_just_taken_counts() -> None:
    run = with_numbers(make_run(2), health={"update_ratio": 0.004})
    silent: tuple[StepRecord, ...] = tuple(replace(record, pulses=()) for record in run.snapshots)
    updates = Evidence(replace(run, snapshots=silent)).updates[0].tolist()
    assert updates == pytest.approx([0.004, 0.004, 0.004, math.nan], nan_ok=True)


def test_a_run_that_learns_a_little_has_nothing_wrong() -> None:
    assert diagnose(make_patient()) == []
