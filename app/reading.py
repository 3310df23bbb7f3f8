"""The routes that read one run. The API has them below /api/runs/{id}, a share link below /s/{token}: the same ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app import figure_tables, pages, pictures, svg
from app.answers import (
    Detail,
    DiagnosisOut,
    FigureOut,
    HealthOut,
    HistogramsOut,
    Json,
    LayersOut,
    MetricsOut,
    histograms_of,
    layers_of,
    metrics_of,
)
from app.db import SessionDep
from app.diagnosis import diagnosis_of
from app.diagnosis_view import diagnosis_view
from app.figures import FIGURES, THEMES, View
from app.freshness import NEVER_CHANGES
from app.i18n import gettext as _
from app.live import Opened
from app.models import ACTIVE
from app.page_state import PageState, page_state
from app.run_view import draw
from ml.records import SIGNALS, RunRecord

Signal = Literal["activation", "backprop_gradient", "weight_gradient", "weight"]


def reading_routes(open_run: Callable[..., Opened], read_only: bool = True) -> APIRouter:
    """The routes for runs that `open_run` lets through; it raises where there is nothing to read. Who may do more than
    read is offered repairs beside the diagnosis."""
    router = APIRouter(responses={404: {"model": Detail}})
    OpenedDep = Annotated[Opened, Depends(open_run)]

    def load(request: Request, opened: OpenedDep, session: SessionDep) -> RunRecord:
        run: RunRecord | None = request.app.state.cache.load(session, opened.run_id)
        if run is None:
            raise HTTPException(404, _("There is no such run."))
        # Whoever names a version gets another address once what the answers hold has changed.
        setattr(request.state, NEVER_CHANGES, "v" in request.query_params and run.status not in ACTIVE)
        return run

    RunDep = Annotated[RunRecord, Depends(load)]

    @router.get("/metrics", response_model=MetricsOut)
    def metrics(run: RunDep) -> Json:
        return Json(metrics_of(run))

    @router.get("/layers/{signal}", response_model=LayersOut | HealthOut)
    def layers(run: RunDep, signal: Signal | Literal["health"]) -> Json:
        return Json(layers_of(run, signal))

    @router.get("/histograms", response_model=dict[Signal, HistogramsOut])
    def all_histograms(run: RunDep) -> Json:
        """Those of every signal."""
        return Json({signal: histograms_of(run, signal) for signal in SIGNALS})

    @router.get("/histograms/{signal}", response_model=HistogramsOut)
    def histograms(run: RunDep, signal: Signal) -> Json:
        return Json(histograms_of(run, signal))

    @router.get("/diagnosis", response_model=DiagnosisOut)
    def diagnosis(run: RunDep) -> Json:
        """What is wrong with the run as far as it has come, by which number, and what may cure it."""
        return Json(diagnosis_of(run))

    @router.get("/diagnosis.html", response_class=Response, responses={200: {"content": {"text/html": {}}}})
    def readable_diagnosis(request: Request, run: RunDep, state: StateDep) -> Response:
        """The same as the part of the run's page that follows the run while it goes on."""
        context = {"run": run, "diagnosis": diagnosis_view(run, state), "read_only": read_only}
        return pages.templates.TemplateResponse(request, "_diagnosis.html", context)

    @router.get("/figures", response_model=dict[str, FigureOut | str])
    def figures(run: RunDep, state: StateDep, names: Names, renderer: Literal["plotly", "svg"] = "plotly") -> Json:
        """Several figures at once, as the page of the run shows them when its address has the same parameters."""
        drawn = {key: _as_on_the_page(run, key, state) for key in names.split(",")}
        if renderer == "plotly":
            return Json(drawn)
        return Json({key: svg.render(figure, _(FIGURES[key.partition(":")[0]].title)) for key, figure in drawn.items()})

    @router.get("/figures/preview.png", responses={200: {"content": {"image/png": {}}}}, response_class=Response)
    def preview(run: RunDep, session: SessionDep) -> Response:
        """The run as a picture of 1200x630, which is shown beside a link to it."""
        return Response(pictures.picture(session, run, pictures.PREVIEW), media_type="image/png")

    @router.get("/figures/{name}.svg", responses={200: {"content": {"image/svg+xml": {}}}}, response_class=Response)
    def picture(run: RunDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None) -> Response:
        """The same figure, drawn by the server."""
        figure = _draw(run, name, "light", step, layer, view)
        return Response(svg.as_file(figure, _(FIGURES[name].title)), media_type="image/svg+xml")

    @router.get("/figures/{name}.csv", responses={200: {"content": {"text/csv": {}}}}, response_class=Response)
    def numbers(run: RunDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None) -> Response:
        """The figure's numbers, a row for each point."""
        table = figure_tables.table(_draw(run, name, "light", step, layer, figure_tables.plain(view)))
        headers = {"Content-Disposition": f'attachment; filename="layerscope-{run.id}-{name}.csv"'}
        return Response(figure_tables.as_csv(table), media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/figures/{name}.html", response_class=Response)
    def readable(
        request: Request, run: RunDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None
    ) -> Response:
        """The figure's numbers as an HTML table, to be put into a page."""
        table = figure_tables.table(_draw(run, name, "light", step, layer, figure_tables.plain(view)))
        download = request.url.path.removesuffix(".html") + ".csv"
        address = f"{download}?{request.url.query}" if request.url.query else download
        return Response(figure_tables.as_html(table, _(FIGURES[name].title), address), media_type="text/html")

    @router.get("/figures/{name}", response_model=FigureOut)
    def figure(
        run: RunDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None,
        theme: Annotated[Literal["light", "dark", "page"], Query(description="Whose colours")] = "light",
    ) -> Json:  # fmt: skip
        """A Plotly figure of the run as it stands, of the snapshot at or before `step` where it shows one."""
        return Json(_draw(run, name, theme, step, layer, view))

    @router.get("/events", response_class=EventSourceResponse)
    async def events(
        request: Request, opened: OpenedDep, session: SessionDep,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> AsyncIterator[ServerSentEvent]:  # fmt: skip
        """What happens while the run goes on: `status`, `snapshot` and `metric` events. Ends with the run."""
        session.close()  # or each stream would hold one of the database's connections
        async with aclosing(request.app.state.hub.follow(opened, last_event_id or "")) as news:
            async for event in news:
                yield event

    return router


StateDep = Annotated[PageState, Depends(page_state)]
Names = Annotated[str, Query(max_length=2_000, description="Their names", examples=["loss,bands:hidden1"])]
Step = Annotated[int | None, Query(ge=0, description="Empty = the latest")]
Layer = Annotated[str | None, Query(description="For figures of a single layer", examples=["hidden1"])]


Switch = Annotated[bool, Query()]


def _view(
    log: Annotated[bool | None, Query(description="Logarithmic axis; empty = the figure's own choice")] = None,
    smooth: Switch = False, ridge: Switch = False, expected: Switch = False,
) -> View:  # fmt: skip
    """What a reader chose; a figure ignores what it cannot do."""
    return View(log, smooth, ridge, expected)


ViewDep = Annotated[View, Depends(_view)]


def _draw(run: RunRecord, name: str, theme: str, step: int | None, layer: str | None, view: View) -> dict[str, Any]:
    _check_there(run, name, layer)
    return FIGURES[name].draw(run, THEMES[theme], step=step, layer=layer, view=view)


def _as_on_the_page(run: RunRecord, key: str, state: PageState) -> dict[str, Any]:
    name, _colon, layer = key.partition(":")
    _check_there(run, name, layer or None)
    return draw(run, key, THEMES["page"], state)


def _check_there(run: RunRecord, name: str, layer: str | None) -> None:
    if name not in FIGURES:
        raise HTTPException(404, _("There is no such figure; there are {names}.", names=", ".join(FIGURES)))
    if layer is not None and layer not in run.spec.hidden_layers:
        names = ", ".join(run.spec.hidden_layers)
        raise HTTPException(404, _("There is no such hidden layer; there are {names}.", names=names))
