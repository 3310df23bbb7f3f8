"""The mean singular value of a layer's Jacobian, against an SVD of the Jacobian that autograd computes."""

import math

import numpy as np
import pytest
import torch

from ml import jacobian
from ml.jacobian import mean_singular_value, mean_singular_values
from ml.model import activation_name, build, evaluating, normalising
from ml.spec import RunSpec


def network(**changes) -> tuple[RunSpec, torch.nn.Sequential, list[torch.Tensor]]:
    """A net, and every hidden layer's z for 60 examples."""
    spec = RunSpec(**{"init": "normal", "init_std": 0.2, "activation": "tanh", **changes})
    model = build(spec, torch.Generator().manual_seed(1))
    x, activations = torch.rand(60, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1, []
    with torch.no_grad(), evaluating(model), normalising(model, "on_own_statistics"):
        for name, part in model.named_children():
            x = part(x)
            activations += [x] if name in map(activation_name, spec.hidden_layers) else []
    return spec, model, activations


def by_svd(model, activations, layer: int, count: int) -> np.ndarray:
    """(count,) mean singular values of ∂z/∂z below, for hidden layer number `layer` counted from 1."""
    names = [name for name, _ in model.named_children()]
    start, end = (names.index(activation_name(f"hidden{i}")) + 1 for i in (layer - 1, layer))
    segment, below = model[start:end], activations[layer - 2]
    found = []
    with evaluating(model), normalising(model, "on_remembered"):
        for example in below[:count]:
            full = torch.autograd.functional.jacobian(lambda z: segment(z[None])[0].flatten(), example)
            matrix = full.reshape(full.shape[0], -1).double().numpy()
            found.append(np.linalg.svd(matrix, compute_uv=False).mean())
    return np.array(found)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"hidden": [12, 9, 15]}, 10),
        ({"hidden": [100, 60]}, 9),
        ({"hidden": [90, 100]}, 2),
        ({"hidden": [20, 300, 20]}, 10),
        ({"hidden": [12, 9], "activation": "maxout", "pieces": 3}, 10),
        ({"hidden": [12, 9], "batch_norm": "before"}, 10),
        ({"hidden": [12, 9], "batch_norm": "after", "activation": "relu", "dropout": 0.5}, 10),
        ({"architecture": "cnn", "channels": [3, 2], "hidden": [10]}, 10),
    ],
    ids=str,
)
def test_narrow_layers_have_the_exact_mean_over_a_few_examples(changes, count):
    spec, model, activations = network(**changes)

    for layer, (mean, error) in enumerate(mean_singular_values(model, spec, activations), start=2):
        means = by_svd(model, activations, layer, count)
        assert mean == pytest.approx(means.mean(), rel=1e-5)
        assert error == pytest.approx(means.std(ddof=1) / math.sqrt(count), rel=1e-3)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": [300, 400]},
        {"hidden": [400, 300], "init": "kaiming_normal", "activation": "relu", "init_std": None},
        {"architecture": "cnn", "channels": [8, 16], "hidden": [], "activation": "relu"},
    ],
    ids=str,
)
def test_wide_layers_have_an_estimate_that_is_right_within_its_standard_error(changes):
    spec, model, activations = network(**changes)

    ((mean, error),) = mean_singular_values(model, spec, activations)

    exact = by_svd(model, activations, 2, 10).mean()
    assert abs(mean - exact) < 3 * error
    assert error < 0.05 * mean


def test_the_estimates_scatter_around_the_exact_value_as_their_standard_errors_say(monkeypatch):
    spec, model, activations = network(hidden=[300, 280])
    exact = by_svd(model, activations, 2, 10).mean()

    found = []
    for seed in range(20):
        monkeypatch.setattr(jacobian, "PROBE_SEED", seed)
        found += mean_singular_values(model, spec, activations)

    means, errors = np.array(found).T
    assert abs(means.mean() - exact) < 4 * means.std(ddof=1) / math.sqrt(20)
    assert 0.6 < errors.mean() / means.std(ddof=1) < 1.7


def test_a_scaled_rotation_has_its_scale_as_the_mean_singular_value_however_wide():
    rotation = torch.linalg.qr(torch.randn(400, 400, generator=torch.Generator().manual_seed(0))).Q

    mean, error = mean_singular_value(lambda z: 0.7 * z @ rotation.T, torch.randn(10, 400))

    assert mean == pytest.approx(0.7, rel=1e-5)
    assert error < 1e-5


@pytest.mark.parametrize("width", [30, 300])
def test_layers_that_pass_nothing_on_have_0(width):
    spec, model, activations = network(hidden=[width, width], activation="relu", bias_init=-100)

    assert mean_singular_values(model, spec, activations) == [(0, 0)]


@pytest.mark.parametrize("width", [30, 300])
@pytest.mark.parametrize("value", [math.nan, math.inf, 1e38])
def test_a_diverged_network_has_none(width, value):
    spec, model, activations = network(hidden=[width, width], activation="leaky_relu")
    model.hidden2.weight.data.fill_(value)

    ((mean, _),) = mean_singular_values(model, spec, activations)

    assert not math.isfinite(mean) or value == 1e38


def test_a_single_hidden_layer_has_no_layer_below_it():
    spec, model, activations = network(hidden=[30])

    assert mean_singular_values(model, spec, activations) == []
