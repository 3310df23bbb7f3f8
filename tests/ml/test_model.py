import math

import numpy as np
import pytest
import torch

from ml.catalog import ACTIVATIONS, INITIALISERS
from ml.model import build, evaluating
from ml.spec import RunSpec


def network(seed: int = 0, **changes) -> torch.nn.Sequential:
    return build(RunSpec(**changes), torch.Generator().manual_seed(seed))


def test_parameters_are_named_after_the_layers_and_shaped_out_by_in():
    shapes = {name: tuple(value.shape) for name, value in network(hidden=[30, 20]).state_dict().items()}

    assert shapes == {
        "hidden1.weight": (30, 64), "hidden1.bias": (30,),
        "hidden2.weight": (20, 30), "hidden2.bias": (20,),
        "output.weight": (10, 20), "output.bias": (10,),
    }  # fmt: skip


def std(init: str, fan_in: int, fan_out: int) -> float:
    """Glorot & Bengio (2010) eq. 1 and 16, He et al. (2015) eq. 10, written down once more."""
    xavier, kaiming = math.sqrt(2 / (fan_in + fan_out)), math.sqrt(2 / fan_in)
    return {
        "standard": 1 / math.sqrt(3 * fan_in),
        "xavier_uniform": xavier,
        "xavier_normal": xavier,
        "kaiming_uniform": kaiming,
        "kaiming_normal": kaiming,
        "normal": 1.0,
    }[init]


LAYERS = [("hidden1", 64, 400), ("hidden2", 400, 90), ("output", 90, 10)]


@pytest.mark.parametrize("init", INITIALISERS)
@pytest.mark.parametrize(("layer", "fan_in", "fan_out"), LAYERS)
def test_every_layers_weights_have_the_mean_and_std_of_the_initialiser(init, layer, fan_in, fan_out):
    weights = network(init=init, hidden=[400, 90]).get_submodule(layer).weight.detach().double()

    expected = std(init, fan_in, fan_out)
    error = 4 * expected / math.sqrt(fan_in * fan_out)  # four standard errors
    assert weights.mean().item() == pytest.approx(0, abs=error)
    assert weights.std().item() == pytest.approx(expected, abs=error)


@pytest.mark.parametrize(
    ("init", "bound"),
    [("standard", 1 / 8), ("xavier_uniform", math.sqrt(6 / 464)), ("kaiming_uniform", math.sqrt(6 / 64))],
)
def test_uniform_weights_fill_their_interval(init, bound):
    largest = network(init=init, hidden=[400]).hidden1.weight.abs().max().item()

    assert 0.99 * bound < largest <= bound * (1 + 1e-6)


@pytest.mark.parametrize("init", ["xavier_normal", "kaiming_normal", "normal"])
def test_normal_weights_have_the_tails_of_a_normal_distribution(init):
    weights = network(init=init, hidden=[400]).hidden1.weight.detach().abs()

    beyond_two_std = (weights > 2 * std(init, 64, 400)).double().mean().item()
    assert beyond_two_std == pytest.approx(0.0455, abs=0.006)


def test_init_std_is_the_std_of_normal_weights():
    assert network(init="normal", init_std=0.05).hidden1.weight.std().item() == pytest.approx(0.05, rel=0.02)


def test_every_bias_starts_at_bias_init():
    model = network(bias_init=0.25)

    assert all(torch.all(model.get_submodule(layer).bias == 0.25) for layer in RunSpec().layers)


def test_the_generator_decides_the_weights():
    one, same, other = (network(seed=seed).output.weight for seed in (1, 1, 2))

    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(("activation", "alpha"), [("leaky_relu", 0.3), ("elu", 2.0)])
def test_alpha_shapes_the_negative_side(activation, alpha):
    s = torch.tensor([-1.0, 2.0])

    z = network(activation=activation, alpha=alpha).hidden1_activation(s)

    expected = -alpha if activation == "leaky_relu" else alpha * (math.exp(-1) - 1)
    torch.testing.assert_close(z, torch.tensor([expected, 2.0]))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_catalogs_range_and_max_slope_are_those_of_the_function(activation):
    entry = ACTIVATIONS[activation]
    s = torch.linspace(-50, 50, 10_001, requires_grad=True)

    z = network(activation=activation).hidden1_activation(s)

    slope = torch.autograd.grad(z.sum(), s)[0].abs()
    if entry.range:
        assert (z.min().item(), z.max().item()) == pytest.approx(entry.range, abs=0.02)
    if entry.max_slope:
        assert slope.max().item() == pytest.approx(entry.max_slope(entry.alpha or 0.0), rel=1e-4)
        assert slope.min().item() < 0.05 * slope.max().item()


def test_dropout_drops_its_share_and_scales_the_rest_so_that_the_mean_stays():
    dropout = network(dropout=0.2).hidden1_dropout

    z = dropout(torch.ones(1000, 100))

    assert (z == 0).double().mean().item() == pytest.approx(0.2, abs=0.01)
    assert np.unique(z) == pytest.approx([0, 1.25])


def test_dropout_is_off_while_evaluating_and_on_again_afterwards():
    model, inputs = network(dropout=0.5), torch.ones(4, 64)

    with evaluating(model):
        assert torch.equal(model(inputs), model(inputs))
    assert not torch.equal(model(inputs), model(inputs))
