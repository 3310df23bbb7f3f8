"""Every measured quantity against a forward and backward pass in NumPy and float64 that shares no code with it."""

import math
from dataclasses import asdict

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ml.catalog import ACTIVATIONS
from ml.datasets import Examples, load
from ml.model import build
from ml.probe import hidden_weights, measure
from ml.spec import RunSpec
from tests.reference import FUNCTIONS, MAX_SLOPE, RANGE, look_at


def network(**changes) -> tuple[RunSpec, torch.nn.Sequential, Examples]:
    """A net with so large weights that some units saturate and some are dead, and 60 examples to look at it with."""
    chosen = {"hidden": [40, 30], "init": "normal", "init_std": 0.4, "bias_init": 0.1, "monitor_size": 60, **changes}
    spec = RunSpec(**chosen)
    return spec, build(spec, torch.Generator().manual_seed(1)), load(spec).monitoring


def snapshots(spec, model, monitoring, **options):
    return {snapshot.layer: snapshot for snapshot in measure(model, spec, monitoring, **options)}


def reference(spec, model, monitoring) -> dict[str, dict[str, np.ndarray]]:
    parameters = {name: value.numpy() for name, value in model.state_dict().items()}
    return look_at(parameters, spec.activation, monitoring.inputs.numpy(), monitoring.labels.numpy())


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_every_signals_statistics_are_those_of_the_reference(activation):
    spec, model, monitoring = network(activation=activation)
    expected = reference(spec, model, monitoring)

    for layer, snapshot in snapshots(spec, model, monitoring).items():
        signals = {"weight_gradient", "weight"} | ({"activation", "backprop_gradient"} if layer != "output" else set())
        assert set(snapshot.signals) == signals
        for signal, summary in snapshot.signals.items():
            values = expected[layer][signal]
            exact = {
                "mean": values.mean(), "std": values.std(), "abs_mean": np.abs(values).mean(),
                "min": values.min(), "max": values.max(), "norm": np.linalg.norm(values),
            }  # fmt: skip
            for name, value in exact.items():
                assert abs(getattr(summary, name) - value) <= 1e-5 * max(abs(value), exact["std"]), (
                    layer,
                    signal,
                    name,
                )


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_every_signals_histogram_and_percentiles_are_those_of_the_reference(activation):
    spec, model, monitoring = network(activation=activation)
    expected = reference(spec, model, monitoring)

    for layer, snapshot in snapshots(spec, model, monitoring).items():
        for signal, summary in snapshot.signals.items():
            values, histogram = expected[layer][signal], summary.histogram
            bounds = RANGE.get(activation) if signal == "activation" else None
            assert (histogram.lo, histogram.hi) == pytest.approx(bounds or (values.min(), values.max()), rel=1e-5)
            assert histogram.counts.sum() == values.size
            counts, _ = np.histogram(np.clip(values, histogram.lo, histogram.hi), histogram.edges)
            # Rounding in float32 may carry a value that lies on an edge into the next bin.
            assert np.abs(histogram.counts - counts).sum() <= 0.005 * values.size
            width = (histogram.hi - histogram.lo) / spec.bins
            assert [summary.p02, summary.p98] == pytest.approx(np.percentile(values, [2, 98]), abs=width)


@pytest.mark.parametrize("activation", MAX_SLOPE)
def test_saturated_and_dead_are_the_shares_of_the_reference(activation):
    spec, model, monitoring = network(activation=activation, hidden=[40, 30, 30], init_std=0.7)
    expected, measured = reference(spec, model, monitoring), snapshots(spec, model, monitoring)

    for layer in spec.hidden_layers:
        flat = np.abs(expected[layer]["slope"]) < 0.05 * MAX_SLOPE[activation]
        assert measured[layer].health.saturated == pytest.approx(flat.mean(), abs=1 / flat.size)
        assert measured[layer].health.dead == flat.all(axis=0).mean()
    assert 0 < measured["hidden1"].health.saturated < 1


def test_a_unit_that_is_flat_for_every_example_is_dead():
    spec, model, monitoring = network(activation="relu")
    model.hidden1.bias.data[:10] = -1000

    health = snapshots(spec, model, monitoring)["hidden1"].health

    assert health.dead == 10 / 40
    assert health.saturated > 10 / 40


