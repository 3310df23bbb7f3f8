import math

import numpy as np
import pytest

from ml.catalog import ACTIVATIONS
from ml.spec import RunSpec
from ml.theory import Unit, _moments, predict, unit_of, without
from tests import random_net

SIGNALS = ("activation", "backprop_gradient")
NETS, WIDTHS = 40, (100,) * 5
# What the prediction leaves out at this width: the mean over 100 units that depend on each other strays from the mean
# over infinitely many, and the measured variance is taken around it: 1 %. The 300 images are a sample: 1 %.
ALLOWED = 0.02


def moments(activation, mean=0.0, std=1.0, **spec):
    return _moments(unit_of(RunSpec(hidden=(5,), activation=activation, **spec), 0), mean, std)


def measured(**net):
    """(nets, signals, layers) variances of networks with weights of their own, on digits."""
    inputs, labels = random_net.digits()
    draws = (np.random.default_rng(seed) for seed in range(NETS))
    return np.array([random_net.measure(rng, inputs, labels, widths=WIDTHS, **net) for rng in draws])


def predicted(**net):
    settings = {"init_std" if name == "std" else name: value for name, value in net.items()}
    variance = predict(RunSpec(hidden=WIDTHS, **settings)).variance
    return np.array([variance[signal] for signal in SIGNALS])


# --- one layer ---


@pytest.mark.parametrize("std", [1e-9, 1e-3, 0.7, 20.0, 1e8])
def test_piecewise_linear_units_pass_on_what_they_should(std):
    q = std**2
    assert moments("linear", std=std) == pytest.approx((0, q, 1), rel=1e-4, abs=1e-12 * std)
    assert moments("relu", std=std) == pytest.approx(
        (std / math.sqrt(2 * math.pi), q * (0.5 - 0.5 / math.pi), 0.5), rel=1e-4
    )
    leaky = moments("leaky_relu", std=std, alpha=0.2)
    assert leaky.variance + leaky.mean**2 == pytest.approx(q * (1 + 0.2**2) / 2, rel=1e-4)
    assert leaky.slope == pytest.approx((1 + 0.2**2) / 2, rel=1e-4)


@pytest.mark.parametrize("bias", [-0.61803, 0.0123, 2.0])
def test_a_kink_beside_the_middle_does_not_hurt(bias):
    # s > 0 with probability Φ(bias)
    positive = (1 + math.erf(bias / math.sqrt(2))) / 2
    assert moments("relu", mean=bias).slope == pytest.approx(positive, abs=1e-3)


def test_elu_has_the_gain_of_its_integral():
    # With E[exp(ts); s < 0] = exp(t²/2) Φ(−t)
    def below(t):
        return math.exp(t * t / 2) * math.erfc(t / math.sqrt(2)) / 2

    elu = moments("elu")
    assert elu.mean == pytest.approx(1 / math.sqrt(2 * math.pi) + below(1) - 0.5, abs=1e-5)
    assert elu.variance + elu.mean**2 == pytest.approx(0.5 + below(2) - 2 * below(1) + 0.5, abs=1e-5)
    assert elu.slope == pytest.approx(0.5 + below(2), abs=1e-5)


def test_mean_0_and_variance_1_are_a_fixed_point_of_selu():
    assert moments("selu")[:2] == pytest.approx((0, 1), abs=1e-4)


@pytest.mark.parametrize(
    ("pieces", "mean", "square"),
    [(2, 1 / math.sqrt(math.pi), 1.0), (3, 1.5 / math.sqrt(math.pi), 1 + math.sqrt(3) / (2 * math.pi))],
)
def test_the_largest_of_several_normal_numbers(pieces, mean, square):
    largest = _moments(Unit(None, pieces), 0.5, 2.0)
    assert largest == pytest.approx((0.5 + 2 * mean, 4 * (square - mean**2), 1), rel=1e-4)


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a != "maxout"])
def test_slopes_are_those_of_the_derivative(activation):
    s = 0.3 + 0.8 * np.random.default_rng(0).standard_normal(400_000)
    slope = moments(activation, mean=0.3, std=0.8).slope
    assert slope == pytest.approx((random_net.ALL[activation][1](s) ** 2).mean(), rel=5e-3)


# --- networks ---


