"""What a lab's runs have come to: the verdict, the numbers it rests on, the charts. A pure function of the records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.i18n import gettext as _
from app.labs import panels, values
from app.labs.panels import Arm, Panel
from app.labs.seeds import runs_by_seed
from app.models import ACTIVE
from app.wording import sentence
from ml.labs import LABS, Lab, Reading, Verdict, judge
from ml.labs.verdict import WORDS
from ml.records import RunRecord

MARKS = {"confirmed": "✓", "not_confirmed": "✗", "undecided": "?"}
TONES = {"confirmed": "good", "not_confirmed": "bad", "undecided": "plain"}


@dataclass(frozen=True)
class Row:
    """A measure: what the claim expects of it, and (value, whether that is so) for each seed of the verdict."""

    label: str
    formula: str
    expected: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class LabResult:
    """`panels` are the charts, of the seed `shown` where they are of one; None before anything was measured. `seeds`
    are all that have a chart."""

    name: str
    lab: Lab
    runs: tuple[RunRecord, ...]
    verdict: Verdict
    rows: tuple[Row, ...]
    arms: tuple[Arm, ...]
    panels: tuple[Panel, ...]
    seeds: tuple[int, ...]
    shown: int | None

    @property
    def active(self) -> bool:
        return any(run.status in ACTIVE for run in self.runs)

    @property
    def finished(self) -> int:
        return sum(run.status == "finished" for run in self.runs)

    @property
    def percent(self) -> int:
        """How far the training is, in steps of all runs."""
        steps = sum(max(1, run.spec.steps) for run in self.runs)
        done = sum(run.step if run.status in ACTIVE else max(1, run.spec.steps) for run in self.runs)
        return 100 * done // max(1, steps)

    @property
    def broken(self) -> list[RunRecord]:
        """Those that came to no end."""
        return [run for run in self.runs if run.status in ("failed", "cancelled")]

    @property
    def waits(self) -> bool:
        """Whether there is no verdict yet, but there will be."""
        return self.active and not self.verdict.seeds

    @property
    def tone(self) -> str:
        return "fair" if self.waits else TONES[self.verdict.word]

    @property
    def mark(self) -> str:
        return "" if self.waits else MARKS[self.verdict.word]

    @property
    def word(self) -> str:
        if self.waits:
            return _("Training")
        word = sentence(_(WORDS[self.verdict.word]))
        return _("So far: {word}", word=word) if self.active else word

    @property
    def measured(self) -> str:
        """The number that the choices are about, over the seeds; empty where there is none."""
        first = self.verdict.readings[0]
        return values.written(first.middle, first.measure.unit) if self.verdict.seeds else ""

    @property
    def came_true(self) -> str:
        """The choice that a student would have been right with; empty where that can't be told."""
        place = self.verdict.outcome
        return "" if place is None else _(self.lab.choices[place].text)


def lab_result(name: str, runs: Sequence[RunRecord], seed: int | None = None) -> LabResult:
    """Of the runs of one of its experiments, with their snapshots; the charts of this seed or, where it has none, of
    the first that is whole."""
    lab = LABS[name]
    by_seed = runs_by_seed(runs)
    verdict = judge(lab, by_seed)
    drawn = {number: begun for number, found in by_seed.items() if (begun := _begun(found))}
    shown = seed if seed in drawn else next(iter([*verdict.seeds, *drawn]), None)
    of_seed = drawn.get(shown, {}) if shown is not None else {}
    arms = panels.arms(lab, runs)
    charts = [*panels.comparisons(lab, arms, of_seed), *panels.figures(lab, arms, of_seed)] if drawn else []
    rows = tuple(_row(reading) for reading in verdict.readings)
    return LabResult(name, lab, tuple(runs), verdict, rows, tuple(arms), tuple(charts), tuple(drawn), shown)


def _begun(runs: Mapping[str, RunRecord]) -> dict[str, RunRecord]:
    return {arm: run for arm, run in runs.items() if run.snapshots}


def _row(reading: Reading) -> Row:
    measure = reading.measure
    cells = zip(reading.values, reading.holds, strict=True)
    return Row(
        _(measure.label), measure.formula, values.expected(measure.expected, measure.unit),
        tuple((values.written(value, measure.unit), holds) for value, holds in cells),
    )  # fmt: skip
