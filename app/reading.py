"""The routes that read one run. The API has them below /api/runs/{id}, a share link below /s/{token}: the same ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app import pictures, svg
from app.answers import (
    Detail,
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
from app.figures import FIGURES, THEMES
from app.freshness import NEVER_CHANGES
from app.live import Opened
from app.models import ACTIVE
from ml.records import RunRecord

Signal = Literal["activation", "backprop_gradient", "weight_gradient", "weight"]


def reading_routes(open_run: Callable[..., Opened]) -> APIRouter:
    """The routes for runs that `open_run` lets through; it raises where there is nothing to read."""
    router = APIRouter(responses={404: {"model": Detail}})
    OpenedDep = Annotated[Opened, Depends(open_run)]

    def load(request: Request, opened: OpenedDep, session: SessionDep) -> RunRecord:
        run: RunRecord | None = request.app.state.cache.load(session, opened.run_id)
        if run is None:
            raise HTTPException(404, "There is no such run.")
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

    @router.get("/histograms/{signal}", response_model=HistogramsOut)
    def histograms(run: RunDep, signal: Signal) -> Json:
        return Json(histograms_of(run, signal))

    @router.get("/figures/preview.png", responses={200: {"content": {"image/png": {}}}}, response_class=Response)
    def preview(run: RunDep, session: SessionDep) -> Response:
        """The run as a picture of 1200x630, which is shown beside a link to it."""
        return Response(pictures.picture(session, run, pictures.PREVIEW), media_type="image/png")

    @router.get("/figures/{name}.svg", responses={200: {"content": {"image/svg+xml": {}}}}, response_class=Response)
    def picture(run: RunDep, name: str, step: Step = None, layer: Layer = None) -> Response:
        """The same figure, drawn by the server."""
        figure = _draw(run, name, "page", step, layer)
        return Response(svg.render(figure, FIGURES[name].title), media_type="image/svg+xml")

    @router.get("/figures/{name}", response_model=FigureOut)
    def figure(
        run: RunDep, name: str, step: Step = None, layer: Layer = None,
        theme: Annotated[Literal["light", "dark", "page"], Query(description="Whose colours")] = "light",
    ) -> Json:  # fmt: skip
        """A Plotly figure of the run as it stands, of the snapshot at or before `step` where it shows one."""
        return Json(_draw(run, name, theme, step, layer))

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


Step = Annotated[int | None, Query(ge=0, description="Empty = the latest")]
Layer = Annotated[str | None, Query(description="For figures of a single layer", examples=["hidden1"])]


def _draw(run: RunRecord, name: str, theme: str, step: int | None, layer: str | None) -> dict[str, Any]:
    if name not in FIGURES:
        raise HTTPException(404, f"There is no such figure; there are {', '.join(FIGURES)}.")
    if layer is not None and layer not in run.spec.hidden_layers:
        raise HTTPException(404, f"There is no such hidden layer; there are {', '.join(run.spec.hidden_layers)}.")
    return FIGURES[name].draw(run, THEMES[theme], step=step, layer=layer)
