"""The routes that read one run. The API has them below /api/runs/{id}, a share link below /s/{token}: the same ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app import missing, pages, pictures
from app.answers import (
    Detail,
    DiagnosisOut,
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
from app.figure_routes import StateDep, figure_routes
from app.freshness import NEVER_CHANGES
from app.i18n import gettext as _
from app.live import Opened
from app.models import ACTIVE
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
            raise HTTPException(404, _(missing.RUN))
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

    @router.get("/figures/preview.png", responses={200: {"content": {"image/png": {}}}}, response_class=Response)
    def preview(run: RunDep, session: SessionDep) -> Response:
        """The run as a picture of 1200x630, which is shown beside a link to it."""
        return Response(pictures.picture(session, run, pictures.PREVIEW), media_type="image/png")

    router.include_router(figure_routes(load))

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
