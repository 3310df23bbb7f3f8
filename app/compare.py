"""Compare: 2 to 8 runs on one page, at one short address: `/compare?runs=3fa2b1.9c0d11`, the ends of their ids."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import pages, store, svg
from app.answers import Detail, FigureOut, Json
from app.compare_view import Asked, compare_view
from app.db import SessionDep
from app.examples import BY_SLUG
from app.figures import THEMES
from app.figures.compare import COMPARISONS, MOST_RUNS, draw
from app.i18n import gettext as _
from app.i18n import ngettext
from app.reading import Signal
from ml.records import RunRecord

CANDIDATES = 8  # runs that the page offers to add

router = APIRouter()

Runs = Annotated[
    str, Query(max_length=400, description="Ends of the runs' ids, with dots between", examples=["3fa2b1.9c0d11"])
]


class Unclear(Exception):
    """Which runs are meant can't be told, or they are not to be compared; `kept` are the ends that are fine."""

    def __init__(self, status: int, reason: str, kept: list[str]) -> None:
        super().__init__(reason)
        self.status, self.reason, self.kept = status, reason, kept


def asked(
    x: Annotated[Literal["epoch", "step"], Query(description="What the curves run over")] = "epoch",
    group: Annotated[bool, Query(description="Whether runs that differ in their seed alone are one line")] = True,
    signal: Annotated[Signal, Query(description="Of the histograms")] = "activation",
    layer: Annotated[str, Query(max_length=20, description="Only this one's histograms, on the page")] = "",
    at: Annotated[int, Query(ge=0, le=100, description="Percent of the training, of the histograms")] = 100,
    same: Annotated[bool, Query(description="Whether `at` means the same step for all runs")] = False,
) -> Asked:
    return Asked(x, group, signal, layer, at, same)


AskedDep = Annotated[Asked, Depends(asked)]


@router.get("/compare", include_in_schema=False)
def compare(
    request: Request, session: SessionDep, asked: AskedDep, runs: Runs = "",
    run: Annotated[list[str] | None, Query(max_length=40)] = None, find: Annotated[str, Query(max_length=120)] = "",
) -> Response:  # fmt: skip
    """The runs at `runs`; each whole id in `run`, as a form sends it, is added to them."""
    if run:
        ends = [*filter(None, runs.split(".")), *(_end(session, run_id) for run_id in run)]
        return RedirectResponse(asked.address(list(dict.fromkeys(ends))), status_code=303)
    problem = None
    try:
        chosen = _chosen(request, session, runs)
    except Unclear as unclear:
        problem = unclear
        chosen = _chosen(request, session, ".".join(unclear.kept))
    ends = [_end(session, record.id) for record in chosen]
    candidates = store.list_runs(session, limit=CANDIDATES + len(chosen), q=find, of_labs=bool(find))
    context = compare_view(chosen, ends, asked) | {
        "problem": problem,
        "find": find,
        "candidates": [record for record in candidates if record not in chosen][:CANDIDATES],
        "examples": [] if candidates or find else [x for x in BY_SLUG.values() if x.slug not in ends],
    }
    return pages.templates.TemplateResponse(request, "compare.html", context, problem.status if problem else 200)


def _chosen(request: Request, session: Session, runs: str) -> list[RunRecord]:
    """The runs with all their snapshots. Raises Unclear."""
    ends = list(dict.fromkeys(filter(None, runs.split("."))))
    if len(ends) > MOST_RUNS:
        reason = _("{count} runs are too many: {most} can be told apart.", count=len(ends), most=MOST_RUNS)
        raise Unclear(422, reason, ends[:MOST_RUNS])
    found = {end: _load(request, session, end) for end in ends}
    missing = [end for end, run_or_reason in found.items() if isinstance(run_or_reason, str)]
    kept = [end for end in ends if end not in missing]
    if missing:
        raise Unclear(404, " ".join(str(found[end]) for end in missing), kept)
    return [run for run in found.values() if isinstance(run, RunRecord)]


def _load(request: Request, session: Session, end: str) -> RunRecord | str:
    """The run, or why there is none."""
    if end in BY_SLUG:
        example: RunRecord = request.app.state.examples.load(end)
        return example
    ids = store.ids_ending(session, end) if len(end) >= store.SHORTEST_END else []
    if len(ids) > 1:
        return _("Several runs end in {end}: give more of the id.", end=end)
    run = request.app.state.cache.load(session, ids[0]) if ids else None
    return run or _("There is no run that ends in {end}. It may have been deleted.", end=end)


def _end(session: Session, run_id: str) -> str:
    return run_id if run_id in BY_SLUG else store.shortest_end(session, run_id)


# --- the figures by themselves ---


def _figure(
    request: Request, session: SessionDep, asked: AskedDep, name: str, runs: Runs,
    layer: Annotated[str, Query(max_length=20, description="Whose histograms")] = "hidden1",
    place: Annotated[int, Query(ge=0, description="The run that the figure shows, from 0")] = 0,
    theme: Annotated[Literal["light", "dark", "page"], Query(description="Whose colours")] = "light",
) -> dict[str, Any]:  # fmt: skip
    try:
        chosen = _chosen(request, session, runs)
    except Unclear as unclear:
        raise HTTPException(unclear.status, unclear.reason) from None
    if name not in COMPARISONS:
        raise HTTPException(404, f"There is no such figure; there are {', '.join(COMPARISONS)}.")
    if place >= len(chosen):
        raise HTTPException(404, ngettext("There is only {count} run.", "There are only {count} runs.", len(chosen)))
    return draw(name, chosen, THEMES[theme], asked.view, layer, place)


FigureDep = Annotated[dict[str, Any], Depends(_figure)]
_WRONG: dict[int | str, dict[str, Any]] = {404: {"model": Detail}}


@router.get(
    "/api/compare/figures/{name}.svg", tags=["api"], response_class=Response,
    responses={**_WRONG, 200: {"content": {"image/svg+xml": {}}}},
)  # fmt: skip
def picture(name: str, figure: FigureDep) -> Response:
    """The same figure, drawn by the server."""
    return Response(svg.render(figure, _(COMPARISONS[name].title)), media_type="image/svg+xml")


@router.get("/api/compare/figures/{name}", tags=["api"], response_model=FigureOut, responses=_WRONG)
def figure(figure: FigureDep) -> Json:
    """A Plotly figure of several runs."""
    return Json(figure)