def test_the_threshold_of_saturation_follows_alpha():
    spec, model, monitoring = network(activation="elu", alpha=8.0)
    s = model.hidden1(monitoring.inputs).detach().numpy()

    health = snapshots(spec, model, monitoring)["hidden1"].health

    flat = (s < 0) & (8 * np.exp(s) < 0.05 * 8)
    assert health.saturated == pytest.approx(flat.mean(), abs=1 / flat.size)


def test_an_activation_without_a_flat_side_has_no_saturation():
    health = snapshots(*network(activation="leaky_relu"))["hidden1"].health

    assert health.saturated is None
    assert health.dead is None


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "maxout"])
def test_gradients_are_those_of_torchs_autograd(activation):
    spec, model, monitoring = network(activation=activation)
    measured = snapshots(spec, model, monitoring)

    z, pre_activations = monitoring.inputs, {}
    for layer in spec.hidden_layers:
        pre_activations[layer] = model.get_submodule(layer)(z)
        pre_activations[layer].retain_grad()
        z = model.get_submodule(f"{layer}_activation")(pre_activations[layer])
    F.cross_entropy(model.output(z), monitoring.labels).backward()

    for layer in spec.hidden_layers:
        gradient = len(monitoring.labels) * pre_activations[layer].grad.double()
        assert measured[layer].signals["backprop_gradient"].norm == pytest.approx(gradient.norm().item(), rel=1e-5)
    for layer in spec.layers:
        gradient = model.get_submodule(layer).weight.grad.double()
        assert measured[layer].signals["weight_gradient"].norm == pytest.approx(gradient.norm().item(), rel=1e-5)


def test_gradients_do_not_depend_on_the_number_of_examples():
    spec, model, once = network()
    twice = Examples(torch.cat([once.inputs] * 2), torch.cat([once.labels] * 2))

    one, two = snapshots(spec, model, once), snapshots(spec, model, twice)

    for signal in ("backprop_gradient", "weight_gradient"):
        assert two["hidden1"].signals[signal].std == pytest.approx(one["hidden1"].signals[signal].std, rel=1e-5)


def test_the_jacobian_can_be_left_out():
    spec, model, monitoring = network(hidden=[12, 9])

    with_it, without = snapshots(spec, model, monitoring), snapshots(spec, model, monitoring, jacobians=False)

    assert with_it["hidden2"].health.jacobian > 0
    assert without["hidden2"].health.jacobian is None
    assert with_it["hidden1"].health.jacobian is None
    assert with_it["output"].health.jacobian is None


def test_the_update_ratio_compares_the_step_with_the_weights_before_it():
    spec, model, monitoring = network()
    before = hidden_weights(model, spec)
    model.hidden1.weight.data *= 1.25

    measured = snapshots(spec, model, monitoring, before=before)

    assert measured["hidden1"].health.update_ratio == pytest.approx(0.25)
    assert measured["hidden2"].health.update_ratio == 0
    assert measured["output"].health.update_ratio is None


def test_there_is_no_update_ratio_without_a_step_nor_of_weights_that_were_zero():
    spec, model, monitoring = network(init_std=0.0)

    assert snapshots(spec, model, monitoring)["hidden1"].health.update_ratio is None
    before = hidden_weights(model, spec)
    model.hidden1.weight.data += 1
    assert snapshots(spec, model, monitoring, before=before)["hidden1"].health.update_ratio is None


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e38])
def test_a_diverged_network_is_measured_without_an_error(value):
    spec, model, monitoring = network()
    model.hidden2.weight.data.fill_(value)

    measured = snapshots(spec, model, monitoring, before=hidden_weights(model, spec))

    activations = measured["hidden2"].signals["activation"]
    assert activations.nonfinite > 0
    assert activations.histogram.counts.sum() == 60 * 30 - activations.nonfinite
    assert measured["hidden2"].health.update_ratio is None or value == 1e38


# What has convolutions, pieces or batch normalisation, against torch.nn.functional and a pass written down here.


