from dataclasses import replace

import numpy as np
import pytest

from app.figures import LIGHT
from app.figures.compare import (
    Moment,
    curves,
    gradient_flow,
    groups,
    histograms,
    saturation_map,
)
from app.theme import run_dash
from ml.records import RunRecord
from tests.records import make_run


def named(run: RunRecord, number: int) -> RunRecord:
    return replace(run, id=f"run{number}", colour=number)


def seeds(*factors: float) -> list[RunRecord]:
    """Runs of one spec but for the seed, whose losses are these multiples of the usual ones."""
    runs = []
    for seed, factor in enumerate(factors):
        run = make_run(3, seed=seed, name=f"seed {seed}")
        metrics = [replace(s.metrics, val_loss=factor * s.metrics.val_loss) for s in run.snapshots]
        snapshots = tuple(replace(s, metrics=m) for s, m in zip(run.snapshots, metrics, strict=True))
        runs.append(named(replace(run, snapshots=snapshots), seed))
    return runs


def test_runs_that_differ_in_seed_and_name_alone_are_one_group() -> None:
    runs = [*seeds(1, 2), named(make_run(3, lr=0.5), 7)]
    assert [[run.id for run in group.runs] for group in groups(runs, together=True)] == [["run0", "run1"], ["run7"]]
    assert [group.letter for group in groups(runs, together=True)] == ["A×2", "C"]
    assert [group.letter for group in groups(runs, together=False)] == ["A", "B", "C"]


def test_a_group_is_its_mean_with_a_band_of_one_standard_deviation() -> None:
    runs = seeds(1, 2, 6)
    band, line = curves(groups(runs, True), LIGHT, "val_loss", "")["data"]
    losses = np.array([run.metric("val_loss") for run in runs])
    assert line["y"] == pytest.approx(losses.mean(axis=0), rel=1e-5)
    assert band["y"][:3] == pytest.approx(losses.mean(axis=0) - losses.std(axis=0, ddof=1), rel=1e-5)
    assert band["fill"] == "toself"


def test_a_group_is_drawn_as_far_as_all_its_runs_have_come() -> None:
    first, second = seeds(1, 2)
    second = replace(second, snapshots=second.snapshots[:2])
    (_band, line) = curves(groups([first, second], True), LIGHT, "val_loss", "")["data"]
    assert line["x"] == [0, 1]


def test_curves_run_over_epochs_or_steps_as_far_as_the_longest() -> None:
    runs = [named(make_run(2), 0), named(make_run(5), 1)]
    assert curves(groups(runs, True), LIGHT, "val_loss", "")["layout"]["xaxis"]["range"][1] == pytest.approx(4.04)
    figure = curves(groups(runs, True), LIGHT, "val_loss", "", by="step")
    assert figure["data"][1]["x"] == [0, 10, 20, 30, 40]


def test_a_run_wears_its_own_colour_and_the_dashes_of_its_place() -> None:
    runs = [named(make_run(2, lr=0.1), 5), named(make_run(2, lr=0.2), 5)]
    lines = curves(groups(runs, True), LIGHT, "val_loss", "")["data"]
    assert [line["line"]["color"] for line in lines] == [LIGHT.run_colour(5)] * 2
    assert [line["line"]["dash"] for line in lines] == [run_dash(0), run_dash(1)]
    assert [line["name"] for line in lines] == ["A", "B"]


def test_histograms_of_a_layer_have_one_line_for_each_run_that_has_it() -> None:
    runs = [named(make_run(2), 0), named(make_run(2, hidden=(5, 4)), 1)]
    both = histograms(runs, LIGHT, "activation", "hidden2", Moment())
    assert [line["name"] for line in both["data"]] == ["A", "B"]
    deep = histograms(runs, LIGHT, "activation", "hidden3", Moment())
    assert [line["name"] for line in deep["data"]] == ["A"]
    assert histograms(runs, LIGHT, "activation", "hidden9", Moment())["layout"]["annotations"][-1]["text"]


def test_a_superimposed_histogram_is_the_density_of_the_run_at_that_moment() -> None:
    run = make_run(3)
    (line,) = histograms([run], LIGHT, "weight", "hidden1", Moment(0.5))["data"]
    histogram = run.snapshots[1].layers[0].signals["weight"].histogram
    assert max(line["y"]) == pytest.approx(max(histogram.density), rel=1e-5)


def test_a_moment_is_a_share_of_each_run_or_one_step_for_all() -> None:
    short, long = make_run(3), make_run(5)
    assert [s.step for s in Moment(0.5).snapshots([short, long])] == [10, 20]
    assert [s.step for s in Moment(0.5, by_step=True).snapshots([short, long])] == [20, 20]
    assert [s.step for s in Moment(1).snapshots([short, long])] == [20, 40]
    assert Moment().snapshots([make_run(0)]) == [None]


def test_gradient_flows_share_their_scale() -> None:
    runs = [make_run(2), make_run(2, hidden=(5,) * 9)]
    scales = [gradient_flow(run, runs, LIGHT)["layout"]["yaxis"]["range"] for run in runs]
    assert scales[0] == scales[1]
    assert gradient_flow(runs[0], runs[:1], LIGHT)["layout"]["yaxis"]["range"] != scales[0]


def test_saturation_maps_share_their_colours() -> None:
    runs = [make_run(2), make_run(2, activation="relu")]
    assert [saturation_map(run, runs, LIGHT)["data"][0]["zmax"] for run in runs] == [1, 1]
    assert saturation_map(runs[0], runs[:1], LIGHT)["data"][0]["zmax"] == 0.6


def test_a_run_that_cannot_saturate_has_words_and_no_map() -> None:
    runs = [make_run(2, activation="linear"), make_run(2)]
    figure = saturation_map(runs[0], runs, LIGHT)
    assert figure["data"] == []
    assert figure["layout"]["annotations"][-1]["text"] == "no activation of it has a flat side"
    assert saturation_map(runs[1], runs, LIGHT)["data"][0]["zmax"] == 0.6
