"""What the same costs when TensorBoard records it."""

import importlib.util
import tempfile
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.datasets import Data, Examples, load
from ml.spec import RunSpec
from tests.bench.table import Contender, compare, missing, seconds
from tests.bench.training import plain_model
from tests.bench.workloads import EPOCHS


def tensorboard() -> None:
    """Its file is written by a thread of its own, and what is left of that at the end is not counted."""
    for name, spec in EPOCHS.items():
        what = f"TensorBoard, three histograms a layer and epoch / nothing: {name}"
        if importlib.util.find_spec("tensorboard") is None:
            missing("d", what, "TensorBoard is not installed")
        else:
            compare("d", what, recording(spec), bare(spec), "> group a")


def bare(spec: RunSpec) -> Contender:
    """A loop like ours: batches out of memory, a fused optimizer, losses and errors at the end of the epoch."""

    def run() -> float:
        model, data = plain_model(spec), load(spec)
        return seconds(lambda: _epoch(model, data, spec))

    return run


def recording(spec: RunSpec) -> Contender:
    from torch.utils.tensorboard import SummaryWriter

    def run() -> float:
        model, data = plain_model(spec), load(spec)
        with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
            return seconds(lambda: (_epoch(model, data, spec), _record(writer, model, data.monitoring)))

    return run


def _epoch(model: nn.Sequential, data: Data, spec: RunSpec) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=spec.lr, fused=True)
    for _ in range(spec.steps_in_epoch):
        inputs, labels = next(data.batches)
        loss = F.cross_entropy(model(inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for examples in (data.train, data.validation):
        _loss_and_error(model, examples)


@torch.no_grad()
def _loss_and_error(model: nn.Sequential, examples: Examples) -> tuple[float, float]:
    logits = model(examples.inputs)
    wrong = (logits.argmax(dim=1) != examples.labels).float().mean()
    return F.cross_entropy(logits, examples.labels).item(), wrong.item()


def _record(writer: Any, model: nn.Sequential, monitoring: Examples) -> None:
    model.zero_grad()
    activations = list(_activations(model, monitoring.inputs))
    F.cross_entropy(activations[-1], monitoring.labels).backward()
    layers = [part for part in model if isinstance(part, nn.Linear)]
    for number, (layer, activation) in enumerate(zip(layers, activations, strict=True)):
        writer.add_histogram(f"activation/{number}", activation, 1)
        writer.add_histogram(f"gradient/{number}", layer.weight.grad, 1)
        writer.add_histogram(f"weight/{number}", layer.weight, 1)


def _activations(model: nn.Sequential, x: Tensor) -> Iterator[Tensor]:
    """Every hidden layer's, and the outputs."""
    for part in model[:-1]:
        x = part(x)
        if not isinstance(part, nn.Linear):
            yield x
    yield model[-1](x)
