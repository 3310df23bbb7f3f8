"""Between the rows of the database and the records of ml: what a column means, in one place."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from app.models import Run, Snapshot
from app.packing import pack, unpack
from ml.records import HEALTH, HIDDEN_ONLY, SIGNALS, Health, LayerSnapshot, Metrics, RunRecord, StepRecord
from ml.spec import RunSpec

LAYER_COLUMNS = ("position", *HEALTH, "data")
OUTPUT_SIGNALS = tuple(signal for signal in SIGNALS if signal not in HIDDEN_ONLY)


def run_record(run: Run) -> RunRecord:
    """The run without its snapshots."""
    return RunRecord(
        id=run.id, spec=RunSpec.stored(run.spec), status=run.status, step=run.step, attempt=run.attempt,
        created=run.created, started=run.started, finished=run.finished, error=run.error,
    )  # fmt: skip


def step_record(joined: Sequence[Row[Any]], spec: RunSpec) -> StepRecord:
    """One snapshot, from its row joined with each of its layers' (with nulls, where it has none), in their order."""
    first = joined[0]
    layers = tuple(_layer(row, spec) for row in joined if row.data is not None)
    return StepRecord(first.step, first.epoch, metrics(first), layers)


def metrics(row: Snapshot | Row[Any]) -> Metrics:
    values = (row.train_loss, row.train_error, row.val_loss, row.val_error)
    return Metrics(*(math.nan if value is None else value for value in values))


def snapshot_row(run_id: str, record: StepRecord) -> dict[str, Any]:
    values = {name: None if math.isnan(value) else value for name, value in asdict(record.metrics).items()}
    return {"run_id": run_id, "step": record.step, "epoch": record.epoch, **values}


def layer_rows(run_id: str, record: StepRecord) -> list[dict[str, Any]]:
    return [
        {"run_id": run_id, "step": record.step, "position": position, "data": pack(x.signals), **asdict(x.health)}
        for position, x in enumerate(record.layers)
    ]


def _layer(row: Row[Any], spec: RunSpec) -> LayerSnapshot:
    name = spec.layers[row.position]
    signals = unpack(row.data, OUTPUT_SIGNALS if name == "output" else SIGNALS)
    return LayerSnapshot(name, signals, Health(**{value: getattr(row, value) for value in HEALTH}))
