"""Optimizers, clipping, max-norm and pulses, against update equations written down in NumPy."""

import math

import numpy as np
import pytest
import torch

from ml.catalog import OPTIMIZERS
from ml.datasets import load
from ml.model import build
from ml.optimisation import PULSE_UNITS, Clipper, PulseTaker, limit_norms, make_optimizer, trained_parameters
from ml.spec import RunSpec

RNG = np.random.default_rng(0)
START = RNG.normal(size=(6, 5))
GRADIENTS = RNG.normal(size=(12, 6, 5))


def sgd(w, gradients, lr, **_):
    for g in gradients:
        w = w - lr * g
        yield w


def momentum(w, gradients, lr, momentum, **_):
    """The lecture's equations 7 and 8."""
    m = 0
    for g in gradients:
        m = momentum * m - lr * g
        w = w + m
        yield w


def nesterov(w, gradients, lr, momentum, **_):
    """Sutskever et al. (2013), equations 3 and 4, told at the look-ahead point, where the gradient is taken."""
    m = 0
    for g in gradients:
        last, m = w - momentum * m, momentum * m - lr * g  # `last` is θ, w is θ + βm
        w = last + m + momentum * m
        yield w


def adagrad(w, gradients, lr, eps, **_):
    """Duchi et al. (2011)."""
    v = 0
    for g in gradients:
        v = v + g**2
        w = w - lr * g / (np.sqrt(v) + eps)
        yield w


def rmsprop(w, gradients, lr, rho, eps, **_):
    """Hinton's lecture 6e."""
    v = 0
    for g in gradients:
        v = rho * v + (1 - rho) * g**2
        w = w - lr * g / (np.sqrt(v) + eps)
        yield w


