"""The page to sign in, where others can reach the server, and signing out."""

import re
from collections.abc import Mapping
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from app import store
from app.db import SessionDep
from app.door import TEACHER, Declined, Door
from app.names import MOST_LETTERS
from app.pages import TypedDep, templates
from app.settings import SHORTEST_PASSWORD

TOKEN = "sign_in"  # in the session's cookie

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def ask(request: Request, role: Annotated[str, Query(alias="as", max_length=20)] = "") -> Response:
    """The student's form, or the teacher's."""
    if request.app.state.passwords is None:
        return RedirectResponse("/", status_code=303)
    return _ask(request, {"as": role})


@router.post("/sign-in")
async def sign_in(request: Request, values: TypedDep, session: SessionDep) -> Response:
    """Let in who knows the passwords; or the form again, with what is wrong."""
    if request.app.state.passwords is None:
        return RedirectResponse("/", status_code=303)
    # So few at one time that a class that comes at once takes neither the memory nor the threads of other pages.
    return await to_thread.run_sync(_sign_in, request, values, session, limiter=request.app.state.hashing)


@router.post("/sign-out")
def sign_out(request: Request, session: SessionDep) -> Response:
    """End the session, in the browser and here."""
    _forget(request, session)
    return RedirectResponse("/sign-in", status_code=303)


def _sign_in(request: Request, values: Mapping[str, str], session: Session) -> Response:
    try:
        member = Door(request, session, values).open()
    except Declined as declined:
        return _ask(request, values, declined)
    asked_for = request.session.get("next", "/")
    _forget(request, session)
    request.session[TOKEN] = store.sign_in(session, member.id)
    return RedirectResponse(asked_for if _is_ours(asked_for) else "/", status_code=303)


def _is_ours(address: str) -> bool:
    """Browsers take what begins with two slashes for the name of another host."""
    return re.match(r"/(?![/\\])", address) is not None


def _forget(request: Request, session: Session) -> None:
    """Whoever comes next at this browser finds nothing of whoever was here."""
    if token := request.session.get(TOKEN):
        store.sign_out(session, token)
    request.session.clear()


def _ask(request: Request, values: Mapping[str, str], declined: Declined | None = None) -> Response:
    context = {
        "values": values,
        "teaches": values.get("as") == TEACHER,
        "most": MOST_LETTERS,
        "shortest": SHORTEST_PASSWORD,
        "field_wrong": declined.field if declined else "",
        "problem": declined.reason if declined else "",
    }
    status, headers = (declined.status, declined.headers) if declined else (200, {})
    return templates.TemplateResponse(request, "sign_in.html", context, status, headers)
