"""What a run leaves behind: plain, immutable records, and the one read model that everything is drawn from.

A trainer yields StepRecords, the store keeps them, and figures, rules, exports and share pages see a RunRecord.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.spec import RunSpec

# In the order in which they are stored. Output layers have only the weight signals.
SIGNALS = ("activation", "backprop_gradient", "weight_gradient", "weight")
HIDDEN_ONLY = ("activation", "backprop_gradient")
STATISTICS = ("mean", "std", "abs_mean", "min", "max", "p02", "p98", "norm")
HEALTH = ("saturated", "dead", "update_ratio", "jacobian", "jacobian_se")


@dataclass(frozen=True, slots=True)
class Histogram:
    """`counts` (bins,) of values in equal bins over [lo, hi], the last one closed."""

    lo: float
    hi: float
    counts: NDArray[np.integer[Any]]

    @property
    def edges(self) -> NDArray[np.float64]:
        """(bins + 1,) in the signal's own unit."""
        return np.linspace(self.lo, self.hi, len(self.counts) + 1)

    @property
    def centers(self) -> NDArray[np.float64]:
        return (self.edges[:-1] + self.edges[1:]) / 2

    @property
    def density(self) -> NDArray[np.float64]:
        """(bins,) probability per unit of the signal; integrates to 1, all zeros where nothing was counted."""
        total = self.counts.sum()
        width = (self.hi - self.lo) / len(self.counts)
        return self.counts / (total * width) if total else np.zeros(len(self.counts))


@dataclass(frozen=True, slots=True)
class SignalSummary:
    """One signal of one layer at one step, over all its finite values; `nonfinite` counts the others.

    Population standard deviation (ddof 0); `norm` is the Euclidean norm. Every statistic is NaN where no value
    was finite.
    """

    mean: float
    std: float
    abs_mean: float
    min: float
    max: float
    p02: float
    p98: float
    norm: float
    nonfinite: int
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class Health:
    """Hidden layers only. A value is None where it has no meaning (see design: saturated, dead, update_ratio,
    jacobian and its standard error)."""

    saturated: float | None = None
    dead: float | None = None
    update_ratio: float | None = None
    jacobian: float | None = None
    jacobian_se: float | None = None


class StoredSignals(Mapping[str, SignalSummary]):
    """Signals by name, whose numbers and histograms can be had without making a summary of each."""

    __slots__ = ()

    @abstractmethod
    def number(self, signal: str, name: str) -> float:
        """One statistic (or `nonfinite`) of one signal."""

    @abstractmethod
    def histogram(self, signal: str) -> Histogram:
        """That of one signal."""


@dataclass(frozen=True, slots=True)
class LayerSnapshot:
    """All signals of one layer at one step.

    `extras` are what only some runs have: `unit_norms` (units,), the Euclidean norm of each unit's incoming weights,
    with max-norm; `piece_shares` (units, pieces), how often each piece is the largest, with maxout.
    """

    layer: str
    signals: Mapping[str, SignalSummary]
    health: Health = Health()
    extras: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def number(self, signal: str, name: str) -> float:
        """One statistic (or `nonfinite`) of one signal."""
        if isinstance(self.signals, StoredSignals):
            return self.signals.number(signal, name)
        return float(getattr(self.signals[signal], name))

    def histogram(self, signal: str) -> Histogram:
        """That of one signal."""
        if isinstance(self.signals, StoredSignals):
            return self.signals.histogram(signal)
        return self.signals[signal].histogram


@dataclass(frozen=True, slots=True)
class Metrics:
    """Mean loss and share of wrong answers, with dropout off, on the fixed part of the train set and on the whole
    validation set."""

    train_loss: float
    train_error: float
    val_loss: float
    val_error: float


