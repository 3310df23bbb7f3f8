"""Between the rows of the database and the records of ml: what a column means, in one place."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from app.models import Layer, Run, Snapshot
from app.packing import pack, unpack
from ml.records import HEALTH, HIDDEN_ONLY, SIGNALS, Health, LayerSnapshot, Metrics, RunRecord, StepRecord
from ml.spec import RunSpec

OUTPUT_SIGNALS = tuple(signal for signal in SIGNALS if signal not in HIDDEN_ONLY)


def run_record(run: Run) -> RunRecord:
    """The run without its snapshots."""
    return RunRecord(
        id=run.id, spec=RunSpec.model_validate_json(run.spec), status=run.status, step=run.step, attempt=run.attempt,
        created=run.created, started=run.started, finished=run.finished, error=run.error,
    )  # fmt: skip


def step_record(snapshot: Snapshot, layers: Iterable[Layer], spec: RunSpec) -> StepRecord:
    return StepRecord(snapshot.step, snapshot.epoch, metrics(snapshot), tuple(_layer(row, spec) for row in layers))


def metrics(row: Snapshot) -> Metrics:
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


def _layer(row: Layer, spec: RunSpec) -> LayerSnapshot:
    name = spec.layers[row.position]
    signals = unpack(row.data, OUTPUT_SIGNALS if name == "output" else SIGNALS)
    return LayerSnapshot(name, signals, Health(**{value: getattr(row, value) for value in HEALTH}))
