"""Runs made of plausible numbers, for tests of whatever reads a RunRecord."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.records import (
    HIDDEN_ONLY,
    SIGNALS,
    Health,
    Histogram,
    LayerSnapshot,
    Metrics,
    RunRecord,
    SignalSummary,
    StepRecord,
)
from ml.spec import RunSpec

NOTHING = SignalSummary(*[math.nan] * 8, nonfinite=600, histogram=Histogram(0.0, 1.0, np.zeros(20, dtype=np.int64)))


def summarise(values: NDArray[np.float64], bins: int = 20) -> SignalSummary:
    counts, edges = np.histogram(values, bins)
    p02, p98 = np.percentile(values, [2, 98])
    return SignalSummary(
        values.mean(), values.std(), np.abs(values).mean(), values.min(), values.max(), p02, p98,
        float(np.linalg.norm(values)), 0, Histogram(float(edges[0]), float(edges[-1]), counts),
    )  # fmt: skip


def make_run(snapshots: int = 3, diverges_at: int | None = None, status: str = "finished", **spec: Any) -> RunRecord:
    """A run with so many snapshots, one per epoch of ten steps; from number `diverges_at` on nothing is finite."""
    settings: dict[str, Any] = {"hidden": (6, 5, 4), "activation": "tanh", "init": "standard", "steps_per_epoch": 10}
    whole = RunSpec(**settings | {"epochs": max(0, snapshots - 1), "bins": 20} | spec)
    rng = np.random.default_rng(0)
    records = tuple(_snapshot(whole, number, rng) for number in range(snapshots))
    if diverges_at is not None:
        records = records[:diverges_at] + tuple(map(_diverged, records[diverges_at:]))
    return RunRecord(
        id="run1", spec=whole, status=status, step=records[-1].step if records else 0, attempt=1, created=1.7e9,
        started=1.7e9, finished=1.7e9 + 4 if status == "finished" else None, snapshots=records,
    )  # fmt: skip


def _snapshot(spec: RunSpec, number: int, rng: np.random.Generator) -> StepRecord:
    layers = tuple(_layer(spec, position, rng) for position in range(len(spec.layers)))
    loss = 2.3 / (1 + number)
    return StepRecord(10 * number, float(number), Metrics(loss, loss / 3, 1.1 * loss, loss / 2.8), layers)


def _layer(spec: RunSpec, position: int, rng: np.random.Generator) -> LayerSnapshot:
    """The signal shrinks towards the output, the gradient towards the input."""
    name = spec.layers[position]
    kept = [signal for signal in SIGNALS if name != "output" or signal not in HIDDEN_ONLY]
    scale = {"activation": 0.5**position, "backprop_gradient": 0.5 ** (len(spec.hidden) - position)}
    signals = {s: summarise(np.tanh(rng.normal(0, scale.get(s, 0.1), 600)), spec.bins) for s in kept}
    saturates = spec.activation not in ("leaky_relu",) and name != "output"
    return LayerSnapshot(name, signals, Health(saturated=0.1 * position if saturates else None))


def _diverged(snapshot: StepRecord) -> StepRecord:
    layers = tuple(replace(layer, signals=dict.fromkeys(layer.signals, NOTHING)) for layer in snapshot.layers)
    return replace(snapshot, metrics=Metrics(math.nan, 0.9, math.nan, 0.9), layers=layers)
