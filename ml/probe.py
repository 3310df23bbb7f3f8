"""Look at every layer of a network, on the monitoring set, without leaving a trace in it."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.catalog import Activation
from ml.datasets import Examples
from ml.jacobian import mean_singular_values
from ml.losses import LOSSES
from ml.model import activation_name, evaluating, normalising
from ml.records import Health, LayerSnapshot
from ml.spec import RunSpec
from ml.summary import summarise

FLAT = 0.05  # a unit is saturated where |f'(s)| is below this share of max|f'|


@dataclass(frozen=True)
class Seen:
    """One monitoring pass: each layer's signals by name; of each hidden layer, bottom up, the slope f'(s), None where
    it is never flat, and s and z, (N, units, ...)."""

    signals: dict[str, dict[str, Tensor]]
    slopes: list[Tensor | None]
    captured: list[tuple[Tensor, Tensor]]


def measure(
    model: nn.Sequential,
    spec: RunSpec,
    monitoring: Examples,
    before: Mapping[str, Tensor] | None = None,
    *,
    jacobians: bool = True,
) -> tuple[LayerSnapshot, ...]:
    """Every layer's signals and health on the monitoring set, bottom up, with dropout off and batch normalisation on
    the set's own statistics.

    `before` holds the hidden layers' weights before the step just taken, None where none was taken. With `jacobians`
    off the Jacobian is left out. The parameters, their `.grad`, the running statistics, every random state and the
    training mode stay as they are.
    """
    seen = _monitoring_pass(model, spec, monitoring)
    health = _health(model, spec, seen, before, jacobians)
    return tuple(
        LayerSnapshot(
            layer,
            {
                signal: summarise(values.numpy(), spec.bins, _bounds(spec, index, signal))
                for signal, values in seen.signals[layer].items()
            },
            health[index] if index < spec.depth else Health(),
            _extras(spec, index, seen),
        )
        for index, layer in enumerate(spec.layers)
    )


def hidden_weights(model: nn.Sequential, spec: RunSpec) -> dict[str, Tensor]:
    """A copy of the hidden layers' weights, to be compared after a step."""
    return {layer: model.get_submodule(layer).weight.detach().clone() for layer in spec.hidden_layers}


# --- the monitoring pass ---


def _monitoring_pass(model: nn.Sequential, spec: RunSpec, monitoring: Examples) -> Seen:
    """One forward and backward pass."""
    weights = [model.get_submodule(layer).weight for layer in spec.layers]
    captured: list[tuple[Tensor, Tensor]] = []
    with evaluating(model), normalising(model, "on_own_statistics"), _with_gradients(weights):
        with _capturing(model, spec, captured):
            logits = model(monitoring.inputs)
        # The sum over the examples, so that the gradient of s is N · ∂C/∂s for the mean loss C.
        loss = LOSSES[spec.loss](logits, monitoring.labels) * len(monitoring.labels)
        # Maxout has several s for each unit: there it is the gradient of z.
        arrives_at = [z if a.name == "maxout" else s for a, (s, z) in zip(spec.activations, captured, strict=True)]
        gradients = [*torch.autograd.grad(loss, [*arrives_at, *weights], retain_graph=True)]
        slopes = [_slope(activation, s, z) for activation, (s, z) in zip(spec.activations, captured, strict=True)]
    signals: dict[str, dict[str, Tensor]] = {layer: {} for layer in spec.layers}
    for layer, (_, z), gradient in zip(spec.layers, captured, gradients, strict=False):
        signals[layer] |= {"activation": z.detach(), "backprop_gradient": gradient}
    for layer, weight, gradient in zip(spec.layers, weights, gradients[spec.depth :], strict=True):
        signals[layer] |= {"weight_gradient": gradient.div_(len(monitoring.labels)), "weight": weight.detach()}
    return Seen(signals, slopes, [(s.detach(), z.detach()) for s, z in captured])


