"""Diagnosis: what is wrong with a run, where, since when, and by which number.

A rule is a function that reads one quantity from the evidence, and its entry in the table of its module. In the order
of RULES the one that is told first comes first: what makes all else meaningless, then causes, then what follows from
them.
"""

from collections.abc import Iterable

from ml.records import RunRecord
from ml.rules import curves, gradients, start, static, units, updates
from ml.rules.evidence import Evidence
from ml.rules.finding import ALARM, WARNING, Finding, Limit, Reading, Rule
from ml.spec import RunSpec

__all__ = [
    "ALARM", "RULES", "STATIC_RULES", "WARNING", "Evidence", "Finding", "Limit", "Reading", "Rule", "diagnose",
    "diagnose_spec",
]  # fmt: skip

_ORDER = (
    "diverged", "constant_weights", "unscaled_inputs", "exploding_gradient", "poor_initialization", "update_too_large",
    "dead_units", "saturated_activation", "vanishing_gradient", "update_too_small", "oscillating_loss",
    "linear_hidden_layers", "high_dropout", "loss_not_decreasing", "overfit",
)  # fmt: skip


def _table(rules: Iterable[Rule]) -> dict[str, Rule]:
    found = {rule.name: rule for rule in rules}
    return {name: found[name] for name in _ORDER if name in found}


# What the settings alone tell.
STATIC_RULES = _table(static.RULES)
RULES = _table((*gradients.RULES, *start.RULES, *units.RULES, *updates.RULES, *curves.RULES, *static.RULES))


def diagnose(run: RunRecord) -> list[Finding]:
    """What is wrong with the run as far as it has come, the first cause first; nothing before its first snapshot."""
    if not run.snapshots:
        return []
    evidence = Evidence(run)
    return [finding for rule in RULES.values() if (finding := rule.find(evidence))]


def diagnose_spec(spec: RunSpec) -> list[Finding]:
    """What is wrong with the settings, before they are run."""
    evidence = Evidence(RunRecord("", spec))
    return [finding for rule in STATIC_RULES.values() if (finding := rule.find(evidence))]
