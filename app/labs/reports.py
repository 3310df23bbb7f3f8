"""The report on one prediction of a lab: a page to print, and the links that share it."""

from fastapi import APIRouter, HTTPException, Request, Response
from sqlmodel import Session

from app import missing, sharing, store
from app.db import SessionDep
from app.i18n import gettext as _
from app.labs import view
from app.labs.pages import load_runs
from app.labs.result_view import LabResult, lab_result
from app.models import Prediction
from app.pages import TypedDep, public_url, share_section, templates
from ml.labs import LABS

router = APIRouter(prefix="/labs/reports/{prediction_id}", include_in_schema=False)


@router.get("")
def report(request: Request, prediction_id: str, session: SessionDep) -> Response:
    """What was asked, expected and measured, on one page."""
    return render_report(request, session, prediction_id)


@router.post("/shares")
def share(request: Request, prediction_id: str, values: TypedDep, session: SessionDep) -> Response:
    """Make a link to the report and show it, this once: only its hash is kept."""
    _find(session, prediction_id)
    ends = sharing.expires_at(values.get("lasting", ""))
    token = store.create_report_share(session, prediction_id, ends)[1]
    return render_report(request, session, prediction_id, f"{public_url(request)}/s/{token}")


def _find(session: Session, prediction_id: str) -> Prediction:
    prediction = store.find_prediction(session, prediction_id)
    if prediction is None:
        raise HTTPException(404, _(missing.REPORT))
    return prediction


def render_report(request: Request, session: Session, prediction_id: str, link: str = "") -> Response:
    """The report to its owner; `link` is one that was made just now."""
    prediction = _find(session, prediction_id)
    context = report_view(request, session, prediction)
    context |= share_section(request, store.list_report_shares(session, prediction.id), link)
    return templates.TemplateResponse(request, "lab_report.html", context | {"owner": True})


def read_only_report(request: Request, session: Session, prediction: Prediction, back: str = "") -> Response:
    """The report with nothing on it that leads elsewhere, but `back` where it was opened."""
    context = report_view(request, session, prediction) | {"owner": False, "back": back}
    return templates.TemplateResponse(request, "lab_report.html", context)


def report_view(request: Request, session: Session, prediction: Prediction) -> dict[str, object]:
    """The template's variables."""
    result = result_of(request, session, prediction.experiment_id)
    return {
        **view.predicted(result, [], prediction),
        "lab": result.lab,
        "name": result.name,
        "address": f"/labs/{result.name}/{prediction.experiment_id}",
    }


def result_of(request: Request, session: Session, experiment_id: str) -> LabResult:
    """Raises HTTPException where the lab is not there any more."""
    experiment = store.find_experiment(session, experiment_id)
    if experiment is None or experiment.lab not in LABS:
        raise HTTPException(404, _("There is no such lab."))
    return lab_result(experiment.lab, load_runs(request, session, experiment))
