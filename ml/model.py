"""A RunSpec's network, in plain torch.nn, with every layer under its own name."""

import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.catalog import DATASETS, INITIALISERS, Activation
from ml.sizes import KERNEL, LayerShape
from ml.spec import RunSpec
from ml.transfer import Source, misfit
from ml.words import words


class Dropout(nn.Module):
    """torch's Dropout, but its masks come from a generator of its own instead of the global random state."""

    def __init__(self, probability: float, generator: torch.Generator) -> None:
        super().__init__()
        self.probability = probability
        self.generator = generator

    def forward(self, z: Tensor) -> Tensor:
        if not self.training:
            return z
        kept = 1 - self.probability
        return z * torch.empty_like(z).bernoulli_(kept, generator=self.generator).div_(kept)


class Maxout(nn.Module):
    """The largest of each unit's pieces: (N, units x pieces, ...) to (N, units, ...). Goodfellow et al. (2013)."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, s: Tensor) -> Tensor:
        return s.unflatten(1, (-1, self.pieces)).amax(2)


class BatchNorm(nn.Module):
    """Batch normalisation of (N, units) or (N, channels, height, width): Ioffe & Szegedy (2015).

    Training normalises by the batch and moves the running statistics, evaluation normalises by these. With
    `on_own_statistics` it normalises by what it is given and moves nothing, and remembers these statistics; with
    `on_remembered` it normalises by them, so that one example does not depend on the others. `frozen` keeps it on the
    running statistics.
    """

    MOMENTUM = 0.1
    EPS = 1e-5

    def __init__(self, units: int, frozen: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units))
        self.bias = nn.Parameter(torch.zeros(units))
        self.register_buffer("running_mean", torch.zeros(units))
        self.register_buffer("running_var", torch.ones(units))
        self.frozen = frozen
        self.on_own_statistics = self.on_remembered = False
        self.remembered: tuple[Tensor, Tensor] | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.on_remembered and self.remembered and not self.frozen:
            return self._normalise(x, *self.remembered, by_batch=False)
        if self.on_own_statistics and not self.frozen:
            over = [d for d in range(x.dim()) if d != 1]
            self.remembered = x.detach().mean(over), x.detach().var(over, correction=0)
            return self._normalise(x, None, None, by_batch=True)
        return self._normalise(x, self.running_mean, self.running_var, by_batch=self.training and not self.frozen)

    def _normalise(self, x: Tensor, mean: Tensor | None, variance: Tensor | None, by_batch: bool) -> Tensor:
        return F.batch_norm(x, mean, variance, self.weight, self.bias, by_batch, self.MOMENTUM, self.EPS)


def build(spec: RunSpec, generator: torch.Generator) -> nn.Sequential:
    """The network with freshly drawn weights, in training mode: (N, inputs) float32 to (N, classes) logits.

    Its parts are, where the spec has them: `input_dropout`, `image`, then for each hidden layer `hidden1`,
    `hidden1_norm` (before or after), `hidden1_activation`, `hidden1_pool`, `hidden1_dropout`, and `flat`, `output`.
    `generator` draws the weights and then the dropout masks.
    """
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if spec.input_dropout:
        parts["input_dropout"] = Dropout(spec.input_dropout, generator)
    if spec.conv_channels:
        parts["image"] = nn.Unflatten(1, DATASETS[spec.dataset].shape)
    for index, layer in enumerate(spec.layers):
        if index == len(spec.conv_channels) > 0:
            parts["flat"] = nn.Flatten()
        parts[layer] = _connections(spec, index, generator)
        if layer != "output":
            parts.update(_rest_of_hidden(spec, index, generator))
    return nn.Sequential(parts)


def activation_name(layer: str) -> str:
    """Name of the module that holds a hidden layer's activation function."""
    return f"{layer}_activation"


def resolve(dotted: str) -> Any:
    """The object that a catalog entry names, e.g. `torch.nn.Tanh`."""
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(module), name)


