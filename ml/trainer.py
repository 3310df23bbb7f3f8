"""Train the network of a RunSpec. The loop is read from top to bottom; what it measures is in ml.probe."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from ml.checkpoint import Checkpoint, State
from ml.cost import jacobian_interval
from ml.datasets import Data, Examples, load
from ml.losses import LOSSES
from ml.model import build, copy_layers, evaluating
from ml.monte_carlo import predict
from ml.optimisation import (
    Clipper,
    PulseTaker,
    limit_norms,
    make_optimizer,
    set_gradients,
    trained_parameters,
)
from ml.probe import hidden_weights, measure
from ml.records import Metrics, Progress, StepRecord, Trained
from ml.spec import RunSpec
from ml.transfer import Source

CHUNK = 1000  # examples that metrics are computed on at a time


def train(
    spec: RunSpec,
    *,
    source: Source | None = None,
    folder: Path | None = None,
    monitor: bool = True,
    jacobians: bool = True,
    pulses: bool = True,
    resume: Checkpoint | None = None,
) -> Iterator[Progress | StepRecord | Trained]:
    """Train and yield what is seen on the way: a StepRecord before the first update, after every `snapshot_interval`
    ones and at the end; a Progress after every update, and after its StepRecord; and at last what was trained.

    The same spec yields the same numbers, bit for bit, whatever is monitored and whatever happens between two yields:
    no global random state is read or written. `monitor` off leaves the records' layers and pulses empty; `jacobians`
    and `pulses` off leave out only these. A network that diverges goes on to its end, with records that are not finite.

    With `resume` it goes on from a checkpoint that one of its records of Progress gave, and yields what came after.

    `source` is the run that `spec.transfer_from` names; data files are kept in `folder`. Raises ValueError where the
    source is missing or does not fit, DataUnavailable where a data file can't be had.
    """
    data = load(spec, folder, resume and resume.notes["draws"])
    generator = torch.Generator().manual_seed(spec.seed)
    model = build(spec, generator)
    if not resume:
        copy_layers(model, spec, source)
    parameters = trained_parameters(model, spec)
    optimizer = make_optimizer(spec, parameters)
    loss_of, trained = LOSSES[spec.loss], list(parameters.values())
    clipper = Clipper(spec, parameters) if spec.clip != "none" else None
    pulse = PulseTaker(spec, model) if monitor and pulses else None
    jacobian_steps = spec.snapshot_interval * jacobian_interval(spec)
    before = None
    state = State(model, optimizer, generator, data.draws, clipper, pulse)
    if resume:
        state.restore(resume)

    for step in range(resume.step + 1 if resume else 0, spec.steps + 1):
        snapshot = step % spec.snapshot_interval == 0 or step == spec.steps
        if step:
            before = hidden_weights(model, spec) if snapshot and monitor else None
            if pulse:
                pulse.before(step)
            inputs, labels = next(data.batches)
            set_gradients(loss_of(model(inputs), labels), trained)
            if clipper:
                clipper.clip()
            optimizer.step()
            if spec.max_norm:
                limit_norms(model, spec, spec.max_norm)
            if pulse:
                pulse.after(step)
        if snapshot:
            metrics = _metrics(model, spec, data)
            with_jacobians = jacobians and (step % jacobian_steps == 0 or step == spec.steps)
            layers = measure(model, spec, data.monitoring, before, jacobians=with_jacobians) if monitor else ()
            yield StepRecord(
                step,
                step / spec.steps_in_epoch,
                metrics,
                layers,
                clipper.since_last() if clipper else None,
                pulse.since_last() if pulse else (),
            )
        if step:
            yield Progress(step, partial(state.checkpoint, step))

    weights = {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}
    certainty = predict(model, data.validation, spec.mc_passes) if spec.mc_passes else None
    yield Trained(weights, data.monitoring.inputs.numpy(), data.monitoring.labels.numpy(), certainty)


@torch.no_grad()
def _metrics(model: nn.Module, spec: RunSpec, data: Data) -> Metrics:
    """Of the fixed part of the train set and of the validation set, in one go where they are small."""
    parts = [data.train.inputs, data.validation.inputs]
    whole = [torch.cat(parts)] if len(parts[0]) + len(parts[1]) <= CHUNK else [c for x in parts for c in x.split(CHUNK)]
    with evaluating(model):
        logits = torch.cat([model(inputs) for inputs in whole])
    train, validation = logits.split([len(part) for part in parts])
    return Metrics(*_loss_and_error(spec, train, data.train), *_loss_and_error(spec, validation, data.validation))


def _loss_and_error(spec: RunSpec, logits: Tensor, examples: Examples) -> tuple[float, float]:
    """Mean loss and share of wrong answers."""
    wrong = (logits.argmax(dim=1) != examples.labels).sum().item()
    return LOSSES[spec.loss](logits, examples.labels).item(), wrong / len(examples.labels)
