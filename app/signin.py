"""The class password, where others can reach the server."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import pages
from app.i18n import gettext as _

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def ask(request: Request) -> Response:
    if request.app.state.password is None:
        return RedirectResponse("/", status_code=303)
    return pages.render_sign_in(request)


@router.post("/sign-in")
def sign_in(request: Request, password: Annotated[str, Form(max_length=500)] = "") -> Response:
    known = request.app.state.password
    if known is not None and not known.matches(password):
        return pages.render_sign_in(request, problem=_("That is not the class password."), status=403)
    request.session["class"] = True
    return RedirectResponse("/", status_code=303)


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    request.session.clear()
    return RedirectResponse("/sign-in", status_code=303)
