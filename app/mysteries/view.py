"""What the pages of a mystery show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fastapi import Request
from markupsafe import Markup
from sqlmodel import Session

from app import store, svg, wording
from app.diagnosis_view import Card, Diagnosis, diagnosis_view
from app.figures import PAGE
from app.figures.compare import COMPARISONS, LETTERS, View, draw
from app.i18n import gettext as _
from app.models import Answer, Mystery
from app.mysteries.blinding import blinded
from app.mysteries.grading import NONE, Case, Grade, Trial, case_of, cure_label, grade, rule_title, trial
from app.page_state import PageState
from app.pages import templates
from app.repair_view import MARKS, TONES
from app.share import NoSuchShare
from app.theme import run_dash
from ml.records import RunRecord
from ml.repairs import CURES
from ml.rules import RULES
from ml.verdict import WORDS

_CURVES = ("val_loss", "val_error")

templates.env.globals |= {"VERDICTS": WORDS, "MARKS": MARKS, "TONES": TONES}


def load(request: Request, session: Session, run_id: str) -> RunRecord | None:
    """A run that a mystery hides; None where it was deleted just now."""
    found: RunRecord | None = request.app.state.cache.load(session, run_id, store.find_any_run)
    return found


def patient_id(session: Session, mystery: Mystery) -> str:
    """Of the run whose spec is hidden."""
    found = store.find_patient(session, mystery.id)
    if found is None:  # deleted just now
        raise NoSuchShare
    return found.id


def patient(request: Request, session: Session, mystery: Mystery) -> RunRecord:
    """The run whose spec is hidden."""
    found = load(request, session, patient_id(session, mystery))
    if found is None:
        raise NoSuchShare
    return found


def case(request: Request, session: Session, mystery: Mystery) -> Case:
    return case_of(patient(request, session, mystery), mystery.fault)


def grades(request: Request, session: Session, case: Case, answers: Sequence[Answer]) -> list[Grade]:
    """Each cure is judged once, however many propose it."""

    @cache
    def tried(run_id: str | None) -> Trial:
        return trial(case, load(request, session, run_id) if run_id else None)

    return [grade(case, answer, tried(answer.run_id)) for answer in answers]


def graded(grades: Sequence[Grade]) -> dict[str, Any]:
    """The template's variables of what a class has answered."""
    return {
        "grades": grades,
        "named_count": sum(grade.named_right is True for grade in grades),
        "fixed_count": sum(grade.word == "fixed" for grade in grades),
    }


def put_in(mystery: Mystery) -> str:
    """What is wrong on purpose; empty where nobody has said."""
    return _(rule_title(mystery.fault)) if mystery.fault else ""


def diagnosis(case: Case, charts: str) -> Diagnosis | None:
    """As the page of a run shows it; what it points at is on the page with the address `charts`."""
    found = diagnosis_view(case.patient, PageState())
    return replace(found, cards=tuple(_pointing(card, charts) for card in found.cards)) if found else None


def _pointing(card: Card, charts: str) -> Card:
    seen = card.evidence
    return replace(card, evidence=replace(seen, address=charts + seen.address)) if seen else card


def choices() -> dict[str, list[tuple[str, str]]]:
    """What an answer may name, by its field: (value, label), in the order of the alphabet, and nothing last."""
    wrong = [(name, _(rule.title)) for name, rule in RULES.items()]
    cures = [(name, wording.sentence(_(cure.label))) for name, cure in CURES.items()]
    return {"rule": _with_none(wrong, rule_title), "cure": _with_none(cures, cure_label)}


def _with_none(named: list[tuple[str, str]], label: Any) -> list[tuple[str, str]]:
    return [*sorted(named, key=lambda one: one[1].casefold()), (NONE, wording.sentence(_(label(NONE))))]


@dataclass(frozen=True)
class Curve:
    """A figure of the patient and of the cured one, on the same axes."""

    title: str
    height: int
    picture: Markup


def curves(before: RunRecord, after: RunRecord) -> list[Curve]:
    """With nothing of the specs of the two."""
    runs = [replace(blinded(run, ""), id=str(place), colour=place) for place, run in enumerate((before, after))]
    return [_curve(runs, name, _(COMPARISONS[name].title)) for name in _CURVES]


def _curve(runs: Sequence[RunRecord], name: str, title: str) -> Curve:
    drawn = draw(name, runs, PAGE, View(together=False))
    return Curve(title, drawn["layout"]["height"], Markup(svg.render(drawn, title)))


def legend() -> list[tuple[str, str, str, str]]:
    """Of the curves: letter, colour, dashes, and whose line it is."""
    labels = (_("the patient"), _("with this cure"))
    return [(LETTERS[place], PAGE.run_colour(place), run_dash(place), label) for place, label in enumerate(labels)]
