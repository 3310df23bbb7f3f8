"""The JSON routes below /api."""

import math
import time
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlmodel import Session

from app import actions, missing, store
from app.answers import (
    LAUNCH,
    Detail,
    ExtrasOut,
    Json,
    ListedShareOut,
    NewShare,
    Problems,
    RunList,
    RunOut,
    ShareIn,
    ShareOut,
    ShownIn,
    extras_of,
    listed_share_out,
    moment,
    run_out,
)
from app.db import SessionDep
from app.export import export_zip
from app.i18n import gettext as _
from app.live import Opened
from app.messages import TOLD
from app.models import Share
from app.pages import public_url
from app.reading import reading_routes
from app.sharing import LAST_SHARE, qr_code, replaced
from app.viewer import viewer_of
from app.wording import STATUSES
from ml import catalog
from ml.records import RunRecord
from ml.spec import RunSpec

router = APIRouter(prefix="/api", tags=["api"], responses={400: {"model": Detail}, 413: {"model": Detail}})
NO_RUN: dict[int | str, dict[str, Any]] = {404: {"model": Detail}}
# How long whoever is signed in follows a run before the browser, which comes back by itself, has to be admitted again.
MEMBER_SECONDS = 60.0
ARTIFACTS = (store.WEIGHTS, "monitor.npz", store.MONTE_CARLO)

Status = Literal["queued", "running", "finished", "failed", "cancelled"]


ShownDep = Annotated[bool, Query(description="Show it to everybody who signs in")]


@router.get("/catalog")
def read_catalog() -> dict[str, Any]:
    """Every choice with its label, formula and parameters, and the bounds of every setting."""
    tables: dict[str, dict[str, Any]] = {
        "datasets": catalog.DATASETS, "scalings": catalog.SCALINGS, "activations": catalog.ACTIVATIONS,
        "initialisers": catalog.INITIALISERS, "optimizers": catalog.OPTIMIZERS, "losses": catalog.LOSSES,
        "architectures": catalog.ARCHITECTURES, "batch_norms": catalog.BATCH_NORMS, "clips": catalog.CLIPS,
    }  # fmt: skip
    choices = {name: [_plain(entry) for entry in table.values()] for name, table in tables.items()}
    return choices | {"spec": RunSpec.model_json_schema()}


def _plain(entry: Any) -> dict[str, Any]:
    """What is told in words is in the language of the request."""
    values = {name: value for name, value in asdict(entry).items() if not callable(value)}
    return values | {name: _(values[name]) for name in TOLD if name in values}


@router.post("/runs", status_code=201, response_model=RunOut, responses=LAUNCH)
def launch(request: Request, spec: RunSpec, session: SessionDep, shown: ShownDep = False) -> RunOut:
    """Queue a run. Fields that are left out take their defaults."""
    if shown:
        store.show_what_is_made(session)
    return run_out(actions.launch(session, request.app.state.queue, spec))


@router.get("/runs", response_model=RunList)
def list_runs(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
    q: Annotated[str, Query(max_length=120, description="Words of the name or of the settings' values")] = "",
    status: Status | None = None,
    dataset: Annotated[str | None, Query(max_length=40)] = None,
    experiment: Annotated[str | None, Query(max_length=40, description="Id of an experiment")] = None,
    whose: Annotated[Literal["", "mine", "class"], Query(description="Where students sign in")] = "",
) -> RunList:
    """Newest first."""
    found = store.list_runs(
        session, limit=limit + 1, cursor=cursor, q=q, status=status, dataset=dataset, experiment=experiment,
        whose=whose,
    )  # fmt: skip
    page = found[:limit]
    return RunList(runs=[run_out(run) for run in page], cursor=page[-1].id if len(found) > limit else None)


@router.get("/runs/{run_id}", response_model=RunOut, responses=NO_RUN)
def read_run(run_id: str, session: SessionDep) -> RunOut:
    return run_out(_find(session, run_id))


@router.post("/runs/{run_id}/cancel", response_model=RunOut, responses={**NO_RUN, 409: {"model": Detail}})
def cancel(request: Request, run_id: str, session: SessionDep) -> RunOut:
    """Stop a run that waits or trains; what it has measured stays."""
    run = _find(session, run_id)
    if not actions.cancel(session, request.app.state.queue, run_id):
        raise HTTPException(
            409, _("The run is {status} already, there is nothing to cancel.", status=STATUSES[run.status])
        )
    return run_out(_find(session, run_id))


