"""What the rules look at: a run's numbers as arrays, each computed once, up to where they cease to be finite."""

import math
from functools import cached_property

import numpy as np

from ml.catalog import DATASETS, Floats
from ml.records import RunRecord, StepRecord
from ml.shapeset import SHARES
from ml.spec import RunSpec

LEARNED = 0.9  # the skill from which on a run learns well: of ten classes, 9 % wrong
LOOKS = 3  # snapshots, whose median counts: one lucky or unlucky look does not


class Evidence:
    """Arrays have a row for each of the `snapshots` before the first with a value that is not finite."""

    def __init__(self, run: RunRecord) -> None:
        self.run, self.spec = run, run.spec
        self._finite = next((i for i, s in enumerate(run.snapshots) if s.nonfinite), len(run.snapshots))

    @property
    def snapshots(self) -> tuple[StepRecord, ...]:
        return self.run.snapshots[: self._finite]

    @property
    def diverged_at(self) -> StepRecord | None:
        """The first snapshot with a value that is not finite."""
        return self.run.snapshots[self._finite] if self._finite < len(self.run.snapshots) else None

    def patience(self, wished: int) -> int:
        """Whoever diverges after one snapshot won't have three."""
        return max(1, min(wished, self._finite)) if self.diverged_at else wished

    def step(self, index: int) -> int:
        return self.run.snapshots[index].step

    # --- how well it learns ---

    @cached_property
    def guess_error(self) -> float:
        """Share of wrong answers of whoever always names the most frequent class."""
        return 1 - float(_class_shares(self.spec).max())

    @cached_property
    def guess_loss(self) -> float:
        """The least loss of an answer that is the same for every image: the entropy of the classes, in nats, or,
        quadratic, ½ Σ (p − y)². For K equally frequent ones ln K and ½ (1 − 1/K)."""
        shares = _class_shares(self.spec)
        if self.spec.loss == "cross_entropy":
            return float(-(shares * np.log(shares)).sum())
        return float(1 - (shares**2).sum()) / 2

    @cached_property
    def skill(self) -> float:
        """How far the run has come from guessing, 0, to no error, 1, by the train error of its last snapshots; 0 where
        it has diverged."""
        if self.diverged_at or not self._finite:
            return 0.0
        return 1 - float(np.median(self.metric("train_error")[-LOOKS:])) / self.guess_error

    def metric(self, name: str) -> Floats:
        """(snapshots,)"""
        return np.array(self.run.metric(name)[: self._finite])

    # --- its layers ---

    def statistic(self, signal: str, name: str) -> Floats:
        """(snapshots, layers that have the signal)"""
        return self.run.statistic(signal, name)[: self._finite]

    @cached_property
    def gradient(self) -> Floats:
        """(snapshots, hidden layers) standard deviation of N · ∂C/∂s."""
        return self.statistic("backprop_gradient", "std")

    def health(self, name: str) -> Floats:
        """(snapshots, hidden layers)"""
        return self.run.health(name)[: self._finite]

    @cached_property
    def flat(self) -> Floats:
        """(snapshots, hidden layers) share of units x examples on the flat side of a bounded activation."""
        return np.where(self._bounded, self.health("saturated"), np.nan)

    @cached_property
    def dead(self) -> Floats:
        """(snapshots, hidden layers) share of the units of an activation without an upper bound that are switched off
        for every example."""
        return np.where(self._bounded, np.nan, self.health("dead"))

    @property
    def _bounded(self) -> list[bool]:
        return [activation.range is not None for activation in self.spec.activations]

    @cached_property
    def updates(self) -> Floats:
        """(snapshots after step 0, layers) ‖ΔW‖ / ‖W‖: the median of what was noted since the snapshot before, or that
        of the step just taken, which the output layer has not."""
        rows = [self._updates(snapshot) for snapshot in self.snapshots[1:]]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.spec.layers))

    def _updates(self, snapshot: StepRecord) -> Floats:
        if snapshot.pulses:
            noted: Floats = np.median([pulse.update_ratio for pulse in snapshot.pulses], axis=0)
            return noted
        taken = [layer.health.update_ratio for layer in snapshot.layers]
        return np.array([math.nan if ratio is None else ratio for ratio in taken])


def _class_shares(spec: RunSpec) -> Floats:
    """How frequent each class of the spec is; the only stream that is not counted is Shapeset-3×2."""
    counts = np.array(DATASETS[spec.dataset].train_counts or SHARES.tolist())
    chosen = counts[list(spec.classes or range(len(counts)))]
    shares: Floats = chosen / chosen.sum()
    return shares