def copy_layers(model: nn.Module, spec: RunSpec, source: Source | None) -> None:
    """Put the layers that the spec transfers in place of freshly drawn ones.

    Raises ValueError where there is no source or its layers don't fit.
    """
    if spec.transfer_from is None:
        return
    problem = misfit(spec, source.spec) if source else words("the run that its layers come from is gone")
    if source is None or problem:
        raise ValueError(words("transfer_from: {problem}", problem=problem))
    wanted = {part for layer in spec.transferred_layers for part in (layer, f"{layer}_norm")}
    taken = {name: torch.from_numpy(w) for name, w in source.weights.items() if name.split(".")[0] in wanted}
    model.load_state_dict(taken, strict=False)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Dropout off, and batch normalisation on its running statistics, inside the `with`."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


@contextmanager
def normalising(model: nn.Module, mode: str) -> Iterator[None]:
    """Batch normalisation in this mode, `on_own_statistics` or `on_remembered`, inside the `with`."""
    norms = [module for module in model.modules() if isinstance(module, BatchNorm)]
    for norm in norms:
        setattr(norm, mode, True)
    try:
        yield
    finally:
        for norm in norms:
            setattr(norm, mode, False)


def _rest_of_hidden(spec: RunSpec, index: int, generator: torch.Generator) -> Iterator[tuple[str, nn.Module]]:
    """What follows a hidden layer's connections, in order."""
    layer, shape, activation = spec.layers[index], spec.shapes[index], spec.activations[index]
    frozen = layer in spec.frozen_layers
    if spec.batch_norm == "before":
        yield f"{layer}_norm", BatchNorm(shape.units * shape.pieces, frozen)
    yield activation_name(layer), _activation(spec, activation, shape)
    if spec.batch_norm == "after":
        yield f"{layer}_norm", BatchNorm(shape.units, frozen)
    if shape.pooled:
        yield f"{layer}_pool", nn.MaxPool2d(2)
    if spec.dropout:
        yield f"{layer}_dropout", Dropout(spec.dropout, generator)


def _activation(spec: RunSpec, activation: Activation, shape: LayerShape) -> nn.Module:
    if activation.name == "maxout":
        return Maxout(shape.pieces)
    arguments = {} if activation.alpha is None else {activation.alpha_argument: spec.activation_alpha(activation)}
    module: nn.Module = resolve(activation.torch)(**arguments)
    return module


@torch.no_grad()
def _connections(spec: RunSpec, index: int, generator: torch.Generator) -> nn.Module:
    shape = spec.shapes[index]
    outputs = shape.units * shape.pieces
    # skip_init, because torch's own initialisation would draw from the global random state.
    if shape.side:
        layer = nn.utils.skip_init(nn.Conv2d, shape.inputs, outputs, KERNEL, padding=KERNEL // 2)
    else:
        layer = nn.utils.skip_init(nn.Linear, shape.inputs, outputs)
    # Each piece of a maxout unit is drawn as if its layer had no other.
    for piece in range(shape.pieces):
        layer.weight[piece :: shape.pieces] = _draw(spec, index, generator).view(-1, *layer.weight.shape[1:])
    layer.bias.fill_(spec.bias_init)
    return layer


def _draw(spec: RunSpec, index: int, generator: torch.Generator) -> Tensor:
    """(units, fan_in) fresh weights."""
    shape, entry = spec.shapes[index], INITIALISERS[spec.inits[index]]
    weight = torch.empty(shape.units, shape.fan_in)
    variance = entry.variance(shape.fan_in, shape.fan_out, 1.0 if spec.init_std is None else spec.init_std)
    if entry.distribution == "uniform":
        bound = math.sqrt(3 * variance)
        return weight.uniform_(-bound, bound, generator=generator)
    if entry.distribution == "normal":
        return weight.normal_(0, math.sqrt(variance), generator=generator)
    return nn.init.orthogonal_(weight, generator=generator)
