"""What the rules find in a run, in the words of the reader: one sentence for cards and previews, all for the JSON."""

from dataclasses import dataclass
from typing import Any, Self

from app.glance import glance
from app.i18n import gettext as _
from ml.opinions import Opinion, opinions
from ml.records import RunRecord
from ml.repairs import Fix, fixes
from ml.rules import Evidence, Finding, diagnose


@dataclass(frozen=True)
class Headline:
    """What the list of runs says of one: its first finding with that one's severity or, without any, what became of it.
    It can be kept as bytes."""

    severity: str
    text: str

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        found = diagnose(run)
        return cls(found[0].rule.severity, _(found[0].reading.text)) if found else cls("", glance(run))

    @classmethod
    def kept(cls, file: bytes) -> Self:
        severity, _newline, text = file.decode().partition("\n")
        return cls(severity, text)

    def __bytes__(self) -> bytes:
        return f"{self.severity}\n{self.text}".encode()


def diagnosis_of(run: RunRecord) -> dict[str, Any]:
    """The answer of the JSON route."""
    evidence = Evidence(run)
    return {"findings": [_finding(evidence, finding) for finding in diagnose(run)]}


def _finding(evidence: Evidence, finding: Finding) -> dict[str, Any]:
    rule, reading, cures = finding.rule, finding.reading, fixes(evidence.spec, finding)
    return {
        "rule": rule.name, "severity": rule.severity, "layer": reading.layer, "step": reading.step,
        "value": reading.value, "threshold": finding.limit.threshold, "text": _(reading.text),
        "fix": cures[0].changes if cures else {}, "title": _(rule.title), "formula": finding.formula,
        "layers": reading.layers, "fixes": [_fix(cure) for cure in cures],
        "opinions": [_opinion(opinion) for opinion in opinions(evidence, rule.name)],
    }  # fmt: skip


def _fix(fix: Fix) -> dict[str, Any]:
    return {"cure": fix.cure.name, "label": _(fix.cure.label), "changes": fix.changes}


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return vars(opinion) | {"why": _(opinion.why)}
