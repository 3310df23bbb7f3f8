"""Dead and saturated units, as other tools judge them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from app.i18n import gettext, speaking
from ml.opinions import opinions
from ml.records import Histogram, RunRecord
from ml.rules import Evidence
from tests.findings import missing, said, says
from tests.records import make_patient, with_numbers

G, Z = "weight_gradient", "activation"


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
    assert {o.says for o in opinions(Evidence(units(activation)), "dead_units")} == {"untested"}


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
