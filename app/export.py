"""The whole run as a zip, so that an independent program can check it."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from app.answers import histograms_of, metrics_of
from ml.records import HEALTH, SIGNALS, STATISTICS, RunRecord


def export_zip(run: RunRecord, files: dict[str, bytes]) -> bytes:
    """spec.json, metrics.csv, layers.csv, health.csv and histograms.npz of the run, and the files it left."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("spec.json", json.dumps(run.spec.model_dump(mode="json"), indent=2, ensure_ascii=False))
        archive.writestr("metrics.csv", _metrics_csv(run))
        archive.writestr("layers.csv", _layers_csv(run))
        archive.writestr("health.csv", _health_csv(run))
        archive.writestr("histograms.npz", _histograms_npz(run))
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _metrics_csv(run: RunRecord) -> str:
    columns = metrics_of(run)
    return _csv(list(columns), zip(*columns.values(), strict=True))


def _layers_csv(run: RunRecord) -> str:
    names = (*STATISTICS, "nonfinite")
    rows = (
        [signal, layer.layer, snapshot.step, snapshot.epoch, *(getattr(layer.signals[signal], n) for n in names)]
        for signal in SIGNALS
        for snapshot in run.snapshots
        for layer in snapshot.layers
        if signal in layer.signals
    )
    return _csv(["signal", "layer", "step", "epoch", *names], rows)


def _health_csv(run: RunRecord) -> str:
    rows = (
        [layer.layer, snapshot.step, snapshot.epoch, *(getattr(layer.health, name) for name in HEALTH)]
        for snapshot in run.snapshots
        for layer in snapshot.layers[: len(run.spec.hidden)]
    )
    return _csv(["layer", "step", "epoch", *HEALTH], rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _histograms_npz(run: RunRecord) -> bytes:
    arrays: dict[str, Any] = {}
    for signal in SIGNALS:
        found = histograms_of(run, signal)
        arrays |= {f"{signal}_{name}": found[name] for name in ("counts", "lo", "hi")}
        arrays[f"{signal}_steps"] = np.array(run.steps, dtype=np.int64)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()
