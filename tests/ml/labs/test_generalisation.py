from dataclasses import replace

import numpy as np
import pytest

from ml.labs import LABS, judge
from tests.ml.labs.made import made


def curves(name: str, arm: str, train: float, val: float, metric: str = "loss", lowest: float | None = None):
    """A run that ends with these numbers; its validation loss was lowest before that."""
    numbers = {f"train_{metric}": train, f"val_{metric}": val}
    if lowest is not None:
        numbers["val_loss"] = [2.3, lowest, 1.0]
    return made(name, arm, 3, metrics=numbers)


def test_the_lab_on_overfitting_wants_the_gap_on_the_small_set_alone(check_verdicts):
    name = "overfitting"
    small, whole = curves(name, "small", 0.0, 0.15, "error", 0.5), curves(name, "whole", 0.0, 0.03, "error")
    right = {"small": small, "whole": whole}

    check_verdicts(name, right, {**right, "small": curves(name, "small", 0.12, 0.15, "error", 0.5)})
    check_verdicts(name, right, {**right, "whole": curves(name, "whole", 0.0, 0.12, "error")})


def test_the_lab_on_overfitting_wants_the_validation_loss_to_rise_again(check_verdicts):
    name = "overfitting"
    whole = curves(name, "whole", 0.0, 0.03, "error")
    rising, falling = (curves(name, "small", 0.0, 0.15, "error", lowest) for lowest in (0.5, 1.0))

    check_verdicts(name, {"small": rising, "whole": whole}, {"small": falling, "whole": whole})


def test_the_lab_on_dropout_wants_a_smaller_gap(check_verdicts):
    name, without = "dropout", curves("dropout", "without", 0.0, 0.5)

    check_verdicts(
        name,
        {"without": without, "with": curves(name, "with", 0.1, 0.4)},
        {"without": without, "with": curves(name, "with", 0.0, 0.48)},
    )


def test_a_gap_that_closes_because_nothing_is_learnt_does_not_count(check_verdicts):
    name, without = "dropout", curves("dropout", "without", 0.0, 0.5)

    check_verdicts(
        name,
        {"without": without, "with": curves(name, "with", 0.1, 0.4)},
        {"without": without, "with": curves(name, "with", 2.2, 2.3)},
    )


def unsure(*entropies: float):
    """A run with four answers of these entropies, of which the last two are wrong."""
    run = made("monte-carlo-dropout", "passes")
    mean = np.zeros((4, 10), dtype=np.float32)
    mean[:, 3] = 1
    entropy, labels = np.array(entropies, dtype=np.float32), np.array([3, 3, 5, 5])
    return {"passes": replace(run, monte_carlo=replace(run.monte_carlo, mean=mean, entropy=entropy, labels=labels))}


def test_the_lab_on_monte_carlo_dropout_wants_wrong_answers_to_be_less_certain(check_verdicts):
    name, right = "monte-carlo-dropout", unsure(0.1, 0.2, 0.6, 0.9)

    check_verdicts(name, right, unsure(0.9, 0.6, 0.1, 0.2))
    assert [measure.read(right) for measure in LABS[name].measures] == pytest.approx([5, 1])


def test_one_very_uncertain_wrong_answer_is_not_enough(check_verdicts):
    check_verdicts("monte-carlo-dropout", unsure(0.1, 0.2, 0.6, 0.9), unsure(0.3, 0.3, 0.1, 2.0))


def test_the_lab_on_monte_carlo_dropout_is_undecided_where_no_answer_is_wrong():
    run = made("monte-carlo-dropout", "passes")
    found = replace(run.monte_carlo, labels=run.monte_carlo.mean.argmax(axis=1))

    assert judge(LABS["monte-carlo-dropout"], {0: {"passes": replace(run, monte_carlo=found)}}).word == "undecided"


def with_norms(arm: str, longest: float):
    """A run whose units have incoming weights up to this length in its last snapshot, all of length 1 before."""
    run = made("max-norm", arm, 2)
    layers = [
        tuple(replace(layer, extras={"unit_norms": np.float32([1, last])}) for layer in snapshot.layers)
        for snapshot, last in zip(run.snapshots, (1, longest), strict=True)
    ]
    return replace(run, snapshots=tuple(map(lambda s, x: replace(s, layers=x), run.snapshots, layers)))


def test_the_lab_on_max_norm_wants_no_unit_above_the_limit_and_some_without_it(check_verdicts):
    bound, free = with_norms("with", 2.0), with_norms("without", 3.5)
    right = {"with": bound, "without": free}

    check_verdicts("max-norm", right, {**right, "with": with_norms("with", 2.01)})
    check_verdicts("max-norm", right, {**right, "without": with_norms("without", 1.9)})
    assert LABS["max-norm"].measures[0].read(right) == 3.5
