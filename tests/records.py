"""Runs made of plausible numbers, for tests of whatever reads a RunRecord."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.records import (
    HIDDEN_ONLY,
    SIGNALS,
    Clipping,
    Health,
    Histogram,
    LayerSnapshot,
    Metrics,
    MonteCarlo,
    Pulse,
    RunRecord,
    SignalSummary,
    StepRecord,
)
from ml.sizes import PIECES
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
        monte_carlo=make_monte_carlo(whole) if whole.mc_passes and status == "finished" else None,
    )  # fmt: skip


def make_everything(snapshots: int = 3, **changed: Any) -> RunRecord:
    """A run of which every figure has something to draw; `changed` as for make_run."""
    settings: dict[str, Any] = {"activation": ("tanh", "maxout", "relu"), "clip": "norm", "max_norm": 2.0}
    return make_run(snapshots, **settings | {"dropout": 0.5, "mc_passes": 10} | changed)


def make_dying(dead: float, error: float, snapshots: int = 4, **changed: Any) -> RunRecord:
    """A run of ReLUs with this share of dead units and of wrong answers, train and validation alike, from first to
    last; `changed` as for make_run."""
    run = make_run(snapshots, **{"activation": "relu", "init": "kaiming_normal", "lr": 0.05} | changed)
    return replace(run, snapshots=tuple(_dying(snapshot, dead, error) for snapshot in run.snapshots))


def _dying(snapshot: StepRecord, dead: float, error: float) -> StepRecord:
    *hidden, output = snapshot.layers
    layers = [replace(layer, health=replace(layer.health, dead=dead)) for layer in hidden]
    metrics = replace(snapshot.metrics, train_error=error, val_error=error)
    return replace(snapshot, layers=(*layers, output), metrics=metrics)


def make_monte_carlo(spec: RunSpec) -> MonteCarlo:
    """Forty answers, each less certain than the one before; the last five are wrong."""
    classes, count = spec.class_count, 40
    chances = np.linspace(0.99, 1.1 / classes, count, dtype=np.float32)
    mean = np.repeat(((1 - chances) / (classes - 1))[:, None], classes, axis=1)
    mean[:, 1] = chances
    entropy = -(mean * np.log(mean)).sum(axis=1)
    labels = np.where(np.arange(count) < count - 5, 1, 0)
    extremes = np.concatenate([np.arange(12), np.arange(count)[:-13:-1]])
    pictures = np.linspace(-1, 1, 24 * spec.shapes[0].inputs, dtype=np.float32).reshape(24, -1)
    return MonteCarlo(mean, np.full_like(mean, 0.1), entropy, labels, extremes, pictures)


def _snapshot(spec: RunSpec, number: int, rng: np.random.Generator) -> StepRecord:
    layers = tuple(_layer(spec, number, position, rng) for position in range(len(spec.layers)))
    loss = 2.3 / (1 + number)
    clipping = Clipping(4.0 / number, 1.0, 1 / number) if number and spec.clip != "none" else None
    pulses = (_pulse(spec, 10 * number - 5), _pulse(spec, 10 * number)) if number else ()
    metrics = Metrics(loss, loss / 3, 1.1 * loss, loss / 2.8)
    return StepRecord(10 * number, float(number), metrics, layers, clipping, pulses)


def _pulse(spec: RunSpec, step: int) -> Pulse:
    depths = range(1, len(spec.layers) + 1)
    return Pulse(step, tuple(step / depth for depth in depths), tuple(1e-4 * step * depth for depth in depths))


def _layer(spec: RunSpec, number: int, position: int, rng: np.random.Generator) -> LayerSnapshot:
    """The signal shrinks towards the output, the gradient towards the input."""
    name = spec.layers[position]
    kept = [signal for signal in SIGNALS if name != "output" or signal not in HIDDEN_ONLY]
    scale = {"activation": 0.5**position, "backprop_gradient": 0.5 ** (len(spec.hidden) - position)}
    signals = {s: summarise(np.tanh(rng.normal(0, scale.get(s, 0.1), 600)), spec.bins) for s in kept}
    health = _health(spec, number, position) if name != "output" else Health()
    return LayerSnapshot(name, signals, health, dict(_extras(spec, position)))


def _health(spec: RunSpec, number: int, position: int) -> Health:
    """The Jacobian is measured at every other snapshot only."""
    flat = spec.activations[position].max_slope is not None
    measured = position > 0 and number % 2 == 0
    return Health(
        saturated=0.1 * position if flat else None, dead=0.05 * position if flat else None,
        update_ratio=0.001 if number else None, jacobian=0.8 - 0.1 * position if measured else None,
        jacobian_se=0.02 if measured else None,
    )  # fmt: skip


def _extras(spec: RunSpec, position: int) -> Iterator[tuple[str, NDArray[np.float32]]]:
    units = spec.shapes[position].units
    if spec.max_norm:
        yield "unit_norms", np.linspace(0.5, spec.max_norm, units, dtype=np.float32)
    if position < spec.depth and spec.activations[position].name == "maxout":
        pieces = spec.pieces or PIECES
        yield "piece_shares", np.tile(np.float32([0.75, *[0.25 / (pieces - 1)] * (pieces - 1)]), (units, 1))


def _diverged(snapshot: StepRecord) -> StepRecord:
    layers = tuple(replace(layer, signals=dict.fromkeys(layer.signals, NOTHING)) for layer in snapshot.layers)
    return replace(snapshot, metrics=Metrics(math.nan, 0.9, math.nan, 0.9), layers=layers)
