"""The whole run as a zip, so that an independent program can check it."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from app.answers import Json, extras_of, histograms_of, metrics_of
from app.spreadsheets import write_csv
from ml.records import HEALTH, SIGNALS, STATISTICS, RunRecord

Table = Iterator[Sequence[Any]]  # the first row is the header


def export_zip(run: RunRecord, files: dict[str, bytes]) -> bytes:
    """spec.json, metrics.csv, layers.csv, health.csv, histograms.npz and extras.json of the run, and the files that it
    left."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spec.json", json.dumps(run.spec.model_dump(mode="json"), indent=2, ensure_ascii=False))
        for name, table in (("metrics", _metrics(run)), ("layers", _layers(run)), ("health", _health(run))):
            _write_csv(archive, f"{name}.csv", table)
        archive.writestr("histograms.npz", _histograms_npz(run))
        archive.writestr("extras.json", Json(extras_of(run)).body)
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _metrics(run: RunRecord) -> Table:
    columns = metrics_of(run)
    yield list(columns)
    yield from zip(*columns.values(), strict=True)


def _layers(run: RunRecord) -> Table:
    names = (*STATISTICS, "nonfinite")
    yield ["signal", "layer", "step", "epoch", *names]
    for signal in SIGNALS:
        for snapshot in run.snapshots:
            for layer in snapshot.layers:
                if summary := layer.signals.get(signal):
                    values = (getattr(summary, name) for name in names)
                    yield [signal, layer.layer, snapshot.step, snapshot.epoch, *values]


def _health(run: RunRecord) -> Table:
    yield ["layer", "step", "epoch", *HEALTH]
    for snapshot in run.snapshots:
        for layer in snapshot.layers[: run.spec.depth]:
            yield [layer.layer, snapshot.step, snapshot.epoch, *(getattr(layer.health, name) for name in HEALTH)]


def _write_csv(archive: zipfile.ZipFile, name: str, table: Table) -> None:
    """Row by row: the text of a long run takes more memory than the run."""
    with archive.open(name, "w") as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        write_csv(text, table, "\n")


def _histograms_npz(run: RunRecord) -> bytes:
    arrays: dict[str, Any] = {}
    for signal in SIGNALS:
        found = histograms_of(run, signal)
        arrays |= {f"{signal}_{name}": found[name] for name in ("counts", "lo", "hi")}
        arrays[f"{signal}_steps"] = np.array(run.steps, dtype=np.int64)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
