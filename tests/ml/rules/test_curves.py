"""What the curves tell, on records made up for it."""

import math

import numpy as np
import pytest

from ml.catalog import Floats
from ml.records import RunRecord
from ml.rules import Evidence
from ml.rules.curves import FEWEST, SOMETHING_LEARNT, WINDOW
from tests.findings import beyond, find, found, limit_of, missing, spoken, within
from tests.records import diverging, make_patient, make_run, with_numbers

SNAPSHOTS = 12


def with_losses(losses: Floats, snapshots: int = SNAPSHOTS, error: float = 0.8) -> RunRecord:
    return with_numbers(make_patient(snapshots), metrics={"train_loss": losses, "train_error": error})


# --- not decreasing ---


def falling(share: float, snapshots: int = SNAPSHOTS) -> RunRecord:
    """A loss that falls to this share below guessing."""
    guess = Evidence(make_patient(1)).guess_loss
    return with_losses(guess * (1 - share * np.linspace(0, 1, snapshots)), snapshots)


def test_a_loss_just_too_high_is_found_and_one_just_low_enough_is_not() -> None:
    limit = limit_of("loss_not_decreasing")
    assert find(falling(beyond(limit)), "loss_not_decreasing")
    assert find(falling(within(limit)), "loss_not_decreasing") is None


def test_a_loss_that_starts_far_above_guessing_must_fall_below_it() -> None:
    finding = found(with_losses(np.linspace(40, 2.3, SNAPSHOTS)), "loss_not_decreasing")
    assert finding.reading.value == pytest.approx(1 - 2.3 / math.log(10), abs=0.02)
    assert finding.reading.step == 0


def test_a_loss_that_starts_below_guessing_must_fall_as_well() -> None:
    assert find(with_losses(np.full(SNAPSHOTS, 1.5)), "loss_not_decreasing")


def test_a_high_loss_is_not_told_of_a_run_that_has_learnt_something() -> None:
    guess = Evidence(make_patient(1)).guess_error
    high, least = np.full(SNAPSHOTS, 40.0), SOMETHING_LEARNT
    assert find(with_losses(high, error=guess * (1 - least + 1e-3)), "loss_not_decreasing")
    assert find(with_losses(high, error=guess * (1 - least - 1e-3)), "loss_not_decreasing") is None


def test_the_best_of_the_last_losses_counts() -> None:
    patience = limit_of("loss_not_decreasing").patience
    losses = np.full(SNAPSHOTS, 2.3)
    losses[-patience] = 1.0
    assert find(with_losses(losses), "loss_not_decreasing") is None


def test_a_loss_that_comes_back_to_guessing_was_forgotten_from_there_on() -> None:
    losses = np.full(SNAPSHOTS, 2.3)
    losses[3] = 1.0
    assert found(with_losses(losses), "loss_not_decreasing").reading.step == 40


def test_within_its_first_snapshots_nothing_is_said_of_the_loss() -> None:
    patience = limit_of("loss_not_decreasing").patience
    assert find(falling(0.0, patience), "loss_not_decreasing") is None
    assert find(falling(0.0, patience + 1), "loss_not_decreasing")


def test_a_run_that_answers_well_is_not_accused_for_its_loss() -> None:
    assert find(with_losses(np.full(SNAPSHOTS, 2.3), error=0.01), "loss_not_decreasing") is None


def test_the_sentence_on_the_loss_holds_its_numbers_in_both_languages() -> None:
    english, spanish = spoken(found(falling(0.01), "loss_not_decreasing"))
    assert missing(english, "11 epochs", "2.28", "2.3") == []
    assert missing(spanish, "11 épocas", "2,28", "2,3") == []


# --- oscillating ---


def jumping(rise: float, snapshots: int = SNAPSHOTS) -> RunRecord:
    """A loss that rises by this share of its median from one snapshot to the next, on average: all at the end."""
    losses = np.full(snapshots, 2.0)
    losses[-1] *= 1 + rise * (min(snapshots, WINDOW) - 1)
    return with_losses(losses, snapshots)


def test_a_loss_that_jumps_just_too_much_is_found_and_one_just_less_is_not() -> None:
    limit = limit_of("oscillating_loss")
    assert find(jumping(beyond(limit)), "oscillating_loss")
    assert find(jumping(within(limit)), "oscillating_loss") is None


