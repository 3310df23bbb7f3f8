import math

import numpy as np
import pytest
import torch
from scipy import stats

from ml.catalog import ACTIVATIONS, INITIALISERS
from ml.model import BatchNorm, build, evaluating, normalising
from ml.spec import RunSpec
from tests.reference import FUNCTIONS


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
        "lecun_normal": 1 / math.sqrt(fan_in),
        "normal": 1.0,
        "orthogonal": 1 / math.sqrt(max(fan_in, fan_out)),
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


@pytest.mark.parametrize("init", [name for name in INITIALISERS if name != "orthogonal"])
@pytest.mark.parametrize(("layer", "fan_in", "fan_out"), LAYERS[:2])
def test_every_layers_weights_have_the_whole_distribution_of_the_initialiser(init, layer, fan_in, fan_out):
    weights = network(init=init, hidden=[400, 90], seed=5).get_submodule(layer).weight.detach().flatten().double()

    scale = std(init, fan_in, fan_out)
    uniform = init in ("standard", "xavier_uniform", "kaiming_uniform")
    shape = stats.uniform(-math.sqrt(3) * scale, 2 * math.sqrt(3) * scale) if uniform else stats.norm(0, scale)
    assert stats.kstest(weights.numpy(), shape.cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("init", "bound"),
    [("standard", 1 / 8), ("xavier_uniform", math.sqrt(6 / 464)), ("kaiming_uniform", math.sqrt(6 / 64))],
)
def test_uniform_weights_fill_their_interval(init, bound):
    largest = network(init=init, hidden=[400]).hidden1.weight.abs().max().item()

    assert 0.99 * bound < largest <= bound * (1 + 1e-6)


@pytest.mark.parametrize("init", ["xavier_normal", "kaiming_normal", "lecun_normal", "normal"])
def test_normal_weights_have_the_tails_of_a_normal_distribution(init):
    weights = network(init=init, hidden=[400]).hidden1.weight.detach().abs()

    beyond_two_std = (weights > 2 * std(init, 64, 400)).double().mean().item()
    assert beyond_two_std == pytest.approx(0.0455, abs=0.006)


@pytest.mark.parametrize(("layer", "rows"), [("hidden1", False), ("hidden2", True)])
def test_orthogonal_rows_or_columns_are_orthonormal(layer, rows):
    weight = network(init="orthogonal", hidden=[400, 90]).get_submodule(layer).weight.detach().double()

    product = weight @ weight.T if rows else weight.T @ weight
    torch.testing.assert_close(product, torch.eye(len(product)).double(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("init", INITIALISERS)
def test_a_convolutions_fans_count_its_nine_positions(init):
    model = network(architecture="cnn", channels=[60, 50], hidden=[], init=init)
    weights = model.hidden2.weight.detach().double()

    expected = std(init, 9 * 60, 50 if init == "orthogonal" else 9 * 50)
    error = 4 * expected / math.sqrt(weights.numel())
    assert weights.std().item() == pytest.approx(expected, abs=error)


def test_a_cnn_is_convolutions_of_three_by_three_each_with_a_pool_and_then_dense_layers():
    model = network(architecture="cnn", channels=[4, 6], hidden=[12], batch_norm="before", dropout=0.1)

    assert [name for name, _ in model.named_children()] == [
        "image",
        "hidden1", "hidden1_norm", "hidden1_activation", "hidden1_pool", "hidden1_dropout",
        "hidden2", "hidden2_norm", "hidden2_activation", "hidden2_pool", "hidden2_dropout",
        "flat", "hidden3", "hidden3_norm", "hidden3_activation", "hidden3_dropout", "output",
    ]  # fmt: skip
    assert tuple(model.hidden2.weight.shape) == (6, 4, 3, 3)
    assert tuple(model(torch.ones(5, 64)).shape) == (5, 10)


def test_every_layer_has_its_own_activation_and_initialiser():
    model = network(activation=["leaky_relu", "relu"], alpha=0.2, init=["normal", "standard"], init_std=5.0)

    assert isinstance(model.hidden1_activation, torch.nn.LeakyReLU)
    assert isinstance(model.hidden2_activation, torch.nn.ReLU)
    assert model.hidden1.weight.std().item() == pytest.approx(5.0, rel=0.02)
    assert model.output.weight.abs().max().item() <= 1 / math.sqrt(100)


def test_a_maxout_unit_is_the_largest_of_its_pieces():
    model, inputs = network(activation="maxout", pieces=3, hidden=[7]), torch.randn(5, 64)

    s = inputs @ model.hidden1.weight.T + model.hidden1.bias
    expected = torch.stack([s[:, 3 * unit : 3 * unit + 3].max(dim=1).values for unit in range(7)], dim=1)

    torch.testing.assert_close(model.hidden1_activation(model.hidden1(inputs)), expected)


def test_each_piece_is_drawn_as_if_its_layer_had_no_other():
    weight = network(activation="maxout", pieces=2, hidden=[90], init="orthogonal").hidden1.weight.detach()

    for piece in (weight[::2], weight[1::2]):
        torch.testing.assert_close(piece.T @ piece, torch.eye(64), rtol=0, atol=1e-5)


def test_batch_norm_normalises_by_the_batch_in_training_and_by_the_running_statistics_in_evaluation():
    norm, x = BatchNorm(3), torch.randn(50, 3) * 4 + 2

    training = norm(x)
    with evaluating(norm):
        evaluation = norm(x)

    torch.testing.assert_close(training.mean(0), torch.zeros(3), rtol=0, atol=1e-5)
    torch.testing.assert_close(training.var(0, correction=0), torch.ones(3), rtol=0, atol=1e-4)
    mean, variance = 0.1 * x.mean(0), 0.9 + 0.1 * x.var(0)
    torch.testing.assert_close(evaluation, (x - mean) / (variance + 1e-5).sqrt())


def test_batch_norm_on_its_own_statistics_moves_nothing_and_can_be_repeated_for_a_part():
    norm, x = BatchNorm(3), torch.randn(50, 3) * 4 + 2

    with evaluating(norm), normalising(norm, "on_own_statistics"):
        whole = norm(x)
    with evaluating(norm), normalising(norm, "on_remembered"):
        part = norm(x[:4])

    torch.testing.assert_close(part, whole[:4])
    assert torch.equal(norm.running_mean, torch.zeros(3))
    assert torch.equal(norm.running_var, torch.ones(3))


def test_a_frozen_batch_norm_stays_on_its_running_statistics():
    norm, x = BatchNorm(3, frozen=True), torch.randn(50, 3) * 4 + 2

    torch.testing.assert_close(norm(x), x / math.sqrt(1 + 1e-5))
    assert torch.equal(norm.running_mean, torch.zeros(3))


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


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_every_activation_is_the_function_that_its_entry_in_the_catalog_and_the_reference_say(activation):
    entry = ACTIVATIONS[activation]
    s = np.linspace(-8, 8, 1001)

    z = network(activation=activation).hidden1_activation(torch.from_numpy(s)).numpy()

    np.testing.assert_allclose(z, FUNCTIONS[activation][0](s), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(entry.function(s, entry.alpha or 0.0), z, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_the_catalogs_range_and_max_slope_are_those_of_the_function(activation):
    entry = ACTIVATIONS[activation]
    s = torch.linspace(-50, 50, 400_001, requires_grad=True)

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
