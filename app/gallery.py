"""The home page: the runs there are, found and filtered by the address, and examples to begin with. Runs of labs stand
on the pages of those; here they are found only when someone looks for them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from markupsafe import Markup
from sqlmodel import Session

from app import pages, pictures, store, wording
from app.db import SessionDep
from app.diagnosis import Headline
from app.labs import index
from app.models import ACTIVE
from app.viewer import who_asks
from ml.catalog import DATASETS
from ml.records import RunRecord

RUNS_ON_A_PAGE = 20
LABS_SHOWN = 4

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Wanted:
    """What the address asks for."""

    q: Annotated[str, Query(max_length=120)] = ""
    status: Annotated[str, Query(max_length=20)] = ""
    dataset: Annotated[str, Query(max_length=40)] = ""
    experiment: Annotated[str, Query(max_length=40)] = ""
    whose: Annotated[str, Query(max_length=10)] = ""

    @property
    def filters(self) -> dict[str, str]:
        """Those that are set."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name).strip())}


@router.get("/")
def home(
    request: Request, session: SessionDep, wanted: Annotated[Wanted, Depends()],
    cursor: Annotated[str, Query(max_length=40)] = "", newer: Annotated[str, Query(max_length=40)] = "",
) -> Response:  # fmt: skip
    """The newest runs or, before any was made, experiments to begin with. `cursor` and `newer` are the ends of the page
    that one comes from."""
    viewer = who_asks(request)
    whose = wanted.whose or (viewer and ("class" if viewer.teaches else "mine")) or ""
    runs, links = _page(session, wanted, whose, cursor, newer)
    any_run = bool(runs) or bool(store.list_runs(session, limit=1, of_labs=False))
    context = {
        "any_run": any_run,
        "runs": runs,
        "wanted": wanted,
        "whose": whose,
        "links": links,
        "active": any(run.status in ACTIVE for run in runs),
        "metrics": store.last_metrics(session, [run.id for run in runs]),
        **_pictures(request, session, runs),
        "experiments": store.experiment_names(session),
        "datasets": {name: data.label for name, data in DATASETS.items()},
        "statuses": list(wording.STATUSES),
        "examples": request.app.state.showcase.shown(),
        "labs": index.newest(session, LABS_SHOWN),
    }
    return pages.templates.TemplateResponse(request, "home.html", context)


def _page(
    session: Session, wanted: Wanted, whose: str, cursor: str, newer: str
) -> tuple[list[RunRecord], dict[str, str]]:
    """The runs, and the addresses of the pages beside theirs."""
    filters = wanted.filters
    sought = filters | {"whose": whose}
    runs, more = _some(session, sought, newer_than=newer or None, cursor=None if newer else cursor or None)
    if newer and not more:  # the first page, and a full one
        runs, more = _some(session, sought)
        newer = cursor = ""
    if not runs:
        return runs, {"newest": _address(filters)} if cursor else {}
    links = {}
    if newer or (cursor and _some(session, sought, newer_than=runs[0].id)[0]):
        links = {"newest": _address(filters), "newer": _address(filters | {"newer": runs[0].id})}
    if newer or more:
        links["older"] = _address(filters | {"cursor": runs[-1].id})
    return runs, links


def _some(session: Session, filters: dict[str, str], **ends: str | None) -> tuple[list[RunRecord], bool]:
    """One page, and whether there is more beyond it."""
    sought = "q" in filters or "experiment" in filters
    found = store.list_runs(session, limit=RUNS_ON_A_PAGE + 1, of_labs=sought, **filters, **ends)  # type: ignore[arg-type]
    kept = found[-RUNS_ON_A_PAGE:] if ends.get("newer_than") else found[:RUNS_ON_A_PAGE]
    return kept, len(found) > RUNS_ON_A_PAGE


def _address(query: dict[str, str]) -> str:
    return f"/?{urlencode(query)}" if query else "/"


def _pictures(request: Request, session: Session, runs: Sequence[RunRecord]) -> dict[str, Any]:
    """What is seen and said of each run at a glance, by its id."""
    load = cache(lambda run_id: request.app.state.cache.load(session, run_id))
    drawn = pictures.pictures(session, runs, pictures.THUMBNAIL, load)
    told = pictures.pictures(session, runs, pictures.HEADLINE, load)
    return {
        "thumbnails": {run_id: Markup(svg.decode()) for run_id, svg in drawn.items()},
        "headlines": {run_id: Headline.kept(file) for run_id, file in told.items()},
    }
