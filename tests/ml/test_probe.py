"""Every measured quantity against a forward and backward pass in NumPy and float64 that shares no code with it."""

import math

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
        flat = expected[layer]["slope"] < 0.05 * MAX_SLOPE[activation]
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


@pytest.mark.parametrize("activation", ACTIVATIONS)
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


@pytest.mark.parametrize(("hidden", "count"), [([12, 9, 15], 10), ([100, 60], 9), ([90, 100], 2)])
def test_the_jacobian_is_that_of_autograd_over_a_few_examples(hidden, count):
    spec, model, monitoring = network(hidden=hidden, activation="tanh", init_std=0.2)
    measured = snapshots(spec, model, monitoring)

    z = model.hidden1_activation(model.hidden1(monitoring.inputs))
    for layer in spec.hidden_layers[1:]:
        dense, activation = model.get_submodule(layer), model.get_submodule(f"{layer}_activation")
        jacobians = [
            torch.autograd.functional.jacobian(lambda x, d=dense, a=activation: a(d(x)), example).double()
            for example in z[:count].detach()
        ]
        means = np.array([np.linalg.svd(j.numpy(), compute_uv=False).mean() for j in jacobians])
        assert measured[layer].health.jacobian == pytest.approx(means.mean(), rel=1e-5)
        assert measured[layer].health.jacobian_se == pytest.approx(means.std(ddof=1) / math.sqrt(count), rel=1e-3)
        z = activation(dense(z))
    assert measured["hidden1"].health.jacobian is None
    assert measured["output"].health.jacobian is None


def test_jacobians_of_wide_layers_can_be_left_out():
    spec, model, monitoring = network(hidden=[300, 260, 20, 300])

    jacobians = [s.health.jacobian for s in measure(model, spec, monitoring, wide_jacobians=False)]

    assert [value is None for value in jacobians] == [True, True, False, False, True]
    assert snapshots(spec, model, monitoring)["hidden2"].health.jacobian is not None


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


def test_measuring_leaves_no_trace():
    spec, model, monitoring = network(dropout=0.5)
    F.cross_entropy(model(monitoring.inputs), monitoring.labels).backward()
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    weights = [parameter.detach().clone() for parameter in model.parameters()]
    random_state = torch.get_rng_state()
    mask_state = model.hidden1_dropout.generator.get_state()

    snapshots(spec, model, monitoring)

    assert all(map(torch.equal, gradients, [parameter.grad for parameter in model.parameters()]))
    assert all(map(torch.equal, weights, model.parameters()))
    assert torch.equal(random_state, torch.get_rng_state())
    assert torch.equal(mask_state, model.hidden1_dropout.generator.get_state())
    assert model.hidden1_dropout.training
    assert not any(module._forward_hooks for module in model.modules())
