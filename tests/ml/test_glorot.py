"""Figures 6 to 8 of Glorot & Bengio (2010) and the Jacobian of section 4.2.1: tanh, five layers of 50, step 0."""

import numpy as np
import pytest

from ml.records import StepRecord
from ml.spec import RunSpec
from ml.trainer import train

SEEDS = range(3)


def first_look(init: str, seed: int) -> StepRecord:
    spec = RunSpec(dataset="shapeset", hidden=[50] * 5, activation="tanh", init=init, seed=seed, epochs=0)
    return next(train(spec))


def stds(record: StepRecord, signal: str) -> np.ndarray:
    return np.array([layer.signals[signal].std for layer in record.layers[:-1]])


def jacobians(record: StepRecord) -> list[float]:
    return [layer.health.jacobian for layer in record.layers[1:-1]]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_standard_heuristic_lets_activations_and_gradients_shrink_from_layer_to_layer(seed):
    record = first_look("standard", seed)

    activations, gradients = stds(record, "activation"), stds(record, "backprop_gradient")
    assert activations[0] / activations[4] > 6
    assert np.all(activations[1:] / activations[:-1] < 0.70)
    assert gradients[4] / gradients[0] > 6
    assert all(0.45 < value < 0.52 for value in jacobians(record))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_normalized_initialisation_keeps_activations_and_gradients_alike(seed):
    record = first_look("xavier_uniform", seed)

    activations, gradients = stds(record, "activation"), stds(record, "backprop_gradient")
    assert activations[0] / activations[4] < 2.6
    assert np.all(activations[1:] / activations[:-1] > 0.70)
    assert gradients[4] / gradients[0] < 3
    assert all(0.67 < value < 0.85 for value in jacobians(record))


@pytest.mark.parametrize(("init", "most"), [("standard", 2), ("xavier_uniform", 2.5)])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_weight_gradients_are_alike_in_every_layer_at_first(init, most, seed):
    gradients = stds(first_look(init, seed), "weight_gradient")

    assert gradients.max() / gradients.min() < most
