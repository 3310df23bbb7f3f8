"""How other tools would judge the same numbers: each by its own quantity and limit, taken from its documentation and
code, computed from the run's record as far as it goes.

SageMaker Debugger's built-in rules; AutoTrainer (Zhang et al., ICSE 2021); TheDeepChecker (Ben Braiek & Khomh, 2023);
DeepDiagnosis (Wardat et al., ICSE 2022); NeuroScope.

A tool's test of another problem is an entry in the table of its module.
"""

from ml.opinions import curves, gradients, start, units, updates
from ml.opinions.opinion import TOOLS, Check, Opinion, untested
from ml.rules.evidence import Evidence

__all__ = ["CHECKS", "TOOLS", "Opinion", "opinions"]

# By rule and tool. Where a tool looks at several quantities, what it says is that of the first that it complains of.
CHECKS: dict[tuple[str, str], tuple[Check, ...]] = {
    **gradients.CHECKS, **start.CHECKS, **units.CHECKS, **updates.CHECKS, **curves.CHECKS,
}  # fmt: skip


def opinions(evidence: Evidence, rule_name: str) -> list[Opinion]:
    """What each of the TOOLS says of the problem that the rule is about, from the snapshots that are finite."""
    return [_opinion(evidence, rule_name, tool) for tool in TOOLS]


def _opinion(evidence: Evidence, rule_name: str, tool: str) -> Opinion:
    found = [check.opinion(tool, evidence) for check in CHECKS.get((rule_name, tool), ())]
    order = ("alarm", "untold", "silent", "untested")
    return min(found, key=lambda one: order.index(one.says), default=untested(tool))
