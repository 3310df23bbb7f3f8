"""What teachers see of their class, and what they may do about it. Where nobody signs in there is no class."""

from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import actions, store
from app.db import SessionDep
from app.i18n import gettext as _
from app.pages import TypedDep, templates
from app.passwords import Passwords
from app.settings import LONGEST_PASSWORD, SHORTEST_PASSWORD
from app.teacher import view
from ml.words import words

NO_STUDENT = words("There is no such student. The name may have been removed.")


def _class(request: Request) -> Passwords:
    found: Passwords | None = request.app.state.passwords
    if found is None:
        raise HTTPException(404, _("There is no class where nobody signs in: this server serves this machine alone."))
    return found


PasswordsDep = Annotated[Passwords, Depends(_class)]
router = APIRouter(prefix="/teacher", include_in_schema=False, dependencies=[Depends(_class)])


@router.get("")
def overview(request: Request, session: SessionDep) -> Response:
    """Who is here, what is trained, what was said, and the password that lets them in."""
    return _overview(request, session)


@router.get("/members/{member_id}")
def of_student(request: Request, member_id: str, session: SessionDep) -> Response:
    """What one of them has run and said."""
    member = store.member_record(session, member_id)
    if member is None:
        raise HTTPException(404, _(NO_STUDENT))
    context = view.of_student(request.app.state.settings, session, member)
    return templates.TemplateResponse(request, "teacher_member.html", context)


@router.post("/members/{member_id}/remove")
def remove(member_id: str, session: SessionDep) -> Response:
    """Free the name; the runs stay."""
    if not store.remove_student(session, member_id):
        raise HTTPException(404, _(NO_STUDENT))
    return RedirectResponse("/teacher", status_code=303)


@router.post("/members/{member_id}/new-password")
def let_choose(member_id: str, session: SessionDep) -> Response:
    """Whoever signs in next by this name chooses its password."""
    if not store.forget_password(session, member_id):
        raise HTTPException(404, _(NO_STUDENT))
    return RedirectResponse(f"/teacher/members/{member_id}", status_code=303)


@router.post("/runs/{run_id}/stop")
def stop(request: Request, run_id: str, session: SessionDep) -> Response:
    """Stop a run of the queue, also one that a mystery hides; what it has measured stays."""
    actions.cancel(session, request.app.state.queue, run_id)
    return RedirectResponse("/teacher#queue", status_code=303)


@router.get("/labs/{experiment_id}")
def of_lab(request: Request, experiment_id: str, session: SessionDep) -> Response:
    """What the class has predicted of a lab, by name."""
    return templates.TemplateResponse(request, "teacher_lab.html", view.of_lab(request, session, experiment_id))


@router.get("/mysteries/{mystery_id}")
def of_mystery(request: Request, mystery_id: str, session: SessionDep) -> Response:
    """What the class has answered about a mystery patient, by name, and what is hidden."""
    mystery = store.find_mystery(session, mystery_id)
    if mystery is None:
        raise HTTPException(404, _("There is no such mystery patient. It may have been deleted."))
    return templates.TemplateResponse(request, "teacher_mystery.html", view.of_mystery(request, session, mystery))


@router.post("/password")
async def change_password(request: Request, values: TypedDep, session: SessionDep, passwords: PasswordsDep) -> Response:
    """Ask the class for another password from now on, which ends all sessions."""
    arguments = request, session, passwords, values.get("password", "").strip()
    return await to_thread.run_sync(_change_password, *arguments, limiter=request.app.state.hashing)


def _change_password(request: Request, session: Session, passwords: Passwords, password: str) -> Response:
    if problem := _problem(passwords, password):
        return _overview(request, session, 422, problem=problem)
    passwords.change(session, password)
    return RedirectResponse("/sign-in?as=teacher", status_code=303)


def _problem(passwords: Passwords, password: str) -> str:
    """Why it can't be the class's; empty where it can."""
    if len(password) < SHORTEST_PASSWORD:
        return _("A class password has at least {count} characters.", count=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        return _("A password has at most {count} characters.", count=LONGEST_PASSWORD)
    if passwords.is_teachers(password):
        return _("That is the teachers' password: students are not to know it.")
    return ""


def _overview(request: Request, session: Session, status: int = 200, **more: Any) -> Response:
    return templates.TemplateResponse(request, "teacher.html", view.overview(request, session) | more, status)
