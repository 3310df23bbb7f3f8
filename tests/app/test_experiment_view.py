import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.experiment_view import (
    Combination,
    combinations,
    group_curves,
    in_common,
    legend,
    mean_of,
    progress,
    table,
)
from app.figures.groups import error_by_group
from app.store import ErrorCurve, ExperimentRecord
from app.svg import render
from app.theme import LIGHT, PAGE
from ml.grid import grid
from ml.records import Metrics, RunRecord
from ml.spec import RunSpec

BASE = RunSpec(hidden=(8, 6), epochs=2)
TWO = {"init": ("standard", "xavier_uniform"), "lr": (0.1, 0.01, 0.001)}


def make_experiment(vary: dict[str, tuple[Any, ...]], seeds: int = 3) -> tuple[ExperimentRecord, list[RunRecord]]:
    """An experiment of finished runs."""
    runs = [RunRecord(str(number), run.spec, "finished") for number, run in enumerate(grid(BASE, vary, seeds))]
    return ExperimentRecord("x", "Experiment", BASE, vary, seeds, 1.7e9), runs


def made_up(runs: list[RunRecord]) -> dict[str, Metrics]:
    rng = np.random.default_rng(0)
    return {run.id: Metrics(*rng.random(4)) for run in runs}


def test_mean_and_sample_standard_deviation_are_numpys() -> None:
    values = list(np.random.default_rng(1).normal(3, 2, 7))
    found = mean_of(values)
    assert found is not None
    assert (found.mean, found.std, found.count) == pytest.approx((np.mean(values), np.std(values, ddof=1), 7))
    assert mean_of([0.25]).std is None
    assert mean_of([]) is None


def test_every_combination_has_the_means_of_its_own_seeds() -> None:
    experiment, runs = make_experiment(TWO)
    last = made_up(runs)
    found = combinations(experiment, runs, last)
    assert [one.values for one in found] == [(init, lr) for init in TWO["init"] for lr in TWO["lr"]]
    for number, one in enumerate(found):
        own = runs[3 * number : 3 * number + 3]
        assert list(one.runs) == own
        for name in ("train_loss", "val_loss", "val_error"):
            values = [getattr(last[run.id], name) for run in own]
            mean = getattr(one, name)
            assert (mean.mean, mean.std, mean.count) == pytest.approx((np.mean(values), np.std(values, ddof=1), 3))
    least = min(found, key=lambda one: one.val_error.mean)
    assert [one for one in found if one.best] == [least]


def test_only_finished_runs_count_and_those_that_failed_or_diverged_are_counted_apart() -> None:
    experiment, runs = make_experiment({"lr": (0.1,)}, 5)
    runs[1], runs[2] = replace(runs[1], status="failed"), replace(runs[2], status="running")
    last = made_up(runs) | {"3": Metrics(math.nan, 0.9, math.nan, 0.9)}
    (one,) = combinations(experiment, runs, last)
    assert (one.finished, one.failed, one.diverged) == (3, 1, 1)
    assert one.val_error.mean == pytest.approx(np.mean([last["0"].val_error, last["4"].val_error]))
    assert one.val_error.count == 2
    assert not one.best, "a lone combination is better than none"


def test_a_combination_without_runs_stays_in_the_table() -> None:
    experiment, runs = make_experiment({"lr": (0.1, 0.01)}, 1)
    gone, kept = combinations(experiment, runs[1:], made_up(runs))
    assert (gone.runs, gone.val_error) == ((), None)
    assert kept.best


def labels(rows: tuple[tuple[Combination, ...], ...]) -> list[list[str]]:
    return [[one.label for one in row] for row in rows]


def test_one_field_makes_rows_two_make_rows_and_columns_more_make_no_such_table() -> None:
    experiment, runs = make_experiment(TWO, 1)
    both = table(experiment, combinations(experiment, runs, {}))
    assert (both.row_field, both.column_field, both.columns) == ("init", "lr", ("0.1", "0.01", "0.001"))
    assert labels(both.cells)[1] == ["xavier_uniform, 0.1", "xavier_uniform, 0.01", "xavier_uniform, 0.001"]
    experiment, runs = make_experiment({"lr": (0.1, 0.01)}, 1)
    one = table(experiment, combinations(experiment, runs, {}))
    assert (one.columns, labels(one.cells)) == (("",), [["0.1"], ["0.01"]])
    for vary in ({}, TWO | {"dropout": (0.0, 0.5)}):
        experiment, runs = make_experiment(vary, 2)
        assert table(experiment, combinations(experiment, runs, {})) is None


