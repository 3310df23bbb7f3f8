"""What was tried on a run, and whether it helped, for the pages. Pure functions over records."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app import quantities, wording
from app.i18n import gettext as _
from app.i18n import is_number, percent
from app.models import ACTIVE
from ml.records import RunRecord
from ml.repairs import cure_between
from ml.rules import ALARM, RULES, Finding, Rule, diagnose
from ml.verdict import WORDS, Verdict, judge

NOTHING = "–"
MARKS = {"fixed": "✓", "better": "↗", "no_effect": "=", "worse": "✗"}
TONES = {
    "fixed": "good", "better": "fair", "no_effect": "plain", "worse": "bad", "failed": "bad", "running": "fair",
}  # fmt: skip


@dataclass(frozen=True)
class Repair:
    """What was tried on `before`. `state` is the word of its verdict or, where there is none, the status of the repair,
    or `waiting` while the run before has not ended. `others` is what else is wrong with the repaired run."""

    before: RunRecord
    run: RunRecord
    rule: Rule
    state: str
    verdict: Verdict | None
    label: str
    changes: list[tuple[str, str, str]]
    others: list[Finding]

    @property
    def another_alarm(self) -> Finding | None:
        """The first of what else is wrong with the repaired run that is no mere warning."""
        return next((finding for finding in self.others if finding.rule.severity == ALARM), None)

    @property
    def tone(self) -> str:
        """Whoever still has another alarm has no reason to rejoice."""
        tone = TONES.get(self.state, "plain")
        return "fair" if tone == "good" and self.another_alarm else tone

    @property
    def address(self) -> str:
        own = f"/runs/{self.before.id}/repairs/{self.run.id}"
        return own if self.rule.name == self.run.repair_rule else f"{own}?rule={self.rule.name}"

    @property
    def percent(self) -> int:
        """How far it is."""
        trains = self.before if self.state == "waiting" else self.run
        return 100 * trains.step // max(1, trains.spec.steps)

    @property
    def active(self) -> bool:
        return self.state in (*ACTIVE, "waiting")

    @property
    def mark(self) -> str:
        return MARKS.get(self.state, "")

    @property
    def word(self) -> str:
        """The verdict or, while there is none, how things stand."""
        if self.verdict:
            return _(WORDS[self.verdict.word])
        return _("waiting") if self.state == "waiting" else _(wording.STATUSES[self.state])

    @property
    def quantities(self) -> tuple[str, str, str]:
        """What was wrong, before and after, and what would be in order; empty without a verdict."""
        v = self.verdict
        if v is None:
            return "", "", ""
        before, after = self._written(v.before, self.before), self._written(v.after, self.run)
        return before, after, quantities.allowed(v.limit, v.rule, v.formula)

    @property
    def errors(self) -> tuple[str, str]:
        """Validation errors; empty without a verdict."""
        v = self.verdict
        if v is None:
            return "", ""
        return _wrong(v.error_before, self.before), _wrong(v.error_after, self.run)

    def _written(self, value: float, run: RunRecord) -> str:
        """What a leaky ReLU can't have, for example dead units, is no fault of it."""
        assert self.verdict
        if math.isnan(value):
            return _("not measurable") if not run.snapshots or run.diverged_at else _("does not apply")
        return quantities.written(value, self.verdict.rule, self.verdict.formula)


def repair(before: RunRecord, run: RunRecord, rule: str) -> Repair:
    """Both with their snapshots."""
    state = _state(before, run)
    verdict = judge(before, run, rule) if state == "finished" else None
    cure = cure_between(before.spec, run.spec)
    changes = wording.changes(before.spec, run.spec)
    label = _(cure.label) if cure else ", ".join(f"{name} {new}" for name, _old, new in changes)
    others = [finding for finding in diagnose(run) if finding.rule.name != rule] if verdict else []
    return Repair(before, run, RULES[rule], verdict.word if verdict else state, verdict, label, changes, others)


def _state(before: RunRecord, run: RunRecord) -> str:
    return "waiting" if run.status == "finished" and before.status in ACTIVE else run.status


def judged_repairs(before: RunRecord, runs: Sequence[RunRecord]) -> list[Repair]:
    """Each by the rule that it is to cure."""
    return [repair(before, run, run.repair_rule) for run in runs if run.repair_rule in RULES]


def ranked(repairs: Sequence[Repair]) -> list[Repair]:
    """The best first, of equals the one with the fewest wrong answers; those without a verdict at the end."""
    order = [*WORDS, "running", "waiting", "queued", "cancelled", "failed"]
    return sorted(
        repairs, key=lambda x: (order.index(x.state), x.tone != "good", x.verdict.error_after if x.verdict else 0.0)
    )


def _wrong(error: float, run: RunRecord) -> str:
    if not is_number(error):
        return NOTHING
    return _("{share} (diverged)", share=percent(error)) if run.diverged_at else percent(error)


@dataclass(frozen=True)
class Tried:
    """What was tried on a run and, where the run is a repair itself, what it was to cure: `of` is None and `orphan`
    says so where the run that it was to cure is gone. The page has room for the `shown` best."""

    repairs: list[Repair]
    of: Repair | None
    orphan: bool
    shown: ClassVar[int] = 3


def tried_view(run: RunRecord, original: RunRecord | None, repairs: Sequence[RunRecord]) -> Tried | None:
    """None where nothing is to be said."""
    known = judged_repairs(run, repairs)
    is_repair = run.repair_rule in RULES
    of = repair(original, run, str(run.repair_rule)) if original and is_repair else None
    orphan = is_repair and original is None
    return Tried(ranked(known), of, orphan) if known or of or orphan else None