@router.put("/runs/{run_id}/shown", response_model=RunOut, responses={**NO_RUN, 422: {"model": Problems}})
def show(run_id: str, wish: ShownIn, session: SessionDep) -> RunOut:
    """Let everybody who signs in look at the run, or nobody but its owner and teachers."""
    store.show_run(session, run_id, wish.shown)
    return run_out(_find(session, run_id))


@router.delete("/runs/{run_id}", status_code=204, responses=NO_RUN)
def delete(request: Request, run_id: str, session: SessionDep) -> None:
    """Delete a run with everything it left; one that trains is stopped first."""
    _find(session, run_id)
    actions.delete(session, request.app.state.queue, run_id)


@router.get(
    "/runs/{run_id}/export.zip", response_class=Response,
    responses={**NO_RUN, 200: {"content": {"application/zip": {}}}},
)  # fmt: skip
def export(request: Request, run_id: str, session: SessionDep) -> Response:
    """Everything about a run; the weights and the monitoring set are there once it has finished."""
    _find(session, run_id)
    run = request.app.state.cache.load(session, run_id)
    files = {name: data for name in ARTIFACTS if (data := store.artifact(session, run_id, name))}
    headers = {"Content-Disposition": f'attachment; filename="layerscope-{run_id}.zip"'}
    return Response(export_zip(run, files), media_type="application/zip", headers=headers)


@router.get("/runs/{run_id}/extras", response_model=ExtrasOut, responses=NO_RUN)
def extras(request: Request, run_id: str, session: SessionDep) -> Json:
    """What only some runs have: null where this one has it not."""
    _find(session, run_id)
    return Json(extras_of(request.app.state.cache.load(session, run_id)))


@router.post(
    "/runs/{run_id}/shares", status_code=201, response_model=NewShare, responses={**NO_RUN, 422: {"model": Problems}}
)
def share(request: Request, run_id: str, session: SessionDep, wish: ShareIn | None = None) -> NewShare:
    """Make a link that opens the run without an account. It is told here and never again."""
    _find(session, run_id)
    return _new_share(request, *store.create_share(session, run_id, wish.ends if wish else None))


def _new_share(request: Request, made: Share, token: str) -> NewShare:
    path = f"/s/{token}"
    url, link = request.app.state.settings.public_url + path, public_url(request) + path
    return NewShare(id=made.id, url=url, link=link, expires=moment(made.expires), qr=qr_code(link))


@router.get("/runs/{run_id}/shares", response_model=list[ShareOut], responses=NO_RUN)
def list_shares(run_id: str, session: SessionDep) -> list[ShareOut]:
    _find(session, run_id)
    shares = store.list_shares(session, run_id)
    return [ShareOut.model_validate(x.model_dump() | {"created": moment(x.created)}) for x in shares]


@router.get("/shares", response_model=list[ListedShareOut], responses={422: {"model": Problems}})
def list_all_shares(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
    offset: Annotated[int, Query(ge=0, le=LAST_SHARE)] = 0,
) -> list[ListedShareOut]:
    """Of all runs and lab reports that you may share, the newest first."""
    return list(map(listed_share_out, store.list_all_shares(session, limit, offset)))


@router.post(
    "/shares/{share_id}/rotate", status_code=201, response_model=NewShare,
    responses={**NO_RUN, 409: {"model": Detail}},
)  # fmt: skip
def rotate(request: Request, share_id: str, session: SessionDep) -> NewShare:
    """Replace a link by a new one with the same end. The old one opens nothing any more."""
    return _new_share(request, *replaced(session, share_id))


@router.delete("/shares/{share_id}", status_code=204, responses=NO_RUN)
def revoke(share_id: str, session: SessionDep) -> None:
    """Close a share link for good."""
    if store.revoke_share(session, share_id) is None:
        raise HTTPException(404, _(missing.SHARE))


def _find(session: Session, run_id: str) -> RunRecord:
    run = store.find_run(session, run_id)
    if run is None:
        raise HTTPException(404, _(missing.RUN))
    return run


def _open_run(run_id: str, session: SessionDep) -> Opened:
    _find(session, run_id)
    return Opened(run_id, until=time.time() + MEMBER_SECONDS if viewer_of(session) else math.inf)


router.include_router(reading_routes(_open_run, read_only=False), prefix="/runs/{run_id}")
