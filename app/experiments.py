"""The page of an experiment."""

import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from sqlmodel import Session

from app import actions, forms, missing, store, svg
from app.db import SessionDep
from app.experiment_view import Combination, combinations, group_curves, in_common, legend, progress, table
from app.figures import PAGE
from app.figures.compare import MOST_RUNS
from app.figures.groups import ERROR_BY_GROUP, error_by_group
from app.i18n import gettext as _
from app.pages import TypedDep, templates
from app.spreadsheets import write_csv
from app.store import ExperimentRecord
from ml.grid import told
from ml.labs import LABS
from ml.records import RunRecord

router = APIRouter(prefix="/experiments", include_in_schema=False)
templates.env.globals |= {"told": told}
templates.env.filters |= {"plan_query": lambda one: forms.plan_query(one.base, one.vary, one.seeds)}


@router.get("/{experiment_id}.csv")
def experiment_csv(experiment_id: str, session: SessionDep) -> Response:
    """The table, one row for each combination."""
    experiment = find(session, experiment_id)
    found = combinations_of(session, experiment, store.experiment_runs(session, experiment_id))
    headers = {"Content-Disposition": f'attachment; filename="layerscope-{experiment.id}.csv"'}
    return Response(_csv(experiment, found), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/{experiment_id}")
def experiment_page(request: Request, experiment_id: str, session: SessionDep) -> Response:
    """What varies, how far it is, and what came out. Runs of a lab are shown by that."""
    experiment = find(session, experiment_id)
    if experiment.lab in LABS:
        return RedirectResponse(f"/labs/{experiment.lab}/{experiment.id}", status_code=303)
    runs = store.experiment_runs(session, experiment_id)
    found = combinations_of(session, experiment, runs)
    figure = error_by_group(PAGE, group_curves(found, store.error_curves(session, [run.id for run in runs])))
    context = {
        "experiment": experiment,
        "labels": forms.LABELS,
        "progress": progress(runs),
        "in_common": in_common(experiment.base, runs),
        "combinations": found,
        "legend": legend(found),
        "table": table(experiment, found),
        "figure": ERROR_BY_GROUP,
        "picture": Markup(svg.render(figure, _(ERROR_BY_GROUP.title))),
    }
    return templates.TemplateResponse(request, "experiment.html", context)


@router.get("/{experiment_id}/compare")
def compare(
    experiment_id: str, session: SessionDep, group: Annotated[list[int] | None, Query(max_length=200)] = None
) -> Response:
    """Leads to the comparison of the runs of some combinations, named by their places in the table: as many seeds of
    each as can be compared."""
    experiment = find(session, experiment_id)
    found = combinations_of(session, experiment, store.experiment_runs(session, experiment_id))
    chosen = [found[place].runs for place in group or () if 0 <= place < len(found)]
    by_turns = [run for runs in zip_longest(*chosen) for run in runs if run is not None][:MOST_RUNS]
    if not by_turns:
        return RedirectResponse(f"/experiments/{experiment_id}", status_code=303)
    return RedirectResponse(f"/compare?{urlencode([('run', run.id) for run in by_turns])}", status_code=303)


@router.post("/{experiment_id}/cancel")
def cancel(request: Request, experiment_id: str, session: SessionDep) -> Response:
    """Stop every run that waits or trains; what they have measured stays."""
    find(session, experiment_id)
    actions.cancel_experiment(session, request.app.state.queue, experiment_id)
    return RedirectResponse(f"/experiments/{experiment_id}", status_code=303)


@router.post("/{experiment_id}/show")
def show(experiment_id: str, values: TypedDep, session: SessionDep) -> Response:
    """Let the class look at its runs, or nobody any more."""
    find(session, experiment_id)
    store.show_experiment(session, experiment_id, values.get("shown") == "1")
    return RedirectResponse(f"/experiments/{experiment_id}", status_code=303)


@router.post("/{experiment_id}/delete")
def delete(request: Request, experiment_id: str, session: SessionDep) -> Response:
    """Delete the experiment with all of its runs."""
    experiment = find(session, experiment_id)
    actions.delete_experiment(session, request.app.state.queue, experiment_id)
    return RedirectResponse("/labs" if experiment.lab else "/", status_code=303)


def find(session: Session, experiment_id: str) -> ExperimentRecord:
    found = store.find_experiment(session, experiment_id)
    if found is None:
        raise HTTPException(404, _(missing.EXPERIMENT))
    return found


def combinations_of(session: Session, experiment: ExperimentRecord, runs: list[RunRecord]) -> list[Combination]:
    return combinations(experiment, runs, store.last_metrics(session, [run.id for run in runs]))


def _csv(experiment: ExperimentRecord, found: list[Combination]) -> str:
    text = io.StringIO()
    write_csv(text, _rows(experiment, found))
    return text.getvalue()


def _rows(experiment: ExperimentRecord, found: list[Combination]) -> Iterator[list[Any]]:
    quantities = ("train_loss", "val_loss", "val_error")
    means = [f"{name}_{part}" for name in quantities for part in ("mean", "std")]
    yield [*experiment.vary, *means, "finished", "failed", "diverged", "runs"]
    for one in found:
        numbers: list[Any] = []
        for name in quantities:
            mean = getattr(one, name)
            numbers += [mean.mean, mean.std] if mean else [None, None]
        values = [value if isinstance(value, float) else told(value) for value in one.values]
        yield [*values, *numbers, one.finished, one.failed, one.diverged, len(one.runs)]