def by_hand(spec, model, inputs) -> tuple[list, list, torch.Tensor]:
    """s and z of each hidden layer and the logits, batch normalisation on the statistics of `inputs`."""
    weights = dict(model.named_parameters())
    kept_s, kept_z = [], []

    def normalised(x, layer):
        over = [0, *range(2, x.dim())]
        shape = [1, -1, *[1] * (x.dim() - 2)]
        centred = x - x.mean(over).view(shape)
        scaled = centred / (centred.square().mean(over).view(shape) + 1e-5).sqrt()
        return scaled * weights[f"{layer}_norm.weight"].view(shape) + weights[f"{layer}_norm.bias"].view(shape)

    x = inputs.view(-1, 1, 8, 8) if spec.conv_channels else inputs
    for layer, shape in zip(spec.hidden_layers, spec.shapes, strict=False):
        if shape.side is None:
            x = x.flatten(1)
        weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
        s = F.conv2d(x, weight, bias, padding=1) if shape.side else x @ weight.T + bias
        s = normalised(s, layer) if spec.batch_norm == "before" else s
        s.retain_grad()
        if spec.activation == "maxout":
            z = torch.stack([s[:, piece :: shape.pieces] for piece in range(shape.pieces)]).max(dim=0).values
        else:
            z = torch.tanh(s)
        z.retain_grad()
        kept_s, kept_z = [*kept_s, s], [*kept_z, z]
        x = normalised(z, layer) if spec.batch_norm == "after" else z
        x = F.max_pool2d(x, 2) if shape.side else x
    return kept_s, kept_z, x.flatten(1) @ weights["output.weight"].T + weights["output.bias"]


BUILT = {
    "cnn": {"architecture": "cnn", "channels": [4, 6], "hidden": [12]},
    "cnn without a dense layer": {"architecture": "cnn", "channels": [4, 6], "hidden": []},
    "maxout": {"activation": "maxout", "pieces": 3},
    "cnn of maxout": {"architecture": "cnn", "channels": [4], "hidden": [12], "activation": "maxout"},
    "batch norm before": {"batch_norm": "before"},
    "batch norm after": {"batch_norm": "after"},
    "cnn with batch norm": {"architecture": "cnn", "channels": [4], "hidden": [12], "batch_norm": "before"},
    "quadratic loss": {"loss": "quadratic"},
}


@pytest.mark.parametrize("built", BUILT)
def test_signals_of_every_kind_of_network_are_those_of_a_pass_by_hand(built):
    spec, model, monitoring = network(**{"activation": "tanh", **BUILT[built]})
    for name, parameter in model.named_parameters():
        if "_norm" in name:
            parameter.data.uniform_(0.5, 1.5, generator=torch.Generator().manual_seed(3))
    measured = snapshots(spec, model, monitoring)

    count = len(monitoring.labels)
    kept_s, kept_z, logits = by_hand(spec, model, monitoring.inputs)
    probability = logits.softmax(1)
    right = torch.eye(10)[monitoring.labels]
    quadratic = (probability - right).square().sum() / 2 / count
    (quadratic if spec.loss == "quadratic" else -(right * logits.log_softmax(1)).sum() / count).backward()

    for layer, s, z in zip(spec.hidden_layers, kept_s, kept_z, strict=True):
        gradient = (z if spec.activation == "maxout" else s).grad * count
        for values, signal in ((z.detach(), "activation"), (gradient, "backprop_gradient")):
            values, summary = values.double(), measured[layer].signals[signal]
            assert summary.mean == pytest.approx(values.mean().item(), abs=2e-5 * values.std().item())
            assert summary.std == pytest.approx(values.std(correction=0).item(), rel=2e-5)
            assert summary.histogram.counts.sum() == values.numel()
    for layer in spec.layers:
        gradient = model.get_submodule(layer).weight.grad.double()
        assert measured[layer].signals["weight_gradient"].norm == pytest.approx(gradient.norm().item(), rel=2e-5)


def test_a_dead_unit_of_a_convolution_is_a_channel_that_is_flat_at_every_position_of_every_example():
    spec, model, monitoring = network(architecture="cnn", channels=[4, 6], hidden=[12], activation="relu")
    model.hidden1.bias.data[1] = -1000

    health = snapshots(spec, model, monitoring)["hidden1"].health

    assert health.dead == 1 / 4
    assert 1 / 4 < health.saturated < 1


def test_each_layer_is_judged_by_its_own_activation():
    spec, model, monitoring = network(activation=["leaky_relu", "relu"])

    measured = snapshots(spec, model, monitoring)

    assert measured["hidden1"].health.saturated is None
    assert 0 < measured["hidden2"].health.saturated < 1


