"""Look at every layer of a network, on the monitoring set, without leaving a trace in it."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.catalog import ACTIVATIONS
from ml.datasets import Examples
from ml.model import activation_name, evaluating
from ml.records import Health, LayerSnapshot
from ml.spec import RunSpec
from ml.summary import summarise

FLAT = 0.05  # a unit is saturated where |f'(s)| is below this share of max|f'|
JACOBIAN_WIDTH = 256  # wider ones (0.1 s each at width 1000) are left out during training
JACOBIAN_COST = 2e6  # width³ x examples, about half a millisecond a layer


def measure(
    model: nn.Sequential,
    spec: RunSpec,
    monitoring: Examples,
    before: Mapping[str, Tensor] | None = None,
    *,
    wide_jacobians: bool = True,
) -> tuple[LayerSnapshot, ...]:
    """Every layer's signals and health on the monitoring set with dropout off, bottom up.

    `before` holds the hidden layers' weights before the step just taken, None where none was taken. With
    `wide_jacobians` off the Jacobian of layers wider than 256 (on their narrower side) is left out. The parameters,
    their `.grad`, every random state and the training mode stay as they are.
    """
    signals, slopes = _monitoring_pass(model, spec, monitoring)
    return tuple(
        LayerSnapshot(
            layer,
            {
                signal: summarise(values.numpy(), spec.bins, _bounds(spec, signal))
                for signal, values in signals[layer].items()
            },
            _health(spec, layer, slopes, signals[layer]["weight"], before, wide_jacobians),
        )
        for layer in spec.layers
    )


def hidden_weights(model: nn.Sequential, spec: RunSpec) -> dict[str, Tensor]:
    """A copy of the hidden layers' weights, to be compared after a step."""
    return {layer: model.get_submodule(layer).weight.detach().clone() for layer in spec.hidden_layers}


def jacobian(slope: Tensor, weight: Tensor) -> tuple[float | None, float | None]:
    """Mean singular value of ∂z^i/∂z^(i-1) = diag(f'(s^i)) W^i and its standard error (Glorot & Bengio eq. 17).

    `slope` (examples, units) is f'(s^i), `weight` (units, units below). The mean is taken over the first examples: 10
    up to a width of 58 (of the narrower of the two layers), 2 from a width of 88 on. None where it is not finite.
    """
    rows, columns = weight.shape
    examples = min(max(int(JACOBIAN_COST / min(rows, columns) ** 3), 2), 10)
    jacobians = slope[:examples, :, None].double() * weight.double()
    # The eigenvalues of J Jᵀ are the squares of J's singular values, at a third of the time of an SVD.
    squares = jacobians @ jacobians.mT if rows <= columns else jacobians.mT @ jacobians
    if not squares.isfinite().all():
        return None, None
    means = torch.linalg.eigvalsh(squares).clamp(min=0).sqrt().mean(dim=1)
    return means.mean().item(), means.std().item() / math.sqrt(len(means))


def _monitoring_pass(
    model: nn.Sequential, spec: RunSpec, monitoring: Examples
) -> tuple[dict[str, dict[str, Tensor]], dict[str, Tensor]]:
    """One forward and backward pass: each layer's signals, and f'(s) (N, units) of each hidden layer."""
    with evaluating(model), _captured(model, spec) as captured:
        logits = model(monitoring.inputs)
    # The sum of the losses, so that the gradient of s is N · ∂C/∂s for the mean loss C.
    loss = F.cross_entropy(logits, monitoring.labels, reduction="sum")
    slopes = {
        layer: torch.autograd.grad(z, s, torch.ones_like(z), retain_graph=True)[0] for layer, (s, z) in captured.items()
    }
    weights = [model.get_submodule(layer).weight for layer in spec.layers]
    gradients = torch.autograd.grad(loss, weights + [s for s, _ in captured.values()])
    signals: dict[str, dict[str, Tensor]] = {layer: {} for layer in spec.layers}
    for (layer, (_, z)), gradient in zip(captured.items(), gradients[len(weights) :], strict=True):
        signals[layer] |= {"activation": z.detach(), "backprop_gradient": gradient}
    for layer, weight, gradient in zip(spec.layers, weights, gradients, strict=False):
        signals[layer] |= {"weight_gradient": gradient / len(monitoring.labels), "weight": weight.detach()}
    return signals, slopes


@contextmanager
def _captured(model: nn.Sequential, spec: RunSpec) -> Iterator[dict[str, tuple[Tensor, Tensor]]]:
    """Inside the `with`, each forward pass leaves every hidden layer's s and z (N, units) here."""
    captured: dict[str, tuple[Tensor, Tensor]] = {}

    def keep(layer: str):
        def hook(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            captured[layer] = (inputs[0], output)

        return hook

    handles = [
        model.get_submodule(activation_name(layer)).register_forward_hook(keep(layer)) for layer in spec.hidden_layers
    ]
    try:
        yield captured
    finally:
        for handle in handles:
            handle.remove()


def _bounds(spec: RunSpec, signal: str) -> tuple[float, float] | None:
    return ACTIVATIONS[spec.activation].range if signal == "activation" else None


def _health(
    spec: RunSpec,
    layer: str,
    slopes: Mapping[str, Tensor],
    weight: Tensor,
    before: Mapping[str, Tensor] | None,
    wide_jacobians: bool,
) -> Health:
    if layer not in slopes:
        return Health()
    slope = slopes[layer]
    has_jacobian = layer != "hidden1" and (wide_jacobians or min(weight.shape) <= JACOBIAN_WIDTH)
    return Health(
        *_saturated_and_dead(spec, slope),
        _update_ratio(weight, before[layer]) if before else None,
        *(jacobian(slope, weight) if has_jacobian else (None, None)),
    )


def _saturated_and_dead(spec: RunSpec, slope: Tensor) -> tuple[float | None, float | None]:
    """The share of units x examples, and of units at every example, where f' is flat; None if it never is."""
    max_slope = ACTIVATIONS[spec.activation].max_slope
    if max_slope is None:
        return None, None
    flat = (slope.abs() < FLAT * max_slope(spec.activation_alpha)).numpy()
    return float(flat.mean()), float(flat.all(axis=0).mean())


def _update_ratio(weight: Tensor, before: Tensor) -> float | None:
    """‖ΔW‖ / ‖W‖, W before the step; None where it is not finite."""
    ratio = ((weight - before).double().norm() / before.double().norm()).item()
    return ratio if math.isfinite(ratio) else None
