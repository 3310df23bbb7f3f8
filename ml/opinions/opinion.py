"""What a tool tests, and what it says of a run."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ml.catalog import Floats
from ml.rules.evidence import Evidence
from ml.rules.finding import place, share
from ml.words import Words, plural, words

Says = Literal["alarm", "silent", "untold", "untested"]

TOOLS = {
    "SM": "SageMaker Debugger", "AT": "AutoTrainer", "DC": "TheDeepChecker", "DD": "DeepDiagnosis", "NS": "NeuroScope",
}  # fmt: skip

_COMPARES: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "≥": operator.ge, "<": operator.lt, "≤": operator.le,
}  # fmt: skip


@dataclass(frozen=True)
class Opinion:
    """How a tool judges the run's numbers by its own test: `formula` is its quantity, `value` what the run's record
    gives for it (NaN where it gives none), `threshold` where it alarms ("> 0.1 / 0.3": warns / alarms).

    untold: what is stored can't decide. untested: it has no test of this, or none for such a network.
    """

    tool: str
    name: str
    formula: str
    value: float
    threshold: str
    says: Says
    why: Words


@dataclass(frozen=True)
class Measured:
    """A tool's quantity lies between `low` and `high`, which are equal where the record has it exactly and NaN where
    it has nothing of it. Of a quantity of layers it is that of the worst, `layer`. `excused`: why the tool keeps
    silent although it is out of bounds."""

    low: float
    high: float
    layer: str | None = None
    excused: Words | None = None


@dataclass(frozen=True)
class Check:
    """One quantity that a tool looks at, and where it complains: `sign` threshold. `measure` takes the quantity from
    the evidence, None where the tool does not look at networks of this kind. Past `severe`, which is
    beyond `threshold`, a warning is an alarm. It takes `needs` snapshots."""

    formula: str
    sign: str
    threshold: float
    measure: Callable[[Evidence], Measured | None]
    severe: float | None = None
    needs: int = 1

    def opinion(self, tool: str, evidence: Evidence) -> Opinion:
        value, says, why = self._told_by(evidence)
        return Opinion(tool, TOOLS[tool], self.formula, value, self._limit_text, says, why)

    @property
    def _limit_text(self) -> str:
        more = "" if self.severe is None else f" / {self.severe:g}"
        return f"{self.sign} {self.threshold:g}{more}"

    def _told_by(self, evidence: Evidence) -> tuple[float, Says, Words]:
        if len(evidence.snapshots) < self.needs:
            return math.nan, "untold", _too_few(self.needs)
        found = self.measure(evidence)
        return self._judge(found) if found else (math.nan, "untested", _OTHER_NETWORK)

    def _judge(self, found: Measured) -> tuple[float, Says, Words]:
        mild, bad = (found.low, found.high) if self.sign in ">≥" else (found.high, found.low)
        if math.isnan(mild):
            return math.nan, "untold", _NOT_STORED
        if not self._crossed(bad):
            return bad, "silent", _WITHIN if found.low == found.high else _range_text(found)
        if found.excused is not None:
            return mild, "silent", found.excused
        if self._crossed(mild):
            return mild, "alarm", self._alarm_text(mild, found)
        return math.nan, "untold", _range_text(found)

    def _crossed(self, value: float) -> bool:
        return _COMPARES[self.sign](value, self.threshold)

    def _alarm_text(self, value: float, found: Measured) -> Words:
        if self.severe is not None and not _COMPARES[self.sign](value, self.severe):
            return words("It warns and does not alarm.")
        if found.layer is None:
            return words("Its limit is crossed.")
        return words("Its limit is crossed, most of all in {layer}.", layer=place(found.layer))


_NONE = words("It has no such test among those compared here.")
_OTHER_NETWORK = words("Its test is for another kind of network.")
_NOT_STORED = words("The run's record does not hold what this takes.")
_WITHIN = words("Its limit is not reached.")


def _too_few(needs: int) -> Words:
    return plural("It takes {count} snapshot.", "It takes {count} snapshots.", needs)


def _range_text(found: Measured) -> Words:
    if math.isinf(found.low):
        return words("By what is stored it is {high:.3g} at most.", high=found.high)
    return words("By what is stored it lies between {low:.3g} and {high:.3g}.", low=found.low, high=found.high)


def untested(tool: str) -> Opinion:
    return Opinion(tool, TOOLS[tool], "", math.nan, "", "untested", _NONE)


def exactly(value: float, layer: str | None = None, excused: Words | None = None) -> Measured:
    return Measured(value, value, layer, excused)


UNKNOWN = exactly(math.nan)


def largest(evidence: Evidence, values: Floats, at_most: Floats | None = None) -> Measured:
    """The largest of (layers,) values, each of which may be as large as `at_most`; NaN for layers that don't count."""
    if np.isnan(values).all():
        return UNKNOWN
    high = values if at_most is None else at_most
    return Measured(float(np.nanmax(values)), float(np.nanmax(high)), evidence.spec.layers[int(np.nanargmax(high))])


def smallest(evidence: Evidence, values: Floats) -> Measured:
    """The smallest of (layers,) values; NaN for layers that don't count."""
    if np.isnan(values).all():
        return UNKNOWN
    return exactly(float(np.nanmin(values)), evidence.spec.layers[int(np.nanargmin(values))])


REACHED = 0.7  # AutoTrainer's Θ: who has answered so many right has converged


def converged(evidence: Evidence) -> bool:
    """By AutoTrainer's notion: both accuracies were once that good."""
    return all(float(evidence.metric(name).min()) <= 1 - REACHED for name in ("train_error", "val_error"))


def if_not_converged(measure: Callable[[Evidence], Measured | None]) -> Callable[[Evidence], Measured | None]:
    """AutoTrainer accuses of this no run that has converged."""

    def excusing(evidence: Evidence) -> Measured | None:
        found = measure(evidence)
        if found is None or not converged(evidence):
            return found
        best = share(1 - float(evidence.metric("val_error").min()))
        text = words(
            "It accuses of this no run that has given {limit} right answers, and this one has given {best}.",
            limit=share(REACHED), best=best,
        )  # fmt: skip
        return replace(found, excused=text)

    return excusing
