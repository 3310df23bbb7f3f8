"""Distributions that theory expects, against networks that are drawn at random here."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ml.catalog import ACTIVATIONS, INITIALISERS
from ml.expected import activation, gradient, gradient_is_known, weight
from ml.model import _draw
from ml.spec import RunSpec
from ml.theory import Prediction, predict

Vector = NDArray[np.float64]
DRAWS = 400_000


def predicted(**settings: Any) -> tuple[RunSpec, Prediction]:
    spec = RunSpec(**{"hidden": (50, 50), "init": "xavier_normal"} | settings)
    prediction = predict(spec)
    assert prediction is not None
    return spec, prediction


def shares(values: Vector, edges: Vector) -> Vector:
    return np.histogram(values, edges)[0] / values.size


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.function])
def test_activations_are_shared_out_over_the_bins_as_those_of_a_normal_pre_activation(name: str) -> None:
    spec, prediction = predicted(activation=name, bias_init=0.1)
    mean, std = prediction.source[0]
    s = np.random.default_rng(1).normal(mean, std, DRAWS)
    z = ACTIVATIONS[name].function(s, spec.activation_alpha(ACTIVATIONS[name]))  # type: ignore[misc]
    edges = np.linspace(z.min(), z.max(), 41)
    assert activation(spec, prediction, 0, edges) == pytest.approx(shares(z, edges), abs=0.004)


def test_of_maxout_it_is_the_largest_piece() -> None:
    spec, prediction = predicted(activation="maxout")
    mean, std = prediction.source[1]
    z = np.random.default_rng(1).normal(mean, std, (DRAWS, spec.shapes[1].pieces)).max(axis=1)
    edges = np.linspace(z.min(), z.max(), 41)
    assert activation(spec, prediction, 1, edges) == pytest.approx(shares(z, edges), abs=0.004)


def test_the_silent_half_of_relus_stands_in_the_bin_that_begins_with_0() -> None:
    spec, prediction = predicted(activation="relu")
    found = activation(spec, prediction, 0, np.linspace(0, 5, 101))
    assert 0.5 < found[0] < 0.6


def test_saturated_units_stand_in_the_last_bin_which_is_closed() -> None:
    spec, prediction = predicted(activation="tanh", init="normal", init_std=30.0)
    found = activation(spec, prediction, 0, np.linspace(-1, 1, 101))
    assert found[[0, -1]] == pytest.approx([0.5, 0.5], abs=0.05)
    assert found.sum() == pytest.approx(1)


SLOPES = {
    "relu": lambda s: (s > 0).astype(float),
    "tanh": lambda s: 1 - np.tanh(s) ** 2,
    "linear": lambda s: np.ones_like(s),
}


@pytest.mark.parametrize("name", SLOPES)
def test_a_gradient_is_the_slope_times_a_normal_number(name: str) -> None:
    spec, prediction = predicted(activation=name, init="normal", init_std=0.2)
    rng = np.random.default_rng(2)
    slope = SLOPES[name](rng.normal(*prediction.source[0], DRAWS))
    delta = slope * rng.normal(0, 1, DRAWS)
    delta *= prediction.std("backprop_gradient")[0] / delta.std()
    edges = np.linspace(delta.min(), delta.max(), 42)
    assert gradient(spec, prediction, 0, edges) == pytest.approx(shares(delta, edges), abs=0.006)


def test_the_top_layers_gradient_is_known_only_where_the_output_weights_are_normal() -> None:
    assert not gradient_is_known(RunSpec(hidden=(5, 5), init="xavier_uniform"), 1)
    assert gradient_is_known(RunSpec(hidden=(5, 5), init="xavier_uniform"), 0)
    assert gradient_is_known(RunSpec(hidden=(5, 5), init="xavier_normal"), 1)
    assert not gradient_is_known(RunSpec(hidden=(5, 5), init="xavier_normal", batch_norm="after"), 0)


def test_weights_of_zeros_have_no_density() -> None:
    assert weight(RunSpec(init="normal", init_std=0.0), 0, np.linspace(-1, 1, 5)) is None


@pytest.mark.parametrize("init", INITIALISERS)
def test_weights_are_shared_out_as_the_initialiser_draws_them(init: str) -> None:
    spec = RunSpec(hidden=(300, 300), init=init)
    drawn = _draw(spec, 1, torch.Generator().manual_seed(3)).numpy().ravel().astype(np.float64)
    edges = np.linspace(drawn.min(), drawn.max(), 31)
    expected = weight(spec, 1, edges)
    assert expected is not None
    assert expected == pytest.approx(shares(drawn, edges), abs=0.004)