def test_the_figure_has_each_combinations_mean_and_band_over_its_finished_runs() -> None:
    experiment, runs = make_experiment({"lr": (0.1, 0.01)}, 3)
    runs[5] = replace(runs[5], status="running")
    errors = np.random.default_rng(2).random((6, 3))
    curves = {str(i): ErrorCurve((0.0, 1.0, 2.0), tuple(errors[i])) for i in range(6)}
    groups = group_curves(combinations(experiment, runs, {}), curves)
    figure = error_by_group(LIGHT, groups)
    bands, lines = figure["data"][:2], figure["data"][2:]
    for line, band, own in zip(lines, bands, (errors[:3], errors[3:5]), strict=True):
        mean, std = 100 * own.mean(axis=0), 100 * own.std(axis=0, ddof=1)
        assert line["y"] == pytest.approx(mean, rel=1e-5)
        assert band["y"] == pytest.approx([*(mean - std), *(mean + std)[::-1]], rel=1e-4)
    assert lines[0]["line"] != lines[1]["line"]
    assert lines[0]["line"]["dash"] != lines[1]["line"]["dash"], "colour alone tells nobody apart"
    assert [note["text"] for note in figure["layout"]["annotations"][1:]] == ["1", "2"]
    assert render(error_by_group(PAGE, groups), "error").startswith("<svg")


def test_a_single_seed_has_no_band_and_gaps_where_the_error_is_not_finite() -> None:
    experiment, runs = make_experiment({"lr": (0.1,)}, 1)
    groups = group_curves(combinations(experiment, runs, {}), {"0": ErrorCurve((0.0, 1.0), (0.5, None))})
    (line,) = error_by_group(LIGHT, groups)["data"]
    assert line["y"] == [50.0, None]


def test_errors_that_fall_far_are_drawn_on_a_logarithmic_axis_whose_bands_end_with_it() -> None:
    experiment, runs = make_experiment({"lr": (0.1,)}, 2)
    curves = {"0": ErrorCurve((0.0, 1.0), (0.9, 0.001)), "1": ErrorCurve((0.0, 1.0), (0.9, 0.02))}
    figure = error_by_group(LIGHT, group_curves(combinations(experiment, runs, {}), curves))
    band, line = figure["data"]
    low, _ = figure["layout"]["yaxis"]["range"]
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert line["y"] == pytest.approx([90, 1.05])
    assert min(band["y"]) == pytest.approx(10**low, rel=1e-4)
    assert render(figure, "error")


def test_without_a_finished_run_the_figure_says_so() -> None:
    figure = error_by_group(LIGHT, [])
    assert "no run has finished yet" in [note["text"] for note in figure["layout"]["annotations"]]
    assert render(figure, "error")


def test_the_legend_draws_the_lines_as_the_figure_does() -> None:
    experiment, runs = make_experiment({"lr": (0.1, 0.01)}, 1)
    found = combinations(experiment, runs, {})
    curves = {run.id: ErrorCurve((0.0, 1.0), (0.5, 0.4)) for run in runs}
    drawn = error_by_group(PAGE, group_curves(found, curves))["data"]
    for entry, line in zip(legend(found), drawn, strict=True):
        assert entry.colour == line["line"]["color"]
        assert entry.dashes == ("" if line["line"]["dash"] == "solid" else line["line"]["dash"].replace("px", ""))


def test_what_all_runs_have_in_common_leaves_out_what_varies() -> None:
    _, runs = make_experiment({"init": ("standard", "xavier_uniform")}, 2)
    told = in_common(BASE, runs)
    assert "8-6" in told
    assert "kaiming" not in told
    assert "seed" not in told


def test_progress_counts_what_has_ended() -> None:
    _, runs = make_experiment({}, 4)
    states = [
        replace(run, status=status)
        for run, status in zip(runs, ("finished", "failed", "running", "queued"), strict=True)
    ]
    found = progress(states)
    assert (found.runs, found.ended, found.finished, found.active) == (4, 2, 1, True)
