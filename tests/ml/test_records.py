import dataclasses
import math

import numpy as np
import pytest

from ml.records import Health, Histogram, LayerSnapshot, Metrics, RunRecord, SignalSummary, StepRecord
from ml.spec import RunSpec


def summary(mean: float) -> SignalSummary:
    return SignalSummary(mean, 1, 1, 0, 1, 0, 1, 1, 0, Histogram(0, 1, np.array([1, 3])))


def snapshot(step: int) -> StepRecord:
    """A net of two hidden layers whose means tell step and layer: 10 · step + layer."""
    layers = [
        LayerSnapshot(
            layer,
            {signal: summary(10 * step + i) for signal in signals},
            Health(saturated=step / 10) if layer != "output" else Health(),
        )
        for i, (layer, signals) in enumerate(
            {"hidden1": ["activation", "weight"], "hidden2": ["activation", "weight"], "output": ["weight"]}.items()
        )
    ]
    return StepRecord(step, step / 4, Metrics(step, 0.5, 2, 0.25), tuple(layers))


@pytest.fixture
def run() -> RunRecord:
    return RunRecord("r1", RunSpec(hidden=[3, 2]), snapshots=(snapshot(0), snapshot(4), snapshot(8)))


def test_edges_and_centers_divide_the_range_evenly():
    histogram = Histogram(-1.0, 1.0, np.array([1, 2, 3, 4]))

    assert histogram.edges.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert histogram.centers.tolist() == [-0.75, -0.25, 0.25, 0.75]


def test_density_integrates_to_one_whatever_the_range():
    histogram = Histogram(0.0, 0.001, np.array([5, 0, 15]))

    assert (histogram.density * np.diff(histogram.edges)).sum() == pytest.approx(1)
    assert histogram.density[2] == pytest.approx(3 * histogram.density[0])


def test_the_density_of_nothing_is_zero():
    assert Histogram(0.0, 1.0, np.zeros(4, int)).density.tolist() == [0, 0, 0, 0]


def test_steps_epochs_and_metrics_are_listed_in_order(run):
    assert run.steps == [0, 4, 8]
    assert run.epochs == [0, 1, 2]
    assert run.metric("train_loss") == [0, 4, 8]
    assert run.metric("val_error") == [0.25] * 3


def test_a_statistic_has_a_row_a_snapshot_and_a_column_a_layer(run):
    assert run.statistic("activation", "mean").tolist() == [[0, 1], [40, 41], [80, 81]]
    assert run.statistic("weight", "mean").tolist() == [[0, 1, 2], [40, 41, 42], [80, 81, 82]]


def test_the_output_layer_has_only_the_weight_signals(run):
    assert run.layers_with("weight_gradient") == ("hidden1", "hidden2", "output")
    assert run.layers_with("backprop_gradient") == run.layers_with("health") == ("hidden1", "hidden2")


def test_health_without_a_meaning_is_nan(run):
    assert run.health("saturated").tolist() == [[0, 0], [0.4, 0.4], [0.8, 0.8]]
    assert all(math.isnan(value) for value in run.health("jacobian").ravel())


def test_a_run_without_snapshots_has_empty_tables_of_the_right_width(run):
    fresh = dataclasses.replace(run, snapshots=())

    assert fresh.statistic("weight", "mean").shape == (0, 3)
    assert fresh.health("dead").shape == (0, 2)
    assert fresh.nearest(None) is None


@pytest.mark.parametrize(("asked", "step"), [(None, 8), (0, 0), (3, 0), (4, 4), (100, 8)])
def test_the_nearest_snapshot_is_the_one_at_the_step_or_the_last_before_it(run, asked, step):
    assert run.nearest(asked).step == step
