"""A RunSpec's network, in plain torch.nn, with every layer under its own name."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from ml.catalog import ACTIVATIONS, INITIALISERS
from ml.spec import RunSpec


class Dropout(nn.Module):
    """torch's Dropout, but its masks come from a generator of its own instead of the global random state."""

    def __init__(self, probability: float, generator: torch.Generator) -> None:
        super().__init__()
        self.probability = probability
        self.generator = generator

    def forward(self, z: Tensor) -> Tensor:
        if not self.training:
            return z
        kept = torch.rand(z.shape, generator=self.generator) >= self.probability
        return z * kept / (1 - self.probability)


def build(spec: RunSpec, generator: torch.Generator) -> nn.Sequential:
    """The network with freshly drawn weights, in training mode: (N, inputs) float32 to (N, classes) logits.

    Its parts are `hidden1`, `hidden1_activation`, `hidden1_dropout` (where the spec has dropout), ..., `output`.
    `generator` draws the weights and then the dropout masks.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for layer, fan_in, fan_out in zip(spec.layers, spec.sizes, spec.sizes[1:], strict=False):
        parts[layer] = _dense(spec, fan_in, fan_out, generator)
        if layer != "output":
            parts[activation_name(layer)] = _activation(spec)
            if spec.dropout:
                parts[f"{layer}_dropout"] = Dropout(spec.dropout, generator)
    return nn.Sequential(parts)


def activation_name(layer: str) -> str:
    """Name of the module that holds a hidden layer's activation function."""
    return f"{layer}_activation"


def resolve(dotted: str) -> Any:
    """The object that a catalog entry names, e.g. `torch.nn.Tanh`."""
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Dropout off inside the `with`."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def _activation(spec: RunSpec) -> nn.Module:
    entry = ACTIVATIONS[spec.activation]
    arguments = {} if entry.alpha is None else {entry.alpha_argument: spec.activation_alpha}
    return resolve(entry.torch)(**arguments)


@torch.no_grad()
def _dense(spec: RunSpec, fan_in: int, fan_out: int, generator: torch.Generator) -> nn.Linear:
    # skip_init, because torch's own initialisation would draw from the global random state.
    layer = nn.utils.skip_init(nn.Linear, fan_in, fan_out)
    entry = INITIALISERS[spec.init]
    variance = entry.variance(fan_in, fan_out, 1.0 if spec.init_std is None else spec.init_std)
    if entry.distribution == "uniform":
        bound = math.sqrt(3 * variance)
        layer.weight.uniform_(-bound, bound, generator=generator)
    else:
        layer.weight.normal_(0, math.sqrt(variance), generator=generator)
    layer.bias.fill_(spec.bias_init)
    return layer
