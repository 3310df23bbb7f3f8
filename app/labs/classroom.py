"""What the class's link to a lab opens: the question and, once this browser has predicted, what came of it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import store
from app.crowd import Declined, check_own, check_room
from app.db import SessionDep
from app.i18n import gettext as _
from app.labs import predictions, view
from app.labs.reports import read_only_report, result_of
from app.labs.teacher import hidden_by
from app.models import LabClass
from app.names import MOST_LETTERS, name_of_who_says
from app.pages import TypedDep, templates
from app.share import NoSuchShare
from app.viewer import who_asks
from ml.labs import LABS, Lab

router = APIRouter(prefix="/l/{token}", include_in_schema=False)


def open_class(token: str, session: SessionDep) -> LabClass:
    found = store.open_lab_as_class(session, token)
    if found is None:
        raise NoSuchShare
    return found


ClassDep = Annotated[LabClass, Depends(open_class)]


@router.get("")
def class_page(request: Request, token: str, found: ClassDep, session: SessionDep) -> Response:
    """The question, and after this browser's prediction what there is to see."""
    given = store.class_predictions(session, found.id)
    said = predictions.newest_here(request, given)
    if said is None:
        return _ask(request, session, token, found, {"name": request.session.get(predictions.NAME, "")})
    hidden = hidden_by(found)
    result = result_of(request, session, found.experiment_id)
    context = view.predicted(result, [] if "others" in hidden else given, said)
    context |= {"lab": result.lab, "base": f"/l/{token}", "shown": "result" not in hidden}
    return templates.TemplateResponse(request, "lab_class.html", context)


@router.post("")
def predict(request: Request, token: str, found: ClassDep, values: TypedDep, session: SessionDep) -> Response:
    """Keep the prediction; nothing is launched from here."""
    try:
        given = store.class_predictions(session, found.id)
        check_own(who_asks(request), given)
        check_room([one.created for one in given])
        who, choice = _read(_lab(session, found), name_of_who_says(request, values), values)
    except Declined as declined:
        return _ask(request, session, token, found, values, declined)
    said = store.add_prediction(session, found.experiment_id, who, choice, found.id)
    request.session[predictions.NAME] = who
    predictions.remember(request, predictions.SAID, said.id)
    return RedirectResponse(f"/l/{token}", status_code=303)


@router.get("/reports/{prediction_id}")
def report(request: Request, token: str, prediction_id: str, found: ClassDep, session: SessionDep) -> Response:
    """That of this browser's prediction, once the teacher shows what came of it."""
    said = predictions.newest_here(request, store.class_predictions(session, found.id))
    if said is None or said.id != prediction_id or "result" in hidden_by(found):
        return RedirectResponse(f"/l/{token}", status_code=303)
    return read_only_report(request, session, said, f"/l/{token}")


def _lab(session: Session, found: LabClass) -> Lab:
    experiment = store.find_experiment(session, found.experiment_id)
    if experiment is None or experiment.lab not in LABS:
        raise NoSuchShare
    return LABS[experiment.lab]


def _read(lab: Lab, who: str, values: Mapping[str, str]) -> tuple[str, int]:
    """Who predicts which choice. Raises Declined where one of them is missing."""
    choice = predictions.choice_of(lab, values.get("choice", ""))
    if choice is None:
        raise Declined(422, _("Choose one of these answers first: guessing is allowed."))
    if not who:
        raise Declined(422, _("Say who you are: your teacher wants to know whose answer this is."))
    return who, choice


def _ask(
    request: Request, session: Session, token: str, found: LabClass, values: Mapping[str, str],
    declined: Declined | None = None,
) -> Response:  # fmt: skip
    context = {
        "lab": _lab(session, found),
        "base": f"/l/{token}",
        "values": values,
        "most": MOST_LETTERS,
        "declined": declined.reason if declined else "",
    }
    status, headers = (declined.status, declined.headers) if declined else (200, {})
    return templates.TemplateResponse(request, "lab_class.html", context, status, headers)