@dataclass(frozen=True, slots=True)
class Clipping:
    """Of the steps since the last snapshot: the mean norm of the gradient of all trained parameters before and after
    clipping, and the share of steps that were clipped."""

    norm_before: float
    norm_after: float
    clipped: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """What step number `step` had at hand, without a monitoring pass; one value per layer, bottom up.

    `gradient_norm` is ‖∂C/∂W‖ on the step's batch, after clipping. `update_ratio` is ‖ΔW‖/‖W‖ over the first units of
    the layer (see trainer.PULSE_UNITS), 0 for a frozen layer.
    """

    step: int
    gradient_norm: tuple[float, ...]
    update_ratio: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One snapshot: the metrics and every layer, after `step` updates. `layers` is empty with monitoring off.

    `clipping` is None where nothing is clipped and at step 0; `pulses` are those since the last snapshot.
    """

    step: int
    epoch: float
    metrics: Metrics
    layers: tuple[LayerSnapshot, ...] = ()
    clipping: Clipping | None = None
    pulses: Sequence[Pulse] = ()

    @property
    def nonfinite(self) -> int:
        """How many values of its layers and of its losses are infinite or not a number."""
        losses = (self.metrics.train_loss, self.metrics.val_loss)
        values = sum(layer.number(signal, "nonfinite") for layer in self.layers for signal in layer.signals)
        return int(values) + sum(not math.isfinite(loss) for loss in losses)


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` updates were made, and all that was measured until then was told. `checkpoint()` is what to go on from
    after this step (an ml.checkpoint.Checkpoint), if it is called before the next record is asked for."""

    step: int
    checkpoint: Callable[[], Any] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """What the trained net says of each validation example when dropout stays on (Gal & Ghahramani, 2016).

    Over the passes: `mean` and `std` (examples, classes) of the probability of each class. `entropy` (examples,) of
    the mean, in nats: 0 is certain, ln(classes) knows nothing. `labels` (examples,). `extremes` (2 k,) are the numbers
    of the k examples of least entropy, the least first, then of the k of most, the most first; `pictures`
    (2 k, features) are their inputs as fed to the net.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    entropy: NDArray[np.float32]
    labels: NDArray[np.int64]
    extremes: NDArray[np.int64]
    pictures: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trained:
    """The end of a run: what an independent program needs to compute the last snapshot again.

    `weights` maps `hidden1.weight` (out, in), `hidden1.bias` (out,), ..., `output.bias` to float32 arrays. A
    convolution's weight is (out, in, 3, 3), a maxout layer's (units x pieces, in), the pieces of a unit next to each
    other; `hidden1_norm.weight`, `.bias`, `.running_mean` and `.running_var` are batch normalisation's.
    `monitor_inputs` (N, inputs) float32 as fed to the net; `monitor_labels` (N,) int64.
    """

    weights: dict[str, NDArray[np.float32]]
    monitor_inputs: NDArray[np.float32]
    monitor_labels: NDArray[np.int64]
    monte_carlo: MonteCarlo | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as everybody reads it: its spec, where it stands, and its snapshots in the order of their steps.

    Times are seconds since 1970 (UTC). `attempt` counts how often a worker has begun it, the last time after step
    `resumed_step`. `monte_carlo` is there once a run with `mc_passes` has finished. `colour` is the number of the
    colour that the run keeps wherever it is drawn. A repair of the run `repair_of` is to cure what the rule
    `repair_rule` found; a run of a mystery is shown by that alone; a run of a lab is one seed of its `arm`. Where
    students sign in, `owner_id` launched it, by the name of `owner`, and it is `shown` to the others or not. Of the
    runs that wait the lowest `turn` comes next.
    """

    id: str
    spec: RunSpec
    status: str = "queued"
    step: int = 0
    attempt: int = 0
    resumed_step: int = 0
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    error: str | None = None
    colour: int = 0
    experiment_id: str | None = None
    repair_of: str | None = None
    repair_rule: str | None = None
    mystery_id: str | None = None
    arm: str | None = None
    owner_id: str | None = None
    owner: str | None = None
    shown: bool = False
    turn: int = 1
    snapshots: tuple[StepRecord, ...] = field(default=(), repr=False)
    monte_carlo: MonteCarlo | None = field(default=None, repr=False)

    @property
    def steps(self) -> list[int]:
        return [snapshot.step for snapshot in self.snapshots]

    @property
    def epochs(self) -> list[float]:
        return [snapshot.epoch for snapshot in self.snapshots]

    @property
    def diverged_at(self) -> StepRecord | None:
        """The first snapshot with a value that is not finite."""
        return next((snapshot for snapshot in self.snapshots if snapshot.nonfinite), None)

    def layers_with(self, signal: str) -> tuple[str, ...]:
        """Names of the layers that have this signal ("health" counts as one), bottom up."""
        hidden_only = signal in HIDDEN_ONLY or signal == "health"
        return self.spec.hidden_layers if hidden_only else self.spec.layers

    def statistic(self, signal: str, name: str) -> NDArray[np.float64]:
        """(snapshots, layers) of one statistic (or `nonfinite`) of one signal."""
        depth = len(self.layers_with(signal))
        rows = [[x.number(signal, name) for x in s.layers[:depth]] for s in self.snapshots]
        return np.array(rows, dtype=np.float64).reshape(len(self.snapshots), depth)

    def health(self, name: str) -> NDArray[np.float64]:
        """(snapshots, hidden layers) of one health value; NaN where it has no meaning."""
        depth = len(self.spec.hidden_layers)
        values = [[getattr(x.health, name) for x in s.layers[:depth]] for s in self.snapshots]
        rows = [[math.nan if value is None else value for value in row] for row in values]
        return np.array(rows, dtype=np.float64).reshape(len(self.snapshots), depth)

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """What was noted between the snapshots, in the order of the steps."""
        return tuple(pulse for snapshot in self.snapshots for pulse in snapshot.pulses)

    def metric(self, name: str) -> list[float]:
        return [getattr(snapshot.metrics, name) for snapshot in self.snapshots]

    def nearest(self, step: int | None) -> StepRecord | None:
        """The snapshot at this step or the last one before it; the latest for None; None where there is none."""
        if not self.snapshots:
            return None
        earlier = [s for s in self.snapshots if step is not None and s.step <= step]
        return earlier[-1] if earlier else self.snapshots[0 if step is not None else -1]