def _slope(activation: Activation, s: Tensor, z: Tensor) -> Tensor | None:
    """f'(s), None for an activation without a flat side."""
    if activation.max_slope is None:
        return None
    return torch.autograd.grad(z, s, torch.ones_like(z), retain_graph=True)[0]


@contextmanager
def _capturing(model: nn.Sequential, spec: RunSpec, captured: list[tuple[Tensor, Tensor]]) -> Iterator[None]:
    """Inside the `with`, a forward pass appends every hidden layer's s and z to `captured`, bottom up."""

    def keep(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        captured.append((inputs[0], output))

    handles = [model.get_submodule(activation_name(layer)).register_forward_hook(keep) for layer in spec.hidden_layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _with_gradients(weights: list[nn.Parameter]) -> Iterator[None]:
    """Frozen layers' weights have a gradient too, inside the `with`."""
    frozen = [weight for weight in weights if not weight.requires_grad]
    for weight in frozen:
        weight.requires_grad_(True)
    try:
        yield
    finally:
        for weight in frozen:
            weight.requires_grad_(False)


def _bounds(spec: RunSpec, index: int, signal: str) -> tuple[float, float] | None:
    return spec.activations[index].range if signal == "activation" else None


# --- health and extras ---


def _health(
    model: nn.Sequential, spec: RunSpec, seen: Seen, before: Mapping[str, Tensor] | None, jacobians: bool
) -> list[Health]:
    """Of each hidden layer."""
    unknown: list[tuple[float | None, float | None]] = [(None, None)] * spec.depth
    measured = mean_singular_values(model, spec, [z for _, z in seen.captured]) if jacobians else unknown[1:]
    return [
        Health(
            *_saturated_and_dead(spec, activation, slope),
            _update_ratio(seen.signals[layer]["weight"], before[layer]) if before else None,
            *map(_finite, jacobian),
        )
        for layer, activation, slope, jacobian in zip(
            spec.hidden_layers, spec.activations, seen.slopes, [*unknown[:1], *measured], strict=True
        )
    ]


def _saturated_and_dead(
    spec: RunSpec, activation: Activation, slope: Tensor | None
) -> tuple[float | None, float | None]:
    """The share of units x examples (x positions), and of units at every one, where f' is flat; None if it never is."""
    if slope is None or activation.max_slope is None:
        return None, None
    flat = (slope.abs() < FLAT * activation.max_slope(spec.activation_alpha(activation))).numpy()
    everywhere = flat.all(axis=tuple(d for d in range(flat.ndim) if d != 1))
    return np.count_nonzero(flat) / flat.size, float(everywhere.mean())


def _update_ratio(weight: Tensor, before: Tensor) -> float | None:
    """‖ΔW‖ / ‖W‖, W before the step; None where it is not finite."""
    return _finite((_norm(weight - before) / _norm(before)).item())


def _norm(weight: Tensor) -> Tensor:
    """Row by row first: as exact as in float64, and five times as fast."""
    return weight.flatten(1).norm(dim=1).double().norm()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _extras(spec: RunSpec, index: int, seen: Seen) -> dict[str, NDArray[np.float32]]:
    """What only some runs have: see LayerSnapshot."""
    extras = {}
    if spec.max_norm:
        extras["unit_norms"] = seen.signals[spec.layers[index]]["weight"].flatten(1).norm(dim=1).numpy()
    if index < spec.depth and spec.activations[index].name == "maxout":
        extras["piece_shares"] = _piece_shares(seen.captured[index][0], spec.shapes[index].pieces)
    return extras


def _piece_shares(s: Tensor, pieces: int) -> NDArray[np.float32]:
    """(units, pieces) how often each piece of a unit is the largest, over examples and positions."""
    winners = s.unflatten(1, (-1, pieces)).argmax(dim=2).transpose(0, 1).flatten(1)
    return torch.stack([(winners == piece).float().mean(dim=1) for piece in range(pieces)], dim=1).numpy()
