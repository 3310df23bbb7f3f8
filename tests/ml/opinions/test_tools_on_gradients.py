"""Vanishing and exploding gradients, as other tools judge them."""

import math
from typing import Any

import numpy as np
import pytest

from app.i18n import gettext, speaking
from ml.opinions import opinions
from ml.records import RunRecord
from ml.rules import Evidence
from tests.findings import missing, said, says
from tests.records import diverging, make_patient, with_numbers

G = "weight_gradient"


def gradients(*, mean: Any = 1e-2, norm: Any = 1.0, snapshots: int = 6, **spec: Any) -> RunRecord:
    return with_numbers(make_patient(snapshots, **spec), statistics={(G, "abs_mean"): mean, (G, "norm"): norm})


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
    assert {o.tool for o in opinions(Evidence(run), "diverged") if o.says == "alarm"} == {"SM", "AT", "DC", "DD"}
    assert says(run, "exploding_gradient", "SM") == "alarm"
    assert says(make_patient(), "diverged", "SM") == "silent"


def test_a_huge_loss_is_an_explosion_to_autotrainer() -> None:
    assert says(with_numbers(make_patient(), metrics={"train_loss": 1000.0}), "diverged", "AT") == "alarm"
    assert says(with_numbers(make_patient(), metrics={"train_loss": 999.0}), "diverged", "AT") == "silent"
