import math

import numpy as np
import pytest
import torch

from ml.datasets import Examples, load
from ml.model import build
from ml.monte_carlo import SHOWN, predict
from ml.spec import RunSpec


def network(**changes) -> tuple[torch.nn.Sequential, Examples]:
    spec = RunSpec(**{"hidden": [30], "dropout": 0.4, **changes})
    return build(spec, torch.Generator().manual_seed(1)), load(spec).validation


def test_mean_and_spread_are_those_of_many_passes_with_random_masks():
    model, examples = network()
    few = examples.first(20)
    found = predict(model, few, passes=4000)

    # The net by hand, with masks of NumPy.
    rng = np.random.default_rng(0)
    weights = {name: value.double().numpy() for name, value in model.state_dict().items()}
    z = np.maximum(few.inputs.double().numpy() @ weights["hidden1.weight"].T + weights["hidden1.bias"], 0)
    passes = []
    for _ in range(4000):
        kept = (rng.random(z.shape) >= 0.4) / 0.6
        odds = np.exp((z * kept) @ weights["output.weight"].T + weights["output.bias"])
        passes.append(odds / odds.sum(axis=1, keepdims=True))

    error = 6 * np.std(passes, axis=0) / math.sqrt(4000)
    assert np.all(np.abs(found.mean - np.mean(passes, axis=0)) < error + 1e-6)
    np.testing.assert_allclose(found.std, np.std(passes, axis=0), atol=0.02)


def test_the_entropy_is_that_of_the_mean_and_0_where_it_is_certain():
    model, examples = network()
    found = predict(model, examples, passes=10)

    mean = found.mean.astype(np.float64)
    np.testing.assert_allclose(found.entropy, -(mean * np.log(mean + 1e-300)).sum(axis=1), atol=1e-5)
    model.output.weight.data.zero_()
    model.output.bias.data[:] = torch.tensor([1000.0] + [0.0] * 9)
    assert np.all(predict(model, examples, passes=2).entropy == 0)


def test_the_extremes_are_the_examples_of_least_and_of_most_entropy_with_their_pictures():
    model, examples = network()
    found = predict(model, examples, passes=10)

    order = np.argsort(found.entropy)
    most, least = np.split(found.extremes, 2)
    assert len(most) == len(least) == SHOWN
    np.testing.assert_array_equal(found.entropy[most], found.entropy[order[:SHOWN]])
    np.testing.assert_array_equal(found.entropy[least], found.entropy[order[::-1][:SHOWN]])
    np.testing.assert_array_equal(found.pictures, examples.inputs.numpy()[found.extremes])
    np.testing.assert_array_equal(found.labels, examples.labels)


def test_the_same_weights_are_as_certain_every_time_and_the_network_is_left_as_it_was():
    model, examples = network(batch_norm="before", input_dropout=0.2)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    mask_state = model.hidden1_dropout.generator.get_state()

    one, two = predict(model, examples, passes=3), predict(model, examples, passes=3)

    np.testing.assert_array_equal(one.mean, two.mean)
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(mask_state, model.hidden1_dropout.generator.get_state())
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("changes", [{"dropout": 0.4}, {"dropout": 0.0, "input_dropout": 0.4}])
def test_dropout_of_units_or_of_inputs_spreads_the_predictions(changes):
    assert predict(*network(**changes), passes=5).std.max() > 0.01
