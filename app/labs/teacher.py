"""A lab for a class: what the teacher's link opens, with every prediction, and how one is made."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from app import sharing, store
from app.db import SessionDep
from app.labs import joining, view
from app.labs.pages import find, find_lab
from app.labs.reports import result_of
from app.models import LabClass
from app.pages import TypedDep, public_url, templates
from app.settings import is_loopback
from app.share import NoSuchShare
from ml.words import words

# What a class's page may leave out until the teacher shows it.
HIDEABLE = {
    "result": words("the verdict, its numbers and the charts"),
    "others": words("what the others predicted"),
}

router = APIRouter(include_in_schema=False)


@router.post("/labs/{name}/class")
def make(request: Request, name: str, values: TypedDep, session: SessionDep) -> Response:
    """Two links to the runs of an experiment of this lab or, where none is named, to those that there are or to new
    ones; leads to the teacher's page."""
    find_lab(name)
    asked = values.get("experiment", "")
    experiment = find(session, name, asked) if asked else None
    experiment = experiment or joining.join_or_launch(session, request.app.state.queue, name)
    token = store.create_lab_class(session, experiment.id, "")
    return RedirectResponse(f"/l/teacher/{token}", status_code=303)


def open_class(token: str, session: SessionDep) -> LabClass:
    found = store.open_lab_as_teacher(session, token)
    if found is None:
        raise NoSuchShare
    return found


ClassDep = Annotated[LabClass, Depends(open_class)]


@router.get("/l/teacher/{token}")
def teacher_page(request: Request, token: str, found: ClassDep, session: SessionDep) -> Response:
    """The link for the class, what it sees, and everything it has predicted."""
    result = result_of(request, session, found.experiment_id)
    given = store.class_predictions(session, found.id)
    public = public_url(request)
    link = f"{public}/l/{store.lab_class_token(token)}"
    context = view.predicted(result, given, None) | {
        "lab": result.lab,
        "here": f"/l/teacher/{token}",
        "link": link,
        "qr": sharing.qr_code(link),
        "only_here": is_loopback(urlsplit(public).hostname or ""),
        "given": given,
        "right": sum(one.choice == result.verdict.outcome for one in given),
        "hideable": HIDEABLE,
        "hidden": hidden_by(found),
    }
    return templates.TemplateResponse(request, "lab_teacher.html", context)


@router.post("/l/teacher/{token}/hide")
def hide(token: str, found: ClassDep, values: TypedDep, session: SessionDep) -> Response:
    """What the class's page leaves out from now on."""
    store.hide_from_class(session, found.id, ",".join(name for name in HIDEABLE if name in values))
    return RedirectResponse(f"/l/teacher/{token}", status_code=303)


@router.post("/l/teacher/{token}/delete")
def delete(found: ClassDep, session: SessionDep) -> Response:
    """Delete both links with what was predicted; the runs stay."""
    store.delete_lab_class(session, found.id)
    return RedirectResponse("/labs", status_code=303)


def hidden_by(found: LabClass) -> set[str]:
    return set(found.hidden.split(",")) & set(HIDEABLE)
