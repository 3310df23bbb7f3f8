"""The shapes of what the JSON routes answer, and of what they are sent, for the OpenAPI document."""

import time
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, field_validator

from app.sharing import LONGEST
from ml.fields import wrong
from ml.spec import RunSpec

Number = float | None  # null: not a finite number, or without meaning


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


# What a route that launches runs answers where they can't be had, not now, or where there is no room for them.
LAUNCH: dict[int | str, dict[str, Any]] = {422: {"model": Problems}, 429: {"model": Detail}, 507: {"model": Detail}}


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
    error: str | None = Field(description="Why it failed, in the language of the request")
    repair_of: str | None = Field(description="Id of the run that it is to cure")
    repair_rule: str | None = Field(description="Whose finding there it is to cure")
    arm: str | None = Field(description="Of a lab's run: which of its networks it is")
    owner: str | None = Field(description="Who launched it, where students sign in")
    shown: bool = Field(description="Whether everybody who signs in may look at it")


class ShownIn(BaseModel):
    shown: bool = Field(strict=True, description="To everybody who signs in, or to nobody but the owner and teachers")


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


class ClippingOut(BaseModel):
    """Of the steps before each snapshot: mean norm of the gradient before and after clipping, share of clipped ones."""

    steps: list[int]
    norm_before: list[Number]
    norm_after: list[Number]
    clipped: list[float]


class PerUnitOut(BaseModel):
    """[snapshot][layer][unit], or [snapshot][layer][unit][piece]; a layer's list is empty where it has none."""

    layers: list[str]
    steps: list[int]
    values: list[list[list[Any]]]


class PulsesOut(BaseModel):
    """What every tenth step or so had at hand: [step][layer]."""

    layers: list[str]
    steps: list[int]
    gradient_norm: list[list[Number]]
    update_ratio: list[list[Number]]


class MonteCarloOut(BaseModel):
    """Predicted probabilities of each validation example over passes with dropout on: [example][class]."""

    passes: int
    classes: list[str]
    labels: list[int]
    mean: list[list[Number]]
    std: list[list[Number]]
    entropy: list[Number]
    most_certain: list[int] = Field(description="Numbers of the examples of least entropy, the least first")
    least_certain: list[int] = Field(description="Numbers of the examples of most entropy, the most first")
    shape: tuple[int, int, int] = Field(description="Channels, height and width of a picture")
    pictures: list[list[float]] = Field(description="Inputs of the most certain, then of the least certain ones")


class ExtrasOut(BaseModel):
    """What only some runs have."""

    clipping: ClippingOut | None = Field(description="With clip")
    unit_norms: PerUnitOut | None = Field(description="With max_norm: norm of each unit's incoming weights")
    piece_shares: PerUnitOut | None = Field(description="With maxout: how often each piece of a unit is the largest")
    pulses: PulsesOut
    monte_carlo: MonteCarloOut | None = Field(description="With mc_passes, once it has finished")


class FigureOut(BaseModel):
    """A Plotly figure."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


class ShareOut(BaseModel):
    """A share link; the link itself is told once, when it is made."""

    id: str
    created: datetime
    expires: datetime | None


class ListedShareOut(ShareOut):
    """`ended` ones open nothing any more."""

    title: str = Field(description="Of the run or of the lab report that it opens")
    url: str = Field(description="Page of that, where it is shared")
    owner: str | None = Field(description="Whose that is, where students sign in")
    ended: bool


class ShareIn(BaseModel):
    """How long the link works: one of the two, or neither for one that works until it is revoked."""

    expires_in: int | None = Field(None, strict=True, gt=0, le=LONGEST, description="In seconds", examples=[86_400])
    expires: AwareDatetime | None = Field(None, description="A time in the future, within a year")

    @field_validator("expires")
    @classmethod
    def _within_a_year(cls, moment: datetime | None) -> datetime | None:
        if moment and not 0 < moment.timestamp() - time.time() <= LONGEST:
            raise wrong("must be in the future, and within a year", "for example expires_in = 86400, a day")
        return moment

    @property
    def ends(self) -> float | None:
        """In seconds since 1970."""
        if self.expires:
            return self.expires.timestamp()
        return time.time() + self.expires_in if self.expires_in else None


class NewShare(BaseModel):
    id: str
    url: str = Field(description="Relative, unless PUBLIC_URL is set", examples=["/s/q7…"])
    link: str = Field(description="The whole address, to be sent", examples=["http://localhost:8000/s/q7…"])
    expires: datetime | None
    qr: str = Field(description="The link as a QR code: an SVG element", examples=["<svg …"])


class ProcessOut(BaseModel):
    role: str = Field(description="web, worker or trainer")
    pid: int
    run: str | None = Field(description="The run it is on")


class HealthzOut(BaseModel):
    status: Literal["ok", "error"]
    database: Literal["ok", "unreachable"]
    queued: int | None
    running: int | None
    workers: int | None = Field(description="Worker processes that were seen lately")
    processes: list[ProcessOut] | None = Field(None, description="Only when asked from this machine")
