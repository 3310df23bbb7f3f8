"""Figures of health, regularisation and certainty; what all figures have in common is in test_figures."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.figures import FIGURES, LIGHT
from app.figures.axes import Json
from app.figures.marks import MOST_POINTS
from ml.records import Pulse, RunRecord
from tests.records import make_everything, make_run


def draw(name: str, run: RunRecord) -> Json:
    return FIGURES[name].draw(run, LIGHT)


def texts(figure: Json) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


def guides(figure: Json) -> list[float]:
    return [shape["y0"] for shape in figure["layout"]["shapes"] if shape["xref"] == "paper"]


def lines(figure: Json) -> dict[str, Json]:
    return {trace["meta"]: trace for trace in figure["data"] if "meta" in trace}


def test_the_jacobian_is_drawn_through_the_snapshots_that_have_it_with_its_standard_error() -> None:
    figure = draw("jacobian", make_run(5))
    assert list(lines(figure)) == ["hidden2", "hidden3"]
    assert lines(figure)["hidden2"]["x"] == [0, 2, 4]
    assert lines(figure)["hidden2"]["y"] == [0.7, 0.7, 0.7]
    band = figure["data"][0]
    assert band["y"] == pytest.approx([0.68] * 3 + [0.72] * 3)
    assert guides(figure) == [1]
    bottom, top = figure["layout"]["yaxis"]["range"]
    assert bottom < min(y for trace in figure["data"] for y in trace["y"])
    assert top > 1


def test_updates_are_drawn_for_every_measured_step_beside_the_pace_that_is_good() -> None:
    run = make_run(3)
    figure = draw("update_ratio", run)
    assert list(lines(figure)) == list(run.spec.layers)
    assert lines(figure)["hidden1"]["x"] == [0.5, 1, 1.5, 2]
    assert lines(figure)["output"]["y"] == pytest.approx([0.002, 0.004, 0.006, 0.008])
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert guides(figure) == [1e-3]
    low, high = figure["layout"]["yaxis"]["range"]
    assert low < -3 < high


def with_pulses(run: RunRecord, pulses: list[Pulse]) -> RunRecord:
    first, *_ = run.snapshots
    return replace(run, snapshots=(first, replace(run.snapshots[1], pulses=tuple(pulses))))


def test_a_layer_that_is_frozen_has_no_line_on_a_logarithmic_axis() -> None:
    run = with_pulses(make_run(2, hidden=(5, 4)), [Pulse(step, (0.0, 1.0, 2.0), (0.0, 0.1, 0.2)) for step in (5, 10)])
    for name in ("update_ratio", "gradient_norm"):
        assert list(lines(draw(name, run))) == ["hidden2", "output"]


def test_of_many_steps_every_peak_is_kept() -> None:
    norms = [1.0] * 2000
    norms[777] = 50.0
    run = with_pulses(make_run(2, hidden=(5,)), [Pulse(i, (norm, 1.0), (0.1, 0.1)) for i, norm in enumerate(norms, 1)])
    line = lines(draw("gradient_norm", run))["hidden1"]
    assert len(line["x"]) <= MOST_POINTS
    assert line["y"][line["x"].index(77.8)] == 50.0
    assert (line["x"][0], line["x"][-1]) == (0.1, 200)


def test_without_a_step_the_size_of_the_updates_says_so() -> None:
    assert "no step was measured yet" in texts(draw("update_ratio", make_run(1, epochs=0)))


def test_dead_units_are_drawn_for_the_layers_that_can_die() -> None:
    figure = draw("dead", make_run(3, activation=("relu", "leaky_relu", "relu")))
    assert {name: line["y"] for name, line in lines(figure).items()} == {"hidden1": [0] * 3, "hidden3": [10] * 3}


def test_dead_units_of_a_layer_that_is_not_finite_are_not_told() -> None:
    assert lines(draw("dead", make_run(4, diverges_at=2)))["hidden1"]["x"] == [0, 1]


def test_the_pieces_of_maxout_are_compared_with_an_even_share() -> None:
    figure = draw("piece_shares", make_run(3, activation=("maxout", "tanh", "maxout"), pieces=4))
    assert {name: line["y"] for name, line in lines(figure).items()} == {"hidden1": [75] * 3, "hidden3": [75] * 3}
    assert guides(figure) == [25]


def test_clipping_by_norm_shows_the_limit_between_before_and_after() -> None:
    figure = draw("clipping", make_run(3, clip="norm", clip_at=1.0))
    assert [(trace["name"], trace["x"], trace["y"]) for trace in figure["data"]] == [
        ("before", [1, 2], [4, 2]),
        ("after", [1, 2], [1, 1]),
    ]
    assert guides(figure) == [1]
    assert "c = 1" in texts(figure)


def test_clipping_by_value_has_no_limit_on_the_norm() -> None:
    assert guides(draw("clipping", make_run(3, clip="value"))) == []


def test_clipped_steps_are_in_percent() -> None:
    (line,) = draw("clipped", make_run(3, clip="value"))["data"]
    assert line["y"] == [100, 50]


def test_max_norm_shows_the_longest_and_the_median_unit_and_the_limit() -> None:
    figure = draw("unit_norms", make_run(2, max_norm=2.0))
    thin, strong = figure["data"][:4], figure["data"][4:]
    assert [line["y"][0] for line in strong] == [2] * 4
    assert [line["y"][0] for line in thin] == [1.25] * 4
    assert thin[0]["line"]["width"] < strong[0]["line"]["width"]
    assert guides(figure) == [2]


def test_certainty_is_the_density_of_the_entropy_of_right_and_of_wrong_answers() -> None:
    figure = draw("monte_carlo", make_everything())
    assert [trace["name"] for trace in figure["data"]] == ["35 right answers", "5 wrong answers"]
    for trace in figure["data"]:
        assert np.trapezoid(trace["y"], trace["x"]) == pytest.approx(1, rel=1e-4)
    assert figure["layout"]["xaxis"]["range"][1] >= math.log(10)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_net_that_is_always_right_or_always_wrong_has_one_outline(share: float) -> None:
    run = make_everything()
    found = run.monte_carlo
    assert found is not None
    same = replace(run, monte_carlo=replace(found, labels=np.full(40, 0 if share else 1)))
    assert len(draw("monte_carlo", same)["data"]) == 1


def test_until_the_run_has_ended_certainty_waits() -> None:
    assert "measured at the end of the run" in texts(draw("monte_carlo", make_everything(2, status="running")))


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("jacobian", {"hidden": (5,)}),
        ("dead", {"activation": "leaky_relu"}),
        ("piece_shares", {}),
        ("clipping", {}),
        ("unit_norms", {}),
        ("monte_carlo", {}),
    ],
)
def test_a_figure_that_does_not_suit_a_run_says_that_there_is_nothing(name: str, spec: dict[str, Any]) -> None:
    run = make_run(2, **spec)
    assert not FIGURES[name].suits(run.spec)
    assert "this run has nothing of the kind" in texts(draw(name, run))
