"""What the page of one repair shows: the verdict with its numbers, and both runs on the same axes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app import quantities, svg, wording
from app.figures import PAGE
from app.figures.compare import COMPARISONS, ERROR, LOSS, curves
from app.figures.repair import pair, quantity
from app.i18n import gettext as _
from app.i18n import is_number, percent
from app.repair_view import NOTHING, Repair
from app.theme import run_dash
from ml.records import RunRecord
from ml.repairs import Fix, fixes, same_settings
from ml.rules import RULES, Evidence, Finding, diagnose
from ml.verdict import NOTICEABLE, Verdict
from ml.words import Words, words


@dataclass(frozen=True)
class Picture:
    title: str
    drawing: Markup


def pair_view(shown: Repair, tried: Sequence[RunRecord]) -> dict[str, Any]:
    """The template's variables of the page of one repair; `tried` is all that was tried on the run."""
    left = [] if shown.tone == "good" or shown.active else untried(shown.before, shown.rule.name, tried)
    return {
        "repair": shown,
        "sentences": list(sentences(shown)),
        "others": _others(shown),
        "next": left[0] if left else None,
        "numbers": list(_numbers(shown)),
        "pictures": list(_pictures(shown)),
        "sides": [_side(shown.before, 0), _side(shown.run, 1)],
    }


def untried(before: RunRecord, rule: str, tried: Sequence[RunRecord]) -> list[Fix]:
    """What else may cure what the rule found, the most promising first."""
    finding = RULES[rule].find(Evidence(before))
    left = fixes(before.spec, finding) if finding else []
    return [fix for fix in left if not any(same_settings(fix.spec, run.spec) for run in tried)]


def sentences(shown: Repair) -> Iterator[str]:
    """The verdict with its numbers."""
    v = shown.verdict
    if v is None:
        return
    name = wording.sentence(_(quantities.quantity(v.rule, v.formula)))
    before, after, allowed = shown.quantities
    yield _said(v, shown.tone)
    yield _(
        "{quantity}: {before} before, {after} after ({allowed} is in order).",
        quantity=name, before=before, after=after, allowed=allowed,
    )  # fmt: skip
    was, now = shown.errors
    yield _("Wrong validation answers: {before} before, {after} after.", before=was, after=now)
    if 0 < abs(v.error_after - v.error_before) <= NOTICEABLE:
        yield _("A difference of up to {points:g} points may be chance.", points=100 * NOTICEABLE)


_STILL = {
    "better": words("The fault is still there, but fewer answers are wrong."),
    "no_effect": words("The fault is still there."),
    "worse": words("The fault is still there, and more answers are wrong."),
}


def _said(v: Verdict, tone: str) -> str:
    if not v.gone:
        return _(_STILL[v.word])
    if v.limit.crossed(v.after):
        return _("The number is still out of bounds, but the network learns well, so it is no fault any more.")
    if v.word == "worse":
        return _("The fault is gone, but at the price of more wrong answers.")
    return _("The fault is gone.") if tone == "good" else _("This fault is gone, but there is another alarm.")


def _others(shown: Repair) -> list[tuple[Finding, bool]]:
    """What else is wrong with the repaired run, and whether that is new."""
    before = {finding.rule.name for finding in diagnose(shown.before)} if shown.others else set()
    return [(finding, finding.rule.name not in before) for finding in shown.others]


def _numbers(shown: Repair) -> Iterator[tuple[str, str, str, str]]:
    """(label, before, after, what is in order)."""
    names = ["val_error", "train_error", "val_loss", "train_loss"]
    if (v := shown.verdict) is not None:
        yield (wording.sentence(_(quantities.quantity(v.rule, v.formula))), *shown.quantities)
        first = COMPARISONS[names.pop(0)].title
        yield (_(first), *shown.errors, "")
    for name in names:
        yield _(COMPARISONS[name].title), _last(shown.before, name), _last(shown.run, name), ""


def _last(run: RunRecord, name: str) -> str:
    """The metric at the latest snapshot."""
    if not run.snapshots:
        return NOTHING
    value = run.metric(name)[-1]
    if not is_number(value):
        return _("not finite")
    return percent(value) if name.endswith("error") else wording.amount(value)


def _pictures(shown: Repair) -> Iterator[Picture]:
    """Of what was wrong, where it has a course, and of what came of it; both runs on the same axes."""
    groups, rule = pair(shown.before, shown.run), shown.rule
    if not any(run.snapshots for run in (shown.before, shown.run)):
        return
    title = wording.sentence(_(_quantity_of(shown)))
    is_share = quantities.is_share(rule.name, rule.formula)
    heading = f"{rule.formula}, %" if is_share else rule.formula
    drawn = quantity(groups, PAGE, rule.name, rule.limit, heading, 100 if is_share else 1)
    if drawn:
        yield _picture(title, drawn)
    for name, unit_name, unit in (("val_error", ERROR, 100), ("train_loss", LOSS, 1)):
        title = _(COMPARISONS[name].title)
        yield _picture(title, curves(groups, PAGE, name, _(unit_name), unit=unit))


def _quantity_of(shown: Repair) -> Words:
    formula = shown.verdict.formula if shown.verdict else shown.rule.formula
    return quantities.quantity(shown.rule.name, formula)


def _picture(title: str, drawn: dict[str, Any]) -> Picture:
    return Picture(title, Markup(svg.render(drawn, title)))


@dataclass(frozen=True)
class Side:
    """One of the two runs, and how its lines look."""

    run: RunRecord
    colour: str
    dashes: str


def _side(run: RunRecord, place: int) -> Side:
    dash = run_dash(place)
    return Side(run, PAGE.run_colour(run.colour), "" if dash == "solid" else dash.replace("px", ""))