def test_the_bounds_of_an_activations_histogram_are_its_own_layers():
    spec, model, monitoring = network(activation=["tanh", "sigmoid"])

    measured = snapshots(spec, model, monitoring)

    ends = [(h.lo, h.hi) for h in (measured[x].signals["activation"].histogram for x in spec.hidden_layers)]
    assert ends == [(-1, 1), (0, 1)]


def test_unit_norms_are_there_with_max_norm_alone_and_are_those_of_each_units_weights():
    spec, model, monitoring = network(max_norm=2.0, activation="maxout")
    measured = snapshots(spec, model, monitoring)

    for layer in spec.layers:
        weight = model.get_submodule(layer).weight.detach().numpy()
        np.testing.assert_allclose(measured[layer].extras["unit_norms"], np.linalg.norm(weight, axis=1), rtol=1e-6)
    assert snapshots(*network())["hidden1"].extras == {}


@pytest.mark.parametrize("built", ["maxout", "cnn of maxout"])
def test_piece_shares_are_how_often_each_piece_of_a_unit_wins(built):
    spec, model, monitoring = network(**BUILT[built])
    measured = snapshots(spec, model, monitoring)

    kept_s, _, _ = by_hand(spec, model, monitoring.inputs)
    for layer, s, shape in zip(spec.hidden_layers, kept_s, spec.shapes, strict=False):
        pieces = s.detach().transpose(0, 1).reshape(shape.units, shape.pieces, -1).numpy()
        shares = [[np.mean(unit.argmax(axis=0) == piece) for piece in range(shape.pieces)] for unit in pieces]
        np.testing.assert_allclose(measured[layer].extras["piece_shares"], shares, atol=1e-6)


def test_a_frozen_layers_weight_gradient_is_measured_and_the_layer_stays_frozen():
    spec, model, monitoring = network()
    expected = snapshots(spec, model, monitoring)["hidden1"].signals["weight_gradient"]
    model.hidden1.weight.requires_grad_(False)

    measured = snapshots(spec, model, monitoring)["hidden1"].signals["weight_gradient"]

    assert measured.norm == expected.norm > 0
    assert not model.hidden1.weight.requires_grad


@pytest.mark.parametrize("changes", [{"dropout": 0.5}, {"dropout": 0.5, "input_dropout": 0.3}])
def test_snapshots_are_unchanged_by_dropout(changes):
    spec, model, monitoring = network()
    dropping = network(**changes)

    assert_alike(snapshots(*dropping), snapshots(spec, model, monitoring))


@pytest.mark.parametrize("position", ["before", "after"])
def test_snapshots_are_unchanged_by_the_running_statistics_of_batch_norm(position):
    spec, model, monitoring = network(batch_norm=position)
    before = snapshots(spec, model, monitoring)

    for module in (model.hidden1_norm, model.hidden2_norm):
        module.running_mean.fill_(7.0)
        module.running_var.fill_(0.1)

    assert_alike(snapshots(spec, model, monitoring), before)


def test_snapshots_are_unchanged_by_the_random_state():
    spec, model, monitoring = network(dropout=0.5, hidden=[300, 280])
    before = snapshots(spec, model, monitoring)

    torch.manual_seed(5)
    torch.rand(3)
    np.random.seed(5)
    model.hidden1_dropout.generator.manual_seed(5)

    assert_alike(snapshots(spec, model, monitoring), before)


def assert_alike(one, other) -> None:
    """Bit for bit; NaN equals NaN."""
    np.testing.assert_equal([asdict(x) for x in one.values()], [asdict(x) for x in other.values()])


@pytest.mark.parametrize("changes", [{"dropout": 0.5}, {**BUILT["cnn with batch norm"], "dropout": 0.5}])
def test_measuring_leaves_no_trace(changes):
    spec, model, monitoring = network(**changes)
    F.cross_entropy(model(monitoring.inputs), monitoring.labels).backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    random_state = torch.get_rng_state()
    mask_state = model.hidden1_dropout.generator.get_state()

    snapshots(spec, model, monitoring)

    assert all(map(torch.equal, gradients, [parameter.grad for parameter in model.parameters()]))
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert torch.equal(random_state, torch.get_rng_state())
    assert torch.equal(mask_state, model.hidden1_dropout.generator.get_state())
    assert model.hidden1_dropout.training
    assert not any(module._forward_hooks for module in model.modules())