def adam(w, gradients, lr, momentum, beta2, eps):
    """Kingma & Ba (2015), algorithm 1."""
    m = v = 0
    for t, g in enumerate(gradients, start=1):
        m, v = momentum * m + (1 - momentum) * g, beta2 * v + (1 - beta2) * g**2
        w = w - lr * (m / (1 - momentum**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
        yield w


def nadam(w, gradients, lr, momentum, beta2, eps):
    """Dozat (2016), with its schedule of β₁."""
    m, v, product = 0, 0, 1
    for t, g in enumerate(gradients, start=1):
        now, following = (momentum * (1 - 0.5 * 0.96 ** (0.004 * k)) for k in (t, t + 1))
        product *= now
        m, v = momentum * m + (1 - momentum) * g, beta2 * v + (1 - beta2) * g**2
        ahead = following * m / (1 - product * following) + (1 - now) * g / (1 - product)
        w = w - lr * ahead / (np.sqrt(v / (1 - beta2**t)) + eps)
        yield w


REFERENCE = {f.__name__: f for f in (sgd, momentum, nesterov, adagrad, rmsprop, adam, nadam)}
OTHER_CONSTANTS = {"momentum": 0.7, "beta2": 0.9, "rho": 0.8, "eps": 1e-3}


def torchs_path(spec: RunSpec, name: str = "hidden1.weight", gradients=GRADIENTS) -> list[np.ndarray]:
    """Where the parameter stands after each step with these gradients."""
    parameter = torch.nn.Parameter(torch.from_numpy(START.copy()))
    optimizer = make_optimizer(spec, {name: parameter})
    path = []
    for gradient in gradients:
        parameter.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        path.append(parameter.detach().numpy().copy())
    return path


@pytest.mark.parametrize("own_constants", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_steps_of_its_update_equations(name, own_constants):
    used = OPTIMIZERS[name].defaults
    constants = {field: OTHER_CONSTANTS[field] for field in used} if own_constants else {}
    spec = RunSpec(optimizer=name, lr=0.05, **constants)

    expected = list(REFERENCE[name](START, GRADIENTS, lr=0.05, **{**used, **constants}))

    np.testing.assert_allclose(torchs_path(spec), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("name", "decay"), [("hidden1.weight", 0.1), ("hidden1.bias", 0), ("hidden1_norm.weight", 0)])
def test_weight_decay_adds_to_the_gradient_of_the_weights_and_of_nothing_else(name, decay):
    path = torchs_path(RunSpec(optimizer="sgd", lr=0.05, weight_decay=0.1), name)

    w = START
    for gradient, there in zip(GRADIENTS, path, strict=True):
        w = w - 0.05 * (gradient + decay * w)
        np.testing.assert_allclose(there, w, rtol=1e-9)


# --- clipping ---


def clipped(gradients, **changes):
    """The gradients after clipping, and what was seen of it."""
    parameters = {str(i): torch.nn.Parameter(torch.zeros(g.shape)) for i, g in enumerate(gradients)}
    clipper = Clipper(RunSpec(**changes), parameters)
    for parameter, gradient in zip(parameters.values(), gradients, strict=True):
        parameter.grad = torch.tensor(gradient, dtype=torch.float32)
    clipper.clip()
    return [parameter.grad.numpy() for parameter in parameters.values()], clipper.since_last()


LONG = [np.array([3.0, 0.0]), np.array([[0.0, -4.0]])]  # together of norm 5


def test_clipping_by_norm_shortens_all_gradients_together():
    after, seen = clipped(LONG, clip="norm", clip_at=2.0)

    np.testing.assert_allclose(np.concatenate([g.ravel() for g in after]), [1.2, 0, 0, -1.6], rtol=1e-5)
    assert (seen.norm_before, seen.norm_after, seen.clipped) == (pytest.approx(5), pytest.approx(2), 1)


def test_clipping_by_value_limits_each_component():
    after, seen = clipped(LONG, clip="value", clip_at=3.5)

    np.testing.assert_allclose(np.concatenate([g.ravel() for g in after]), [3, 0, 0, -3.5])
    assert (seen.norm_before, seen.norm_after, seen.clipped) == (
        pytest.approx(5), pytest.approx(math.hypot(3, 3.5)), 1,
    )  # fmt: skip


@pytest.mark.parametrize("clip", ["norm", "value"])
def test_gradients_below_the_limit_stay_as_they_are(clip):
    after, seen = clipped(LONG, clip=clip, clip_at=10.0)

    np.testing.assert_array_equal(np.concatenate([g.ravel() for g in after]), [3, 0, 0, -4])
    assert (seen.norm_before, seen.norm_after, seen.clipped) == (pytest.approx(5), pytest.approx(5), 0)


def test_what_was_clipped_is_the_mean_over_the_steps_since_it_was_asked_last():
    parameter = torch.nn.Parameter(torch.zeros(1))
    clipper = Clipper(RunSpec(clip="norm"), {"w": parameter})
    assert clipper.since_last() is None

    for length in (4.0, 0.5):
        parameter.grad = torch.tensor([length])
        clipper.clip()

    seen = clipper.since_last()
    assert (seen.norm_before, seen.norm_after, seen.clipped) == (2.25, 0.75, 0.5)
    assert clipper.since_last() is None


# --- max-norm ---


@pytest.mark.parametrize(
    "changes", [{}, {"activation": "maxout"}, {"architecture": "cnn", "channels": [4], "hidden": [12]}]
)
def test_max_norm_shortens_the_units_that_are_too_long_and_no_others(changes):
    spec = RunSpec(init="normal", init_std=0.3, **changes)
    model = build(spec, torch.Generator().manual_seed(0))
    before = {layer: model.get_submodule(layer).weight.detach().clone() for layer in spec.layers}
    longest = 2.4

    limit_norms(model, spec, longest)

    some_long = some_short = False
    for layer, old in before.items():
        new = model.get_submodule(layer).weight.detach()
        norms = old.flatten(1).norm(dim=1)
        long = norms > longest
        some_long, some_short = some_long or long.any().item(), some_short or (~long).any().item()
        assert new.flatten(1).double().norm(dim=1).max().item() <= longest
        assert torch.equal(new[~long], old[~long])
        cosine = torch.nn.functional.cosine_similarity(new.flatten(1), old.flatten(1))
        torch.testing.assert_close(cosine, torch.ones(len(cosine)))
    assert some_long
    assert some_short


# --- pulses ---


def test_a_pulse_has_the_norms_of_the_gradients_and_the_updates_of_the_first_units():
    spec = RunSpec(optimizer="momentum", lr=0.01, hidden=[PULSE_UNITS + 50, 20])
    model = build(spec, torch.Generator().manual_seed(0))
    optimizer = make_optimizer(spec, trained_parameters(model, spec))
    pulse = PulseTaker(spec, model)
    batch = next(load(spec).batches)

    for step in range(1, 21):
        old = {layer: model.get_submodule(layer).weight.detach().clone() for layer in spec.layers}
        pulse.before(step)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(batch.inputs), batch.labels).backward()
        optimizer.step()
        pulse.after(step)

    first, second = pulse.since_last()
    assert (first.step, second.step) == (10, 20)
    for index, layer in enumerate(spec.layers):
        new = model.get_submodule(layer).weight.detach()[:PULSE_UNITS].double()
        before = old[layer][:PULSE_UNITS].double()
        assert second.update_ratio[index] == pytest.approx(((new - before).norm() / before.norm()).item(), rel=1e-3)
        gradient = model.get_submodule(layer).weight.grad.double()
        assert second.gradient_norm[index] == pytest.approx(gradient.norm().item(), rel=1e-5)
    assert pulse.since_last() == ()


def test_a_long_run_has_at_most_two_thousand_pulses():
    spec = RunSpec(epochs=1000, steps_per_epoch=100, snapshot_every=1000)
    pulse = PulseTaker(spec, build(spec, torch.Generator().manual_seed(0)))

    for step in range(1, 101):
        pulse.before(step)
        pulse.after(step)

    assert [taken.step for taken in pulse.since_last()] == [50, 100]
