"""Runs made of plausible numbers, for tests of whatever reads a RunRecord."""

import math
from collections.abc import Iterator, Mapping
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
    last = values.size - 1
    p02, p98 = np.interp([0.02 * last, 0.98 * last], np.arange(values.size), np.sort(values, axis=None))
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
    run = RunRecord(
        id="run1", spec=whole, status=status, step=records[-1].step if records else 0, attempt=1, created=1.7e9,
        started=1.7e9, finished=1.7e9 + 4 if status == "finished" else None, snapshots=records,
        monte_carlo=make_monte_carlo(whole) if whole.mc_passes and status == "finished" else None,
    )  # fmt: skip
    return run if diverges_at is None else diverging(run, diverges_at)


def make_long(snapshots: int, **spec: Any) -> RunRecord:
    """As make_run, of so many snapshots that making numbers up for each would take seconds: twenty, again and again."""
    run = make_run(20, epochs=snapshots - 1, **spec)
    again = (replace(run.snapshots[i % 20], step=10 * i, epoch=float(i)) for i in range(snapshots))
    records = tuple(replace(one, pulses=_pulses(run.spec, i)) for i, one in enumerate(again))
    return replace(run, snapshots=records, step=records[-1].step)


def diverging(run: RunRecord, number: int) -> RunRecord:
    """The run, of which from this snapshot on nothing is finite."""
    return replace(run, snapshots=run.snapshots[:number] + tuple(map(_diverged, run.snapshots[number:])))


def make_dying(snapshots: int = 5, dead: float = 0.9, **changed: Any) -> RunRecord:
    """A run whose second hidden layer has this share of dead units from its second snapshot on."""
    run = make_run(snapshots, **{"activation": "relu"} | changed)
    records = (run.snapshots[0], *(_with_dead(snapshot, dead) for snapshot in run.snapshots[1:]))
    return replace(run, snapshots=records)


def _with_dead(snapshot: StepRecord, dead: float) -> StepRecord:
    first, second, *others = snapshot.layers
    second = replace(second, health=replace(second.health, dead=dead))
    return replace(snapshot, layers=(first, second, *others))


def make_everything(snapshots: int = 3, **changed: Any) -> RunRecord:
    """A run of which every figure has something to draw; `changed` as for make_run."""
    settings: dict[str, Any] = {"activation": ("tanh", "maxout", "relu"), "clip": "norm", "max_norm": 2.0}
    return make_run(snapshots, **settings | {"dropout": 0.5, "mc_passes": 10} | changed)


def make_patient(snapshots: int = 6, **spec: Any) -> RunRecord:
    """A run that gets better, but has not learned well yet; no rule finds anything. Spread its numbers to be ill."""
    run = make_run(snapshots, **spec)
    progress = np.linspace(0, 1, snapshots)
    errors = 0.9 - 0.5 * progress
    losses = {"train_loss": 2.3 - progress, "val_loss": 2.3 - progress}
    return with_numbers(
        run, metrics=losses | {"train_error": errors, "val_error": errors},
        statistics={("backprop_gradient", "std"): 0.5, ("activation", "std"): 0.5, ("weight", "std"): 0.1},
        health={"saturated": 0.1, "dead": 0.0, "update_ratio": 1e-3}, updates=1e-3,
    )  # fmt: skip


def with_numbers(
    run: RunRecord,
    *,
    metrics: Mapping[str, Any] | None = None,
    statistics: Mapping[tuple[str, str], Any] | None = None,
    health: Mapping[str, Any] | None = None,
    updates: Any = None,
) -> RunRecord:
    """The run with these numbers instead of its own: metrics by name, (snapshots,); statistics by signal and name,
    (snapshots, layers); health by name, (snapshots, hidden layers), where it has a meaning; updates, (snapshots,
    layers), the ratio of every step since the snapshot before. One number stands for all."""
    records = run.snapshots
    for name, values in (metrics or {}).items():
        rows = np.broadcast_to(values, len(records)).tolist()
        records = tuple(replace(r, metrics=replace(r.metrics, **{name: v})) for r, v in zip(records, rows, strict=True))
    for (signal, name), values in (statistics or {}).items():
        records = _each_layer(records, run.layers_with(signal), values, _set_statistic, signal, name)
    for name, values in (health or {}).items():
        records = _each_layer(records, run.spec.hidden_layers, values, _set_health, name)
    if updates is not None:
        rows = np.broadcast_to(updates, (len(records), len(run.spec.layers))).tolist()
        records = tuple(_set_updates(record, tuple(row)) for record, row in zip(records, rows, strict=True))
    return replace(run, snapshots=records)


def _each_layer(
    records: tuple[StepRecord, ...], names: tuple[str, ...], values: Any, change: Any, *what: str
) -> tuple[StepRecord, ...]:
    rows = np.broadcast_to(values, (len(records), len(names))).tolist()
    return tuple(
        replace(r, layers=(*map(lambda x, v: change(x, v, *what), r.layers, row), *r.layers[len(row) :]))
        for r, row in zip(records, rows, strict=True)
    )


def _set_statistic(layer: LayerSnapshot, value: float, signal: str, name: str) -> LayerSnapshot:
    return replace(layer, signals={**layer.signals, signal: replace(layer.signals[signal], **{name: value})})


def _set_health(layer: LayerSnapshot, value: float, name: str) -> LayerSnapshot:
    known = getattr(layer.health, name) is not None
    return replace(layer, health=replace(layer.health, **{name: value})) if known else layer


def _set_updates(record: StepRecord, ratios: tuple[float, ...]) -> StepRecord:
    return replace(record, pulses=tuple(replace(pulse, update_ratio=ratios) for pulse in record.pulses))


def make_sick(dead: float, error: float, snapshots: int = 4, **changed: Any) -> RunRecord:
    """A run of ReLUs with this share of dead units and of wrong answers, train and validation alike, from first to
    last; `changed` as for make_run."""
    run = make_patient(snapshots, **{"activation": "relu", "init": "kaiming_normal", "lr": 0.05} | changed)
    return with_numbers(run, metrics={"train_error": error, "val_error": error}, health={"dead": dead})


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
    metrics = Metrics(loss, loss / 3, 1.1 * loss, loss / 2.8)
    return StepRecord(10 * number, float(number), metrics, layers, clipping, _pulses(spec, number))


def _pulses(spec: RunSpec, number: int) -> tuple[Pulse, ...]:
    return (_pulse(spec, 10 * number - 5), _pulse(spec, 10 * number)) if number else ()


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