def test_a_loss_that_falls_steeply_does_not_oscillate() -> None:
    assert find(with_losses(np.geomspace(1000, 0.001, SNAPSHOTS)), "oscillating_loss") is None


def test_of_an_oscillation_only_the_last_snapshots_count() -> None:
    losses = np.linspace(2, 1, 30)
    losses[: 30 - WINDOW : 2] = 20
    assert find(with_losses(losses, 30), "oscillating_loss") is None
    losses[-WINDOW::2] = 20
    assert found(with_losses(losses, 30), "oscillating_loss").reading.step == 10 * (30 - WINDOW + 1)


def test_too_few_losses_do_not_oscillate() -> None:
    assert find(jumping(1.0, FEWEST - 1), "oscillating_loss") is None
    assert find(jumping(1.0, FEWEST), "oscillating_loss")


def test_a_run_that_answers_well_may_oscillate() -> None:
    run = with_numbers(jumping(1.0), metrics={"train_error": 0.01})
    assert find(run, "oscillating_loss") is None


def test_the_sentence_on_the_oscillation_holds_its_numbers_in_both_languages() -> None:
    losses = np.tile([1.25, 3.5], SNAPSHOTS // 2)
    english, spanish = spoken(found(with_losses(losses), "oscillating_loss"))
    assert missing(english, "10 snapshots", "1.25", "3.5") == []
    assert missing(spanish, "1,25", "3,5", "10") == []


# --- overfit ---


def with_gap(gap: object, snapshots: int = SNAPSHOTS) -> RunRecord:
    """The error on the validation set less that on the train set, at each snapshot; the run learns well."""
    errors = {"train_error": 0.01, "val_error": 0.01 + np.broadcast_to(gap, snapshots)}  # type: ignore[arg-type]
    return with_numbers(make_patient(snapshots), metrics=errors)


def test_a_gap_just_too_wide_is_found_though_the_run_learns_and_one_just_less_is_not() -> None:
    limit = limit_of("overfit")
    assert find(with_gap(beyond(limit)), "overfit")
    assert find(with_gap(within(limit)), "overfit") is None


def test_the_gap_began_where_it_last_opened() -> None:
    gaps = np.full(SNAPSHOTS, 0.3)
    gaps[:6] = [0, 0.4, 0, 0, 0, 0.2]
    finding = found(with_gap(gaps), "overfit")
    assert (finding.reading.step, finding.reading.value) == (50, pytest.approx(0.3))


def test_a_gap_of_one_snapshot_too_few_says_nothing() -> None:
    patience = limit_of("overfit").patience
    gaps = np.zeros(SNAPSHOTS)
    gaps[-patience:] = 0.3
    assert find(with_gap(gaps), "overfit")
    gaps[-patience] = 0
    assert find(with_gap(gaps), "overfit") is None
    assert find(with_gap(0.3, patience - 1), "overfit") is None


def test_who_answers_better_on_new_examples_does_not_overfit() -> None:
    run = with_numbers(make_patient(), metrics={"train_error": 0.5, "val_error": 0.2})
    assert find(run, "overfit") is None


def test_the_sentence_on_overfitting_holds_both_errors_in_both_languages() -> None:
    english, spanish = spoken(found(with_gap(0.245), "overfit"))
    assert missing(english, "1\N{NO-BREAK SPACE}%", "25.5\N{NO-BREAK SPACE}%") == []
    assert missing(spanish, "1\N{NO-BREAK SPACE}%", "25,5\N{NO-BREAK SPACE}%") == []


# --- not a number ---


@pytest.mark.parametrize("rule", ["loss_not_decreasing", "oscillating_loss", "overfit"])
def test_what_was_measured_before_the_first_nan_is_judged(rule: str) -> None:
    up_and_down = with_losses(np.tile([1.0, 3.0], SNAPSHOTS // 2))
    ill = {"loss_not_decreasing": falling(0.0), "oscillating_loss": up_and_down, "overfit": with_gap(0.3)}
    assert find(diverging(ill[rule], 8), rule)
    assert find(diverging(make_patient(SNAPSHOTS), 8), rule) is None
    assert find(make_run(3, diverges_at=0), rule) is None
