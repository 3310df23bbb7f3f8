"""What measuring costs a run, and how its bare loop stands against a tutorial's."""

import statistics
from collections import deque
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from ml.catalog import DATASETS, OPTIMIZERS
from ml.cost import jacobian_interval, jacobian_seconds, step_seconds
from ml.datasets import Data, load
from ml.jacobian import mean_singular_values
from ml.model import activation_name, build, resolve
from ml.spec import RunSpec
from ml.trainer import train
from tests.bench.table import Contender, compare, row, seconds
from tests.bench.workloads import DIGITS, EPOCHS, NARROW, SHAPESET, WIDE, batches_of

SIGNALS = {"jacobians": False, "pulses": False}  # four signals a layer, and nothing else
NOTHING = {"monitor": False}


def trainer(spec: RunSpec, **flags: bool) -> Contender:
    """The product's own, from the record of step 0 on: its set-up and its first look are not what a longer run pays."""

    def run() -> float:
        records = train(spec, **flags)
        next(records)
        return seconds(lambda: deque(records, maxlen=0))

    return run


def everything_measured() -> None:
    for (name, spec), target in zip(EPOCHS.items(), ("1.03", "1.09", "1.03", "1.10"), strict=True):
        measured, bare = trainer(spec, **SIGNALS), trainer(spec, **NOTHING)
        compare("a", f"measured once an epoch / not: {name}", measured, bare, f"<= {target}")
    for name, spec in {"digits 300-100, 10 epochs": DIGITS, "shapeset 5x100 tanh, 2 x 1,000 steps": SHAPESET}.items():
        compare("a", f"a default run / nothing measured: {name}", trainer(spec), trainer(spec, **NOTHING))


def pulses() -> None:
    """Over at most 200 steps: the share does not depend on how many there are."""
    for name, whole in EPOCHS.items():
        spec = whole.model_copy(update={"steps_per_epoch": min(200, whole.steps_in_epoch)})
        pulsing, silent = trainer(spec, jacobians=False), trainer(spec, **SIGNALS)
        compare("b", f"pulses every 10th step / none: {name}", pulsing, silent, "<= 1.05")


# --- the Jacobian ---


def jacobians() -> None:
    """Counted out of a default run's ten epochs, from the time of one epoch and of one measurement."""
    runs = {name: _ten(spec) for name, spec in EPOCHS.items()}
    for name, spec in {**runs, "digits 300-100, b32": DIGITS}.items():
        count = _jacobians_in(spec)
        predicted = count * jacobian_seconds(spec) / (spec.steps * step_seconds(spec))
        measured = count * _jacobian_seconds(spec) / (spec.epochs * _epoch_seconds(spec))
        row("j", f"Jacobians / the rest of 10 epochs, as planned: {name}", [predicted])
        row("j", f"Jacobians / the rest of 10 epochs ({count}): {name}", [measured], target="<= 0.05")


def _jacobians_in(spec: RunSpec) -> int:
    """Every so many snapshots, and at the end."""
    snapshots = spec.steps // spec.snapshot_interval
    interval = jacobian_interval(spec)
    return 1 + snapshots // interval + (snapshots % interval > 0)


def _epoch_seconds(spec: RunSpec) -> float:
    epoch = trainer(spec.model_copy(update={"epochs": 1}), jacobians=False)
    return statistics.median(epoch() for _ in range(5))


def _jacobian_seconds(spec: RunSpec) -> float:
    model = build(spec, torch.Generator().manual_seed(spec.seed))
    activations = _activations(model, spec, load(spec).monitoring.inputs)
    times = [seconds(lambda: mean_singular_values(model, spec, activations)) for _ in range(10)]
    return statistics.median(times[1:])


@torch.no_grad()
def _activations(model: nn.Sequential, spec: RunSpec, inputs: Tensor) -> list[Tensor]:
    """Every hidden layer's z."""
    found, names = [], {activation_name(layer) for layer in spec.hidden_layers}
    for name, module in model.named_children():
        inputs = module(inputs)
        found += [inputs] if name in names else []
    return found


# --- a loop as tutorials write it ---


def tutorial_loop() -> None:
    """It measures nothing, not even the validation error; ours does all that it does by default."""
    runs = {f"digits 300-100 adam, 10 epochs, b{size}": batches_of(DIGITS, size) for size in (10, 32, 128)}
    runs |= {f"784-300-100-10 relu, 10 epochs, b{size}": _ten(batches_of(NARROW, size)) for size in (10, 128)}
    for name, spec in runs.items():
        compare("c", f"default run / tutorial loop: {name}", trainer(spec), tutorial(spec), "<= 0.90")
    for size in (10, 128):  # ten epochs of them would take minutes
        spec = batches_of(WIDE, size)
        name = f"default run / tutorial loop: 784-5x1000-10 tanh, 1 epoch, b{size}"
        compare("c", name, trainer(spec), tutorial(spec), pairs=5)


def _ten(spec: RunSpec) -> RunSpec:
    return spec.model_copy(update={"epochs": 10})


def tutorial(spec: RunSpec) -> Contender:
    examples = TensorDataset(*whole_train_set(load(spec), spec))

    def run() -> float:
        model = plain_model(spec)
        optimizer = resolve(OPTIMIZERS[spec.optimizer].torch)(model.parameters(), lr=spec.lr)
        loader = DataLoader(examples, batch_size=spec.batch_size, shuffle=True)
        return seconds(lambda: _train(model, optimizer, loader, spec.epochs))

    return run


def _train(model: nn.Module, optimizer: torch.optim.Optimizer, loader: DataLoader, epochs: int) -> float:
    total = 0.0
    for _ in range(epochs):
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
    return total


def whole_train_set(data: Data, spec: RunSpec) -> tuple[Tensor, Tensor]:
    batches = [next(data.batches) for _ in range(spec.steps_in_epoch)]
    return torch.cat([batch.inputs for batch in batches]), torch.cat([batch.labels for batch in batches])


def plain_model(spec: RunSpec) -> nn.Sequential:
    widths = (DATASETS[spec.dataset].inputs, *spec.hidden, spec.class_count)
    activation = resolve(spec.activations[0].torch)
    parts = [part for below, width in pairwise(widths) for part in (nn.Linear(below, width), activation())]
    return nn.Sequential(*parts[:-1])
