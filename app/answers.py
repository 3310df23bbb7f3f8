"""What the JSON routes answer: the shapes for the OpenAPI document, and the functions that fill them from a run."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
from fastapi import Response
from pydantic import BaseModel, Field

from ml.records import HEALTH, STATISTICS, RunRecord
from ml.spec import RunSpec

Number = float | None  # null: not a finite number, or without meaning


class Json(Response):
    """JSON by orjson: ten times faster than the default on arrays; NaN and infinity become null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


class Problem(BaseModel):
    """One field of a request that is wrong."""

    field: str = Field(examples=["lr"])
    message: str = Field(examples=["must be greater than 0 and at most 1000 (got 0)"])
    fix: str = Field(examples=["for example 0.001"])


class Problems(BaseModel):
    detail: list[Problem]


class Detail(BaseModel):
    """What went wrong."""

    detail: str


class ProgressOut(BaseModel):
    step: int
    steps: int
    epoch: float


class RunOut(BaseModel):
    """A run. `seconds_left` and `queue_place` are null where they mean nothing."""

    id: str
    name: str
    status: str = Field(description="queued, running, finished, failed or cancelled")
    url: str = Field(description="Its page")
    spec: RunSpec
    progress: ProgressOut
    attempt: int = Field(description="How often a worker has begun it")
    created: datetime
    started: datetime | None
    finished: datetime | None
    error: str | None


class RunList(BaseModel):
    runs: list[RunOut]
    cursor: str | None = Field(description="Give it back to get the next page; null on the last one")


class MetricsOut(BaseModel):
    """One entry per snapshot. Errors are fractions."""

    step: list[int]
    epoch: list[float]
    train_loss: list[Number]
    train_error: list[Number]
    val_loss: list[Number]
    val_error: list[Number]


class PerLayer(BaseModel):
    """The heads of the columns and rows of [snapshot][layer]."""

    signal: str
    layers: list[str]
    steps: list[int]


class LayersOut(PerLayer):
    """One signal of every layer that has it: [snapshot][layer]."""

    epochs: list[float]
    mean: list[list[Number]]
    std: list[list[Number]]
    abs_mean: list[list[Number]]
    min: list[list[Number]]
    max: list[list[Number]]
    p02: list[list[Number]]
    p98: list[list[Number]]
    norm: list[list[Number]]
    nonfinite: list[list[int]]


class HealthOut(PerLayer):
    """The health of every hidden layer: [snapshot][layer]; null where a value has no meaning."""

    epochs: list[float]
    saturated: list[list[Number]]
    dead: list[list[Number]]
    update_ratio: list[list[Number]]
    jacobian: list[list[Number]]
    jacobian_se: list[list[Number]]


class HistogramsOut(PerLayer):
    """Equal bins over [lo, hi], the last one closed: lo and hi are [snapshot][layer], counts [snapshot][layer][bin]."""

    lo: list[list[float]]
    hi: list[list[float]]
    counts: list[list[list[int]]]


class FigureOut(BaseModel):
    """A Plotly figure."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class ShareOut(BaseModel):
    """A share link; the link itself is told once, when it is made."""

    id: str
    created: datetime
    expires: datetime | None


class NewShare(BaseModel):
    id: str
    url: str = Field(description="Relative, unless PUBLIC_URL is set", examples=["/s/q7…"])
    link: str = Field(description="The whole address, to be sent", examples=["http://localhost:8000/s/q7…"])
    expires: datetime | None


class ProcessOut(BaseModel):
    role: str = Field(description="web, worker or trainer")
    pid: int
    run: str | None = Field(description="The run it is on")


class HealthzOut(BaseModel):
    status: str
    queued: int
    running: int
    workers: int
    processes: list[ProcessOut] | None = Field(None, description="Only when asked from this machine")


def moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def run_out(run: RunRecord) -> RunOut:
    created = moment(run.created)
    assert created is not None
    return RunOut(
        id=run.id, name=run.spec.title, status=run.status, url=f"/runs/{run.id}", spec=run.spec,
        progress=ProgressOut(step=run.step, steps=run.spec.steps, epoch=run.step / run.spec.steps_in_epoch),
        attempt=run.attempt, created=created, started=moment(run.started), finished=moment(run.finished),
        error=run.error,
    )  # fmt: skip


def metrics_of(run: RunRecord) -> dict[str, Any]:
    names = ("train_loss", "train_error", "val_loss", "val_error")
    return {"step": run.steps, "epoch": run.epochs, **{name: run.metric(name) for name in names}}


def layers_of(run: RunRecord, signal: str) -> dict[str, Any]:
    head = {"signal": signal, "layers": run.layers_with(signal), "steps": run.steps, "epochs": run.epochs}
    if signal == "health":
        return head | {name: run.health(name) for name in HEALTH}
    statistics = {name: run.statistic(signal, name) for name in STATISTICS}
    return head | statistics | {"nonfinite": run.statistic(signal, "nonfinite").astype(np.int64)}


def histograms_of(run: RunRecord, signal: str) -> dict[str, Any]:
    """Arrays: lo and hi (snapshots, layers), counts (snapshots, layers, bins)."""
    layers = run.layers_with(signal)
    rows = [[x.signals[signal].histogram for x in s.layers[: len(layers)]] for s in run.snapshots]
    shape = (len(rows), len(layers))
    return {
        "signal": signal,
        "layers": layers,
        "steps": run.steps,
        "lo": np.array([[h.lo for h in row] for row in rows], dtype=np.float64).reshape(shape),
        "hi": np.array([[h.hi for h in row] for row in rows], dtype=np.float64).reshape(shape),
        "counts": np.array([[h.counts for h in row] for row in rows], dtype=np.int64).reshape(*shape, run.spec.bins),
    }
