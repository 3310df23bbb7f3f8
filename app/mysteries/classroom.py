"""What the class's link opens: the charts of a run whose settings are hidden, and a form to say what is wrong."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlmodel import Session

from app import actions, store
from app.crowd import Declined, check_own, check_room
from app.db import SessionDep
from app.figure_routes import figure_routes
from app.i18n import gettext as _
from app.live import Opened
from app.models import ACTIVE, Answer, Mystery
from app.mysteries import view
from app.mysteries.blinding import as_the_class_sees_it, figures_for_the_class
from app.mysteries.grading import NONE, Case
from app.names import MOST_LETTERS, name_of_who_says
from app.page_state import PageState, page_state
from app.pages import TypedDep, may_launch, templates
from app.run_view import run_view
from app.share import NoSuchShare
from app.viewer import who_asks
from ml.records import RunRecord
from ml.repairs import CURES
from ml.rules import RULES

MOST_TRIES = 30  # of a browser that it remembers

router = APIRouter(prefix="/m/{token}", include_in_schema=False)


def open_mystery(token: str, session: SessionDep) -> Mystery:
    mystery = store.open_as_class(session, token)
    if mystery is None:
        raise NoSuchShare
    return mystery


MysteryDep = Annotated[Mystery, Depends(open_mystery)]


@router.get("")
def class_page(request: Request, token: str, mystery: MysteryDep, session: SessionDep) -> Response:
    """The charts, the form, and what this browser has answered so far."""
    return _page(request, token, session, mystery, {"name": request.session.get("name", "")})


@router.post("/answers")
def answer(request: Request, token: str, mystery: MysteryDep, values: TypedDep, session: SessionDep) -> Response:
    """Take an answer, have its cure tried, and lead to what comes of it."""
    try:
        _check_open(session, mystery)
        check_own(who_asks(request), store.list_answers(session, mystery.id))
        said = _read(name_of_who_says(request, values), values)
    except Declined as declined:
        return _page(request, token, session, mystery, values, declined)
    patient = view.patient(request, session, mystery)
    found = actions.answer(session, request.app.state.queue, mystery, patient, said)
    request.session["name"] = said.name
    request.session["tries"] = [*request.session.get("tries", []), found.id][-MOST_TRIES:]
    return RedirectResponse(f"/m/{token}/answers/{found.id}", status_code=303)


@router.get("/answers/{answer_id}")
def answer_page(request: Request, token: str, answer_id: str, mystery: MysteryDep, session: SessionDep) -> Response:
    """Whether it was right, and what became of the patient with this cure."""
    found = store.find_answer(session, mystery.id, answer_id)
    if found is None:
        raise NoSuchShare
    case = view.case(request, session, mystery)
    [grade] = view.grades(request, session, case, [found])
    trains = grade.cured or case.patient
    context = {
        "mystery": mystery,
        "base": f"/m/{token}",
        "grade": grade,
        "patient_waits": case.patient.status in ACTIVE,
        "curves": view.curves(case.patient, grade.cured) if grade.cured else [],
        "legend": view.legend(),
        "live": store.live_state(session, trains.id) if trains.status in ACTIVE else None,
    }
    return templates.TemplateResponse(request, "mystery_answer.html", context)


def _shown_run(request: Request, mystery: MysteryDep, session: SessionDep) -> RunRecord:
    run = view.patient(request, session, mystery)
    return as_the_class_sees_it(run, mystery)


router.include_router(figure_routes(_shown_run, figures_for_the_class))


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, mystery: MysteryDep, session: SessionDep, last_event_id: Annotated[str | None, Header()] = None
) -> AsyncIterator[ServerSentEvent]:
    """What happens while the run goes on, but for the reason of its failure, which may name a setting."""
    opened = Opened(view.patient_id(session, mystery))
    session.close()  # or each stream would hold one of the database's connections
    async with aclosing(request.app.state.hub.follow(opened, last_event_id or "")) as news:
        async for event in news:
            yield _without_reason(event)


def _without_reason(event: ServerSentEvent) -> ServerSentEvent:
    return event.model_copy(update={"data": event.data | {"error": None}}) if event.event == "status" else event


# --- an answer ---


def _check_open(session: Session, mystery: Mystery) -> None:
    if mystery.revealed:
        raise Declined(409, _("What is wrong has been revealed: no more answers are taken."))
    check_room(store.answers_since(session, mystery.id, 0))


def _read(name: str, values: Mapping[str, str]) -> store.Said:
    """Raises Declined where something is missing."""
    said = store.Said(name, values.get("rule", ""), values.get("cure", ""))
    if not said.name:
        raise Declined(422, _("Say who you are: your teacher wants to know whose answer this is."))
    if said.rule not in (*RULES, NONE) or said.cure not in (*CURES, NONE):
        raise Declined(422, _("Choose what is wrong, and which change would cure it."))
    return said


# --- the page ---


def _page(
    request: Request, token: str, session: Session, mystery: Mystery, values: Mapping[str, str],
    declined: Declined | None = None,
) -> Response:  # fmt: skip
    case = view.case(request, session, mystery)
    mine = [answer for answer in store.list_answers(session, mystery.id) if _is_of_who_asks(request, answer)]
    context = _charts(case, mystery, page_state(request)) | {
        "base": f"/m/{token}",
        "live": store.live_state(session, case.patient.id),
        "mystery": mystery,
        "choices": view.choices(),
        "most": MOST_LETTERS,
        "values": values,
        "declined": declined.reason if declined else "",
        "grades": view.grades(request, session, case, mine),
        "may_launch": may_launch(request),
    }
    status, headers = (declined.status, declined.headers) if declined else (200, {})
    return templates.TemplateResponse(request, "mystery_class.html", context, status, headers)


def _is_of_who_asks(request: Request, answer: Answer) -> bool:
    """Of this browser or, wherever they answered, of who is signed in."""
    viewer = who_asks(request)
    return answer.id in request.session.get("tries", []) or (viewer is not None and answer.owner_id == viewer.id)


def _charts(case: Case, mystery: Mystery, state: PageState) -> dict[str, Any]:
    """Of a run whose spec is hidden nothing that is drawn from the spec, and no diagnosis."""
    run = as_the_class_sees_it(case.patient, mystery)
    if mystery.revealed:
        return run_view(run, state) | {"blinded": False, "put_in": view.put_in(mystery)}
    return run_view(run, replace(state, expected=False)) | {"blinded": True, "diagnosis": None}
