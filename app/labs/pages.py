"""The pages of the labs: all of them, the question of one, and what came out of its runs."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import actions, store
from app.crowd import Declined, check_own
from app.db import SessionDep
from app.i18n import gettext as _
from app.labs import index, joining, kept, predictions, view
from app.labs.result_view import lab_result
from app.limits import Full
from app.models import Prediction
from app.names import MOST_LETTERS, name_of_who_says
from app.pages import TypedDep, templates
from app.store import ExperimentRecord
from app.viewer import who_asks
from ml.labs import LABS, Lab
from ml.records import RunRecord

router = APIRouter(prefix="/labs", include_in_schema=False)


@router.get("")
def labs(request: Request, session: SessionDep) -> Response:
    """Every lab, and how it stands here."""
    return templates.TemplateResponse(request, "labs.html", {"groups": index.groups(session), "count": len(LABS)})


@router.get("/{name}")
def question(request: Request, name: str, session: SessionDep) -> Response:
    """The question, and the form that takes a prediction before anything is seen."""
    find_lab(name)
    return _ask(request, session, name, joining.joinable(session, name), {})


@router.post("/{name}")
def predict(request: Request, name: str, values: TypedDep, session: SessionDep) -> Response:
    """Keep the prediction; then look at the runs that are there, or queue them."""
    lab = find_lab(name)
    asked = _asked_for(session, name, values)
    choice = predictions.choice_of(lab, values.get("choice", ""))
    if choice is None:
        return _ask(request, session, name, asked or joining.joinable(session, name), values, 422)
    try:
        experiment = asked or joining.join_or_launch(session, request.app.state.queue, name)
        check_own(who_asks(request), store.experiment_predictions(session, experiment.id))
    except (Full, Declined) as declined:
        return _ask(request, session, name, asked, values, declined.status, declined)
    who = name_of_who_says(request, values)
    request.session[predictions.NAME] = who
    said = store.add_prediction(session, experiment.id, who, choice)
    predictions.remember(request, predictions.SAID, said.id)
    return RedirectResponse(_address(experiment), status_code=303)


@router.post("/{name}/again")
def again(request: Request, name: str, session: SessionDep) -> Response:
    """Queue the lab with seeds that nobody has tried; whoever asks for that has seen the charts."""
    find_lab(name)
    seeds = joining.next_seeds(session, name)
    experiment = actions.launch_lab(session, request.app.state.queue, name, seeds)
    predictions.remember(request, predictions.LOOKED, experiment.id)
    return RedirectResponse(_address(experiment), status_code=303)


@router.get("/{name}/{experiment_id}")
def result(
    request: Request, name: str, experiment_id: str, session: SessionDep,
    seed: Annotated[int | None, Query()] = None, look: Annotated[bool, Query()] = False,
) -> Response:  # fmt: skip
    """What came out, live; before this browser has predicted, and does not just want to `look`, the question."""
    experiment = find(session, name, experiment_id)
    if look:
        predictions.remember(request, predictions.LOOKED, experiment_id)
        return RedirectResponse(_address(experiment), status_code=303)
    said = predictions.said_here(request, session, experiment_id)
    if not predictions.may_see(request, experiment_id, said):
        return _ask(request, session, name, experiment, {})
    return _result(request, session, experiment, said, seed)


def find_lab(name: str) -> Lab:
    if name not in LABS:
        raise HTTPException(404, _("There is no such lab."))
    return LABS[name]


def find(session: Session, name: str, experiment_id: str) -> ExperimentRecord:
    """The experiment of this lab."""
    find_lab(name)
    found = store.find_experiment(session, experiment_id)
    if found is None or found.lab != name:
        raise HTTPException(404, _("There are no such runs of this lab. They may have been deleted."))
    return found


def _asked_for(session: Session, name: str, values: Mapping[str, str]) -> ExperimentRecord | None:
    """The experiment whose page the form stands on, if it stands on one."""
    experiment_id = values.get("experiment", "")
    return find(session, name, experiment_id) if experiment_id else None


def _address(experiment: ExperimentRecord) -> str:
    return f"/labs/{experiment.lab}/{experiment.id}"


# --- what the pages show ---


def _ask(
    request: Request, session: Session, name: str, experiment: ExperimentRecord | None, values: Mapping[str, str],
    status: int = 200, declined: Full | Declined | None = None,
) -> Response:  # fmt: skip
    """`experiment` is that which the prediction will be about; None where it has to be queued first. `declined`: why
    that can't be, or why no prediction is taken."""
    said = predictions.said_here(request, session, experiment.id) if experiment else None
    context = view.about(name) | {
        "experiment": experiment,
        "address": _address(experiment) if experiment else "",
        "said": said,
        "values": {"name": request.session.get(predictions.NAME, ""), **values},
        "most": MOST_LETTERS,
        "wrong": status == 422,
        "declined": declined and declined.reason,
    }
    return templates.TemplateResponse(request, "lab.html", context, status, declined.headers if declined else None)


def _result(
    request: Request, session: Session, experiment: ExperimentRecord, said: Prediction | None, seed: int | None
) -> Response:
    assert experiment.lab
    shown = lab_result(experiment.lab, load_runs(request, session, experiment), seed)
    kept.keep(session, shown.runs, shown.verdict.word)
    everybody = store.experiment_predictions(session, experiment.id)
    context: dict[str, Any] = (
        view.about(shown.name)
        | view.predicted(shown, everybody, said)
        | {
            "experiment": experiment,
            "variations": view.variations(shown),
            "compared": view.compared(shown),
        }
    )
    return templates.TemplateResponse(request, "lab_result.html", context)


def load_runs(request: Request, session: Session, experiment: ExperimentRecord) -> list[RunRecord]:
    """With their snapshots, in the order in which they were queued."""
    runs = store.experiment_runs(session, experiment.id)
    loaded = (request.app.state.cache.load(session, run.id) for run in runs)
    return [run for run in loaded if run]
