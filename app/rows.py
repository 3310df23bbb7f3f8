"""Between the rows of the database and the records of ml: what a column means, in one place."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from sqlalchemy import Row

from app.models import Run, Snapshot
from app.packing import Pulses, pack, pack_pulses, unpack
from ml.records import (
    HEALTH,
    HIDDEN_ONLY,
    SIGNALS,
    Clipping,
    Health,
    LayerSnapshot,
    Metrics,
    MonteCarlo,
    RunRecord,
    StepRecord,
)
from ml.spec import RunSpec
from ml.words import Words

LAYER_COLUMNS = ("position", "extras", *HEALTH, "data")
METRICS = ("train_loss", "train_error", "val_loss", "val_error")
OUTPUT_SIGNALS = tuple(signal for signal in SIGNALS if signal not in HIDDEN_ONLY)


def run_record(run: Run) -> RunRecord:
    """The run without its snapshots."""
    return RunRecord(
        id=run.id, spec=RunSpec.stored(run.spec), status=run.status, step=run.step, attempt=run.attempt,
        created=run.created, started=run.started, finished=run.finished, error=read_reason(run.error),
        colour=run.colour or 0, experiment_id=run.experiment_id, repair_of=run.repair_of,
        repair_rule=run.repair_rule, mystery_id=run.mystery_id, arm=run.arm, resumed_step=run.resumed_step,
        owner_id=run.owner_id, owner=run.owner.name if run.owner else None, shown=run.shown, turn=run.turn,
    )  # fmt: skip


def reason_text(reason: str) -> str:
    """The column of a reason: what was said in Words as JSON, so that each reader is told in their own language."""
    return json.dumps(_parts(reason)) if isinstance(reason, Words) else reason


def _parts(words: Words) -> dict[str, Any]:
    values = {name: _parts(value) if isinstance(value, Words) else value for name, value in words.values.items()}
    return {"template": words.template, "plural": words.plural, "values": values}


def read_reason(text: str | None) -> str | None:
    return _words(json.loads(text)) if text and text.startswith('{"template": ') else text


def _words(parts: dict[str, Any]) -> Words:
    values = {name: _words(value) if isinstance(value, dict) else value for name, value in parts["values"].items()}
    return Words(parts["template"], parts["plural"], **values)


def step_records(joined: Sequence[Row[Any]], spec: RunSpec) -> Iterator[StepRecord]:
    """Snapshots, from their rows joined with LAYER_COLUMNS of each of their layers (nulls, where they have none), in
    order."""
    names = spec.layers
    layers = _layers([row[-len(LAYER_COLUMNS) :] for row in joined if row[-1] is not None], names)
    for _, same in groupby(joined, key=attrgetter("step")):
        first, *others = same
        mine = tuple(islice(layers, 0 if first[-1] is None else 1 + len(others)))
        pulses = Pulses(first.pulses, len(names)) if first.pulses else ()
        yield StepRecord(first.step, first.epoch, metrics(first), mine, _clipping(first), pulses)


def metrics(row: Snapshot | Row[Any]) -> Metrics:
    return Metrics(*(_number(getattr(row, name)) for name in METRICS))


def _clipping(row: Row[Any]) -> Clipping | None:
    """A share is always a number, so NULL says that nothing was clipped."""
    if row.clipped is None:
        return None
    return Clipping(_number(row.norm_before), _number(row.norm_after), row.clipped)


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def snapshot_row(run_id: str, record: StepRecord) -> dict[str, Any]:
    nothing = dict.fromkeys(("norm_before", "norm_after", "clipped"))
    values = asdict(record.metrics) | (asdict(record.clipping) if record.clipping else nothing)
    pulses = pack_pulses(record.pulses) if record.pulses else None
    return {"run_id": run_id, "step": record.step, "epoch": record.epoch, "pulses": pulses, **_nulls(values)}


def layer_rows(run_id: str, record: StepRecord) -> list[dict[str, Any]]:
    return [
        {
            "run_id": run_id, "step": record.step, "position": position, "data": pack(x.signals),
            "extras": save_tensors(x.extras) if x.extras else None, **_nulls(asdict(x.health)),
        }
        for position, x in enumerate(record.layers)
    ]  # fmt: skip


def _nulls(values: dict[str, float | None]) -> dict[str, float | None]:
    """NULL in place of NaN, as SQLite has it by itself: the same on every database."""
    return {name: None if value is None or math.isnan(value) else value for name, value in values.items()}


def monte_carlo(file: bytes) -> MonteCarlo:
    """From its artifact, as app.training writes it."""
    return MonteCarlo(**load_tensors(file))


def _layers(rows: Sequence[Sequence[Any]], names: tuple[str, ...]) -> Iterator[LayerSnapshot]:
    """From LAYER_COLUMNS, in the order of the rows. Those of a kind are unpacked together."""
    last = len(names) - 1
    hidden = iter(unpack([data for position, *_, data in rows if position < last], SIGNALS))
    output = iter(unpack([data for position, *_, data in rows if position == last], OUTPUT_SIGNALS))
    for position, extras, *health, _ in rows:
        signals = next(hidden if position < last else output)
        yield LayerSnapshot(names[position], signals, Health(*health), load_tensors(extras) if extras else {})