@pytest.mark.parametrize(
    "net",
    [
        {"activation": "linear", "init": "xavier_uniform"},
        {"activation": "tanh", "init": "normal", "std": 0.02},
        {"activation": "tanh", "init": "standard"},
        {"activation": "relu", "init": "kaiming_normal"},
        {"activation": "tanh", "init": "xavier_uniform"},
        {"activation": "sigmoid", "init": "xavier_uniform"},
        {"activation": "softsign", "init": "xavier_uniform"},
        {"activation": "leaky_relu", "init": "kaiming_normal"},
        {"activation": "elu", "init": "kaiming_normal"},
        {"activation": "selu", "init": "lecun_normal"},
        {"activation": "gelu", "init": "kaiming_normal"},
        {"activation": "maxout", "init": "xavier_uniform", "pieces": 3},
        {"activation": "relu", "init": "kaiming_normal", "loss": "quadratic"},
        {"activation": "tanh", "init": "standard", "loss": "quadratic"},
    ],
    ids=lambda net: "-".join(map(str, net.values())),
)
def test_the_mean_over_networks_agrees_within_four_standard_errors(net):
    variances, expected = measured(**net), predicted(**net)
    error = variances.std(axis=0, ddof=1) / math.sqrt(NETS)
    assert np.all(np.abs(variances.mean(axis=0) - expected) < 4 * error + ALLOWED * expected)
    assert np.all(error < 0.1 * expected)  # or agreeing would mean nothing


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize(
    "net",
    [
        {"activation": "relu", "init": "kaiming_normal"},
        {"activation": "tanh", "init": "xavier_uniform"},
        {"activation": "sigmoid", "init": "standard"},
        {"activation": "maxout", "init": "lecun_normal", "pieces": 2},
    ],
    ids=lambda net: net["activation"],
)
def test_batch_normalisation_is_followed_roughly(net, where):
    """The gradient comes out larger by some 4 % a layer: units whose input varies least are scaled up most, and the
    prediction takes one variance for all. In the first layer below a normalised ReLU some units hardly ever vary."""
    stds = np.sqrt(measured(**net, batch_norm=where)).mean(axis=0)
    activation, gradient = stds / np.sqrt(predicted(**net, batch_norm=where))
    assert activation == pytest.approx(1, abs=0.03)
    assert gradient[1:] == pytest.approx(1, abs=0.2)
    first = 0.5 if (where, net["activation"]) == ("after", "relu") else 0.25
    assert gradient[0] == pytest.approx(1, abs=first)


def test_layers_may_differ_in_width_activation_and_initialiser():
    spec = RunSpec(
        hidden=(50, 80), activation=("leaky_relu", "relu"), alpha=0.1, init=("lecun_normal", "kaiming_normal")
    )
    prediction = predict(spec)
    square = 59.929 / 64 - 4.8785 / 4 + 1  # of p / 8 − 1
    leaky = square * (1.01 / 2 - 0.9**2 / (2 * math.pi))
    relu = square * 1.01 / 2 * 2 * (0.5 - 0.5 / math.pi)
    assert prediction.variance["activation"] == pytest.approx([leaky, relu], rel=1e-3)
    below, above = prediction.variance["backprop_gradient"]
    assert below / above == pytest.approx(80 * 2 / 50 * 1.01 / 2, rel=1e-3)


def test_a_linear_network_follows_equations_5_and_6():
    spec = RunSpec(hidden=(40, 60, 30), activation="linear", init="xavier_normal")
    up = [fan_in * 2 / (fan_in + fan_out) for fan_in, fan_out in ((40, 60), (60, 30))]
    down = [fan_out * 2 / (fan_in + fan_out) for fan_in, fan_out in ((40, 60), (60, 30))]
    z, gradient = (predict(spec).variance[signal] for signal in SIGNALS)
    assert z[1:] / z[:-1] == pytest.approx(up, rel=1e-4)
    assert gradient[:-1] / gradient[1:] == pytest.approx(down, rel=1e-4)


@pytest.mark.parametrize("loss", ["cross_entropy", "quadratic"])
def test_outputs_that_are_all_alike_give_the_gradient_of_guessing(loss):
    prediction = predict(RunSpec(hidden=(10,), activation="linear", init="normal", init_std=1e-4, loss=loss))
    error = np.eye(10)[0] - 0.1
    expected = np.mean((error if loss == "cross_entropy" else 0.1 * error) ** 2)
    assert prediction.variance["backprop_gradient"][0] == pytest.approx(expected * 10 * 1e-8, rel=1e-3)


# --- what it is asked ---


def test_there_is_none_where_weights_are_not_random_or_pooling_has_no_closed_form():
    for spec in (RunSpec(architecture="cnn"), RunSpec(transfer_from="another", transfer_layers=1)):
        assert predict(spec) is None
        assert without(spec).startswith("no prediction: ")
    assert without(RunSpec()) == ""


@pytest.mark.parametrize("std", [0.0, 1e-150, 100.0])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("batch_norm", ["none", "before", "after"])
def test_the_worst_initialisation_is_answered_too(std, activation, batch_norm):
    spec = RunSpec(hidden=(500,) * 30, activation=activation, init="normal", init_std=std, batch_norm=batch_norm)
    assert all(len(values) == 30 for values in predict(spec).variance.values())
