"""What the teacher's link opens: what is hidden, what the class answers, and the end of it."""

import time
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app import actions, sharing, store, wording
from app.db import SessionDep
from app.models import ACTIVE, Mystery
from app.mysteries import view
from app.pages import may_launch, public_url, templates
from app.settings import is_loopback
from app.share import NoSuchShare

router = APIRouter(prefix="/m/teacher/{token}", include_in_schema=False)


def open_mystery(token: str, session: SessionDep) -> Mystery:
    mystery = store.open_as_teacher(session, token)
    if mystery is None:
        raise NoSuchShare
    return mystery


MysteryDep = Annotated[Mystery, Depends(open_mystery)]


@router.get("")
def teacher_page(request: Request, token: str, mystery: MysteryDep, session: SessionDep) -> Response:
    """Everything, and the link for the class."""
    case = view.case(request, session, mystery)
    grades = view.grades(request, session, case, store.list_answers(session, mystery.id))
    public = public_url(request)
    link = f"{public}/m/{store.class_token(token)}"
    context = {
        "run": case.patient,
        "put_in": view.put_in(mystery),
        "diagnosis": view.diagnosis(case, link),
        "specification": wording.table(case.patient.spec),
        "may_launch": may_launch(request),
        "mystery": mystery,
        "here": f"/m/teacher/{token}",
        "link": link,
        "qr": sharing.qr_code(link),
        "only_here": is_loopback(urlsplit(public).hostname or ""),
        "active": case.patient.status in ACTIVE,
        "live": store.live_state(session, case.patient.id),
        **view.graded(grades),
    }
    return templates.TemplateResponse(request, "mystery_teacher.html", context)


@router.post("/reveal")
def reveal(token: str, mystery: MysteryDep, session: SessionDep) -> Response:
    """Show the class what was hidden; nobody answers any more."""
    store.reveal(session, mystery.id, time.time())
    return RedirectResponse(f"/m/teacher/{token}", status_code=303)


@router.post("/delete")
def delete(request: Request, mystery: MysteryDep, session: SessionDep) -> Response:
    """Delete the mystery with its runs and answers; those that train are stopped first."""
    actions.delete_mystery(session, request.app.state.queue, mystery.id)
    return RedirectResponse("/", status_code=303)
