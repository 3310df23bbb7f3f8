"""What a rule is, and what it finds."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ml.catalog import Floats
from ml.rules.evidence import LEARNED, Evidence
from ml.words import Words, words

ALARM, WARNING = "alarm", "warning"

_SILENT = Words("")


@dataclass(frozen=True)
class Limit:
    """A quantity is out of bounds while it is `above` (or else below) `threshold`, and there is an alarm where that
    held throughout the last `patience` snapshots."""

    threshold: float
    above: bool = True
    patience: int = 1

    def crossed(self, values: Any) -> Any:
        """Of numbers or arrays; not a number never is."""
        return np.greater(values, self.threshold) if self.above else np.less(values, self.threshold)

    def held(self, values: Floats, patience: int) -> Floats:
        """What (snapshots, ...) values kept to throughout the last `patience` snapshots: the mildest of them, NaN where
        there are fewer snapshots or one is not a number."""
        if len(values) < patience:
            return np.full(values.shape[1:], np.nan)
        mildest = np.min if self.above else np.max
        kept: Floats = mildest(values[-patience:], axis=0)
        return kept

    @staticmethod
    def until_largest(values: Floats, patience: int) -> int:
        """How many of the (snapshots,) values there are up to the end of those `patience` in a row that were largest
        throughout; all, where there are fewer."""
        if len(values) < patience:
            return len(values)
        held = sliding_window_view(np.nan_to_num(values, nan=-np.inf), patience).min(axis=1)
        return patience + int(held.argmax())

    def worst(self, values: Floats) -> int:
        """The index of the value that is most out of bounds; NaN is none."""
        return int(np.nanargmax(values) if self.above else np.nanargmin(values))

    def began(self, values: Floats) -> int:
        """The index of the first of the last snapshots, all of which are out of bounds."""
        crossed = np.atleast_1d(self.crossed(values))
        return len(crossed) - int(np.argmin(crossed[::-1])) if not crossed.all() else 0


@dataclass(frozen=True)
class Reading:
    """What a rule reads from a run: its quantity, NaN where the run has not (yet) what it takes.

    `layers` are those that are out of bounds, bottom up, `layer` the worst of them; `step` is the first one of the
    snapshots for which this holds, None for what is wrong before any. `text` says it with the run's numbers. A rule
    that looks at several quantities names the `limit` and the `formula` of the one it reports.
    """

    value: float
    layer: str | None = None
    layers: tuple[str, ...] = ()
    step: int | None = None
    text: Words = _SILENT
    limit: Limit | None = None
    formula: str = ""


@dataclass(frozen=True)
class Rule:
    """`read` takes the quantity from the evidence; its docstring is the explanation that the page shows. `formula` is
    the quantity in the field's notation, `topic` the subject of the lecture, `figure` the one that shows it (empty for
    rules of the spec). Whatever the quantity is, the rule is silent from the skill `silent_from` on."""

    name: str
    title: str
    severity: str
    limit: Limit
    formula: str
    topic: str
    read: Callable[[Evidence, Limit], Reading]
    figure: str = ""
    silent_from: float = LEARNED

    @property
    def about(self) -> list[str]:
        """Paragraphs: what is measured, and why it matters."""
        return [" ".join(part.split()) for part in (inspect.getdoc(self.read) or "").split("\n\n")]

    def find(self, evidence: Evidence) -> "Finding | None":
        """None where there is nothing to complain of."""
        if evidence.skill >= self.silent_from:
            return None
        reading = self.read(evidence, self.limit)
        limit = reading.limit or self.limit
        return Finding(self, reading, limit) if limit.crossed(reading.value) else None


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a run, and its receipt: the value, and the limit that it crossed."""

    rule: Rule
    reading: Reading
    limit: Limit

    @property
    def formula(self) -> str:
        return self.reading.formula or self.rule.formula


def share(of_one: float) -> Words:
    """A share in percent, to stand in a sentence."""
    return words("{percent:.3g}\N{NO-BREAK SPACE}%", percent=100 * of_one)


def place(layer: str) -> Words:
    """A layer as a sentence names it."""
    if layer == "output":
        return words("the output layer")
    return words("layer {which}", which=layer.removeprefix("hidden"))
