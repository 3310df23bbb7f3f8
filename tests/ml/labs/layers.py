"""Made-up runs of a lab's arms with activations of their own, looked at in steps of their own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml.records import LayerSnapshot, RunRecord, SignalSummary, StepRecord
from ml.summary import summarise
from tests.ml.labs.made import made

Values = NDArray[np.float64]


def high(share: float, others: float = 0.7) -> Values:
    """Activations of a layer: this share of them at 0.97, the others at a value of their own."""
    many = round(1000 * share)
    return np.array([0.97] * many + [others] * (1000 - many))


def activations(values: Values) -> SignalSummary:
    """What a snapshot keeps of a layer's activations, in bins with an edge at every share that is asked for."""
    return summarise(values.astype(np.float32), 200, (-1.0, 1.0))


def saturating(name: str, arm: str, seen: dict[int, Sequence[Values]]) -> RunRecord:
    """A finished run of this arm, with the activations of each hidden layer by the step."""
    run = made(name, arm, len(seen))
    records = (_with_layers(*pair) for pair in zip(run.snapshots, seen.values(), strict=True))
    return at_steps(replace(run, snapshots=tuple(records)), *seen)


def at_steps(run: RunRecord, *steps: int) -> RunRecord:
    """The run, looked at in these steps."""
    return replace(run, snapshots=tuple(replace(r, step=s) for r, s in zip(run.snapshots, steps, strict=True)))


def _with_layers(record: StepRecord, layers: Sequence[Values]) -> StepRecord:
    *hidden, output = record.layers
    return replace(record, layers=(*map(_with_activations, hidden, layers), output))


def _with_activations(layer: LayerSnapshot, values: Values) -> LayerSnapshot:
    return replace(layer, signals={**layer.signals, "activation": activations(values)})
