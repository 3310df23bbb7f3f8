"""The routes that make a mystery: a patient of a kind that the teacher chooses, or the settings of the form."""

import secrets

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import actions, forms, new, store
from app.db import SessionDep
from app.i18n import gettext as _
from app.limits import Full
from app.names import MOST_LETTERS, tidy
from app.pages import TypedDep, templates
from ml.patients import PATIENTS
from ml.problems import Problem
from ml.rules import RULES
from ml.spec import RunSpec
from ml.words import words

router = APIRouter(prefix="/mystery", include_in_schema=False)


@router.get("/new")
def ask(request: Request) -> Response:
    """Asks for the kind of problem, and a title."""
    return _ask(request, {})


@router.post("/new")
def make(request: Request, values: TypedDep, session: SessionDep) -> Response:
    """Hide a patient with this problem, or with any, from a seed of its own; leads to the teacher's page."""
    fault = values.get("fault", "")
    patients = [patient for patient in PATIENTS if fault in ("", patient.fault)]
    if not patients:
        return _ask(request, values, 422)
    patient = secrets.choice(patients)
    spec = patient.spec.model_copy(update={"seed": secrets.randbelow(2**31)})
    try:
        return _hide(request, session, spec, values.get("title", ""), patient.fault)
    except Full as full:
        return _ask(request, values, full.status, full)


@router.post("")
def make_of_form(request: Request, values: TypedDep, session: SessionDep) -> Response:
    """Hide the run that the form describes, or show the form again with what is wrong. Its name is not used: it may
    tell what nobody is to know."""
    values.pop(new.SHOWN, None)
    try:
        plan = forms.plan(values)
        if plan.is_experiment:
            raise forms.Wrong([_ONE_RUN])
        return _hide(request, session, plan.base.model_copy(update={"name": ""}), "", None)
    except forms.Wrong as wrong:
        return new.form(request, session, values, wrong.problems, 422)
    except actions.Refused as refused:
        return new.form(request, session, values, [refused.problem], 422)
    except Full as full:
        return new.form(request, session, values, [], full.status, full=full)


_ONE_RUN = Problem("seeds", words("a mystery is a single run"), words("vary nothing, and take one seed"))


def _ask(request: Request, values: dict[str, str], status: int = 200, full: Full | None = None) -> Response:
    faults = {patient.fault: _(RULES[patient.fault].title) for patient in PATIENTS}
    context = {
        "faults": faults, "values": values, "most": MOST_LETTERS, "wrong": status == 422, "full": full and full.reason,
    }  # fmt: skip
    return templates.TemplateResponse(request, "mystery_new.html", context, status, full.headers if full else None)


def _hide(request: Request, session: Session, spec: RunSpec, title: str, fault: str | None) -> Response:
    shown = tidy(title) or _("Mystery patient {number}", number=store.count_mysteries(session) + 1)
    token = actions.launch_mystery(session, request.app.state.queue, spec, shown, fault)
    return RedirectResponse(f"/m/teacher/{token}", status_code=303)
