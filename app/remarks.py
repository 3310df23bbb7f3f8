"""What the form says of settings that are wrong before anything is trained, and the way to the form without that."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.forms import Plan, plan_query
from app.i18n import gettext as _
from app.wording import changes, sentence
from ml.repairs import Fix, fixes
from ml.rules import Finding, diagnose_spec


@dataclass(frozen=True)
class Remark:
    """`repair` is the first that changes nothing which the grid varies: its `changes` are (setting, old value, new
    value), `address` is that of the form with it. Empty where there is none."""

    severity: str
    title: str
    text: str
    repair: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    address: str = ""


def remarks(plan: Plan) -> Iterator[Remark]:
    """Of the first run, where there are several."""
    for finding in diagnose_spec(plan.runs[0].spec):
        possible = (fix for fix in fixes(plan.base, finding) if not set(fix.changes) & set(plan.vary))
        yield _remark(plan, finding, next(possible, None))


def _remark(plan: Plan, finding: Finding, fix: Fix | None) -> Remark:
    rule = finding.rule
    told = (rule.severity, _(rule.title), _(finding.reading.text))
    if fix is None:
        return Remark(*told)
    address = f"/new?{plan_query(fix.spec, plan.vary, plan.seeds)}"
    return Remark(*told, sentence(_(fix.cure.label)), tuple(changes(plan.base, fix.spec)), address)
