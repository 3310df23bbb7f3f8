"""One step of training: the optimizer of a RunSpec, clipping, max-norm, and what a step has at hand to be noted."""

import math
from dataclasses import astuple
from typing import Any

import torch
from torch import Tensor, nn

from ml.catalog import OPTIMIZERS
from ml.model import resolve
from ml.records import Clipping, Pulse
from ml.spec import RunSpec

PULSE_STEPS = 10  # between two pulses, more where a run would have over
MOST_PULSES = 2_000
PULSE_UNITS = 32  # of each layer; units of a layer are exchangeable, so the first ones stand for all


def trained_parameters(model: nn.Sequential, spec: RunSpec) -> dict[str, nn.Parameter]:
    """By name, without those of frozen layers, which are kept from having a gradient."""
    found = {}
    for name, parameter in model.named_parameters():
        frozen = name.split(".")[0].removesuffix("_norm") in spec.frozen_layers
        parameter.requires_grad_(not frozen)
        if not frozen:
            found[name] = parameter
    return found


def make_optimizer(spec: RunSpec, parameters: dict[str, nn.Parameter]) -> torch.optim.Optimizer:
    """torch's optimizer; weight decay is for the weights of layers alone."""
    groups = [{"params": [*parameters.values()]}]  # one where it is enough: each costs a step of a small net 2 %
    if spec.weight_decay:
        decayed = [p for name, p in parameters.items() if _is_weight(name)]
        others = [p for name, p in parameters.items() if not _is_weight(name)]
        groups = [{"params": decayed, "weight_decay": spec.weight_decay}, {"params": others}]
    entry = OPTIMIZERS[spec.optimizer]
    return resolve(entry.torch)(groups, lr=spec.lr, **entry.arguments(spec.optimizer_constants))


def set_gradients(loss: Tensor, parameters: list[nn.Parameter]) -> None:
    """As `loss.backward()` after `zero_grad()`, at a tenth less of a small net's step."""
    for parameter in parameters:
        parameter.grad = None  # before the new ones are made, so that their memory is taken again
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient


def _is_weight(name: str) -> bool:
    return name.endswith(".weight") and "_norm." not in name


class Clipper:
    """Clips the gradients of every step and remembers, until it is asked, what that changed."""

    def __init__(self, spec: RunSpec, parameters: dict[str, nn.Parameter]) -> None:
        self._by_value = spec.clip == "value"
        self._limit = spec.clip_limit
        self._parameters = list(parameters.values())
        self._sums, self._steps = (0.0, 0.0, 0.0), 0

    def clip(self) -> None:
        """Raises nothing where a gradient is not finite: the run goes on, and its records say so."""
        seen = self._clip_values() if self._by_value else self._clip_norm()
        self._sums, self._steps = tuple(map(sum, zip(self._sums, seen, strict=True))), self._steps + 1

    def _clip_norm(self) -> tuple[float, float, bool]:
        before = nn.utils.clip_grad_norm_(self._parameters, self._limit).item()
        return before, min(before, self._limit), before > self._limit

    def _clip_values(self) -> tuple[float, float, bool]:
        gradients = [p.grad for p in self._parameters]
        before = nn.utils.get_total_norm(gradients).item()
        largest = nn.utils.get_total_norm(gradients, math.inf).item()
        nn.utils.clip_grad_value_(self._parameters, self._limit)
        return before, nn.utils.get_total_norm(gradients).item(), largest > self._limit

    def since_last(self) -> Clipping | None:
        """Of the steps since this was asked last; None where there was none."""
        if not self._steps:
            return None
        means = Clipping(*(total / self._steps for total in self._sums))
        self._sums, self._steps = (0.0, 0.0, 0.0), 0
        return means

    @property
    def unread(self) -> list[Any]:
        """What was not asked for yet, fit for JSON."""
        return [self._sums, self._steps]

    @unread.setter
    def unread(self, kept: list[Any]) -> None:
        self._sums, self._steps = tuple(kept[0]), kept[1]


@torch.no_grad()
def limit_norms(model: nn.Sequential, spec: RunSpec, longest: float) -> None:
    """Max-norm: shorten the incoming weights of every unit, the output's included, whose norm is above `longest`
    (Srivastava et al., 2014, section 5.1)."""
    for layer in spec.layers:
        if layer not in spec.frozen_layers:
            weight = model.get_submodule(layer).weight
            norms = weight.flatten(1).norm(dim=1) * (1 + 1e-6)  # so that rounding leaves none above
            weight.mul_((longest / norms).clamp(max=1).view(-1, *[1] * (weight.dim() - 1)))


class PulseTaker:
    """Notes every tenth step or so what it has at hand: norms of gradients and of the first units' updates."""

    def __init__(self, spec: RunSpec, model: nn.Sequential) -> None:
        self._interval = max(PULSE_STEPS, math.ceil(spec.steps / MOST_PULSES))
        self._weights = [model.get_submodule(layer).weight for layer in spec.layers]
        self._samples = [weight.detach()[:PULSE_UNITS] for weight in self._weights]
        self._before: list[Tensor] = []
        self._taken: list[Pulse] = []

    def before(self, step: int) -> None:
        if step % self._interval == 0:
            self._before = [sample.clone() for sample in self._samples]

    def after(self, step: int) -> None:
        if step % self._interval == 0:
            gradients = [weight.grad if weight.grad is not None else torch.zeros(1) for weight in self._weights]
            moved = torch._foreach_sub(self._samples, self._before)
            norms = torch.stack(torch._foreach_norm([*gradients, *moved, *self._before])).view(3, -1)
            self._taken.append(Pulse(step, tuple(norms[0].tolist()), tuple((norms[1] / norms[2]).tolist())))

    def since_last(self) -> tuple[Pulse, ...]:
        taken, self._taken = tuple(self._taken), []
        return taken

    @property
    def unread(self) -> list[Any]:
        """What was not asked for yet, fit for JSON."""
        return [astuple(pulse) for pulse in self._taken]

    @unread.setter
    def unread(self, kept: list[Any]) -> None:
        self._taken = [Pulse(step, tuple(norms), tuple(ratios)) for step, norms, ratios in kept]
