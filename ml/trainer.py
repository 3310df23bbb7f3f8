"""Train the network of a RunSpec. The loop is read from top to bottom; what it measures is in ml.probe."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import nn

from ml.catalog import OPTIMIZERS
from ml.datasets import Data, Examples, load
from ml.model import build, evaluating, resolve
from ml.probe import hidden_weights, measure
from ml.records import Metrics, Progress, StepRecord, Trained
from ml.spec import RunSpec


def train(spec: RunSpec, *, monitor: bool = True) -> Iterator[Progress | StepRecord | Trained]:
    """Train and yield what is seen on the way: a Progress after every update, a StepRecord before the first one, every
    `snapshot_interval` updates and at the end, and at last what was trained.

    The same spec yields the same numbers, bit for bit, with `monitor` on or off (off leaves the records' layers
    empty) and whatever happens between two yields: no global random state is read or written. A network that
    diverges goes on to its end, with records that are not finite.
    """
    data = load(spec)
    model = build(spec, torch.Generator().manual_seed(spec.seed))
    optimizer = _optimizer(spec, model)
    before = None

    for step in range(spec.steps + 1):
        snapshot = step % spec.snapshot_interval == 0 or step == spec.steps
        if step:
            before = hidden_weights(model, spec) if snapshot and monitor else None
            _update(model, optimizer, next(data.batches))
            yield Progress(step)
        if snapshot:
            metrics = _metrics(model, data)
            wide = step in (0, spec.steps)
            layers = measure(model, spec, data.monitoring, before, wide_jacobians=wide) if monitor else ()
            yield StepRecord(step, step / spec.steps_in_epoch, metrics, layers)

    weights = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    yield Trained(weights, data.monitoring.inputs.numpy(), data.monitoring.labels.numpy())


def _optimizer(spec: RunSpec, model: nn.Module) -> torch.optim.Optimizer:
    entry = OPTIMIZERS[spec.optimizer]
    return resolve(entry.torch)(model.parameters(), lr=spec.lr, **entry.arguments(spec.optimizer_constants))


def _update(model: nn.Module, optimizer: torch.optim.Optimizer, batch: Examples) -> None:
    loss = F.cross_entropy(model(batch.inputs), batch.labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _metrics(model: nn.Module, data: Data) -> Metrics:
    with evaluating(model), torch.no_grad():
        return Metrics(*_loss_and_error(model, data.train), *_loss_and_error(model, data.validation))


def _loss_and_error(model: nn.Module, examples: Examples) -> tuple[float, float]:
    logits = model(examples.inputs)
    wrong = (logits.argmax(dim=1) != examples.labels).sum().item()
    return F.cross_entropy(logits, examples.labels).item(), wrong / len(examples.labels)
