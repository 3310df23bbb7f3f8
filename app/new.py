"""The form: fill it in, look at what it would cost, launch a run or an experiment."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import actions, forms, speaking, store
from app.db import SessionDep
from app.limits import Full, limits_of
from app.pages import TypedDep, templates
from app.presets import PRESETS, preset_query
from app.preview import preview
from ml.problems import Problem

SHOWN = "shown"  # what the form sends beside the settings
SOURCES = 20  # runs that are proposed as a source of layers

router = APIRouter(include_in_schema=False)
templates.env.filters |= {"preset_query": preset_query}


@router.get("/new")
def new(request: Request, session: SessionDep) -> Response:
    """The form, filled in by the query string. What is wrong there is shown as if it had been sent."""
    values = _asked(request)
    if not all(values.values()):  # what a browser sends without a script: every field, empty or not
        return RedirectResponse(_address(values), status_code=303)
    return form(request, session, forms.spaced(values), _problems(values, session) if values else [])


@router.get("/new/preview")
def new_preview(request: Request, session: SessionDep) -> Response:
    """A fragment of the form: what theory expects of the settings in the query string, what they cost, and how far the
    limits are."""
    values = _asked(request)
    context = {"preview": preview(values, session), "waits_for": forms.complaints(values, _problems(values, session))}
    return templates.TemplateResponse(request, "_preview.html", context)


def _asked(request: Request) -> dict[str, str]:
    """Whether the run is to be shown is not asked for by an address."""
    return {name: value for name, value in request.query_params.items() if name not in (speaking.PARAMETER, SHOWN)}


def _address(values: Mapping[str, str]) -> str:
    """Of the form as it is filled in, without what stands there anyway."""
    return f"/new?{forms.encoded(forms.shortened(values))}".rstrip("?")


@router.post("/runs")
def launch(request: Request, values: TypedDep, session: SessionDep) -> Response:
    """Launch the run or the experiment, or show the form again with what was typed and what is wrong with it."""
    shown = values.pop(SHOWN, "") == "1"
    if shown:
        store.show_what_is_made(session)
    try:
        return RedirectResponse(_launch(request, session, forms.plan(values)), status_code=303)
    except forms.Wrong as wrong:
        return form(request, session, values, wrong.problems, 422, shown)
    except actions.Refused as refused:
        return form(request, session, values, [refused.problem], 422, shown)
    except Full as full:
        return form(request, session, values, [], full.status, shown, full)


def _launch(request: Request, session: Session, plan: forms.Plan) -> str:
    """The address of what was launched."""
    queue = request.app.state.queue
    if not plan.is_experiment:
        return f"/runs/{actions.launch(session, queue, plan.base).id}"
    experiment, _ = actions.launch_experiment(session, queue, plan.base, plan.vary, plan.runs)
    return f"/experiments/{experiment.id}"


def _problems(values: Mapping[str, str], session: Session) -> list[Problem]:
    try:
        plan = forms.plan(values)
    except forms.Wrong as wrong:
        return wrong.problems
    limits = limits_of(session)
    problem = limits.problem(session, [run.spec for run in plan.runs], plan.vary) if limits else None
    return [problem] if problem else []


def form(
    request: Request, session: Session, values: Mapping[str, str], found: list[Problem], status: int = 200,
    shown: bool = False, full: Full | None = None,
) -> Response:  # fmt: skip
    """With what was typed and what is wrong with it; `full` where it is right and can't be had now."""
    context = {
        "full": full.reason if full else "",
        "presets": PRESETS,
        "untouched": not values,
        "shown": shown,
        "head": forms.head(values, found),
        "groups": forms.groups(values, found),
        "rows": forms.rows(values, found),
        "options": forms.options(),
        "complaints": forms.complaints(values, found),
        "suggestions": {"transfer_from": store.list_runs(session, limit=SOURCES, status="finished", of_labs=False)},
        "preview": preview(values, session),
        "here": _address(values) if request.method == "POST" else "",
    }
    return templates.TemplateResponse(request, "new.html", context, status, full.headers if full else None)
