"""The routes that draw a run: its figures as Plotly's JSON, as pictures and as tables."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from app import figure_tables, svg
from app.answers import Detail, FigureOut, Json
from app.figures import FIGURES, THEMES, View
from app.i18n import gettext as _
from app.page_state import PageState, page_state
from app.run_view import draw
from ml.records import RunRecord

Names = Annotated[str, Query(max_length=2_000, description="Their names", examples=["loss,bands:hidden1"])]
Step = Annotated[int | None, Query(ge=0, description="Empty = the latest")]
Layer = Annotated[str | None, Query(description="For figures of a single layer", examples=["hidden1"])]
StateDep = Annotated[PageState, Depends(page_state)]
Switch = Annotated[bool, Query()]


@dataclass(frozen=True)
class Offer:
    """The figures that there are of a run, by their names, and whether they show what theory expects."""

    names: Collection[str]
    theory: bool


EVERYTHING = Offer(tuple(FIGURES), theory=True)


def figure_routes(
    load: Callable[..., RunRecord], offer: Callable[[RunRecord], Offer] = lambda _run: EVERYTHING
) -> APIRouter:
    """For the run that `load` brings, as far as the figures are on offer."""
    router = APIRouter(responses={404: {"model": Detail}})
    RunDep = Annotated[RunRecord, Depends(load)]

    def chosen(run: RunDep, view: Annotated[View, Depends(_view)]) -> View:
        return replace(view, expected=view.expected and offer(run).theory)

    def wanted(run: RunDep, state: StateDep) -> PageState:
        return replace(state, expected=state.expected and offer(run).theory)

    def drawing(run: RunDep, name: str, layer: Layer = None) -> RunRecord:
        _check_there(run, name, layer, offer(run).names)
        return run

    ViewDep = Annotated[View, Depends(chosen)]
    WantedDep = Annotated[PageState, Depends(wanted)]
    DrawnDep = Annotated[RunRecord, Depends(drawing)]

    @router.get("/figures", response_model=dict[str, FigureOut | str])
    def figures(run: RunDep, state: WantedDep, names: Names, renderer: Literal["plotly", "svg"] = "plotly") -> Json:
        """Several figures at once, as the page of the run shows them when its address has the same parameters."""
        drawn = {key: _as_on_the_page(run, key, state, offer(run).names) for key in names.split(",")}
        if renderer == "plotly":
            return Json(drawn)
        return Json({key: svg.render(figure, _(FIGURES[key.partition(":")[0]].title)) for key, figure in drawn.items()})

    @router.get("/figures/{name}.svg", responses={200: {"content": {"image/svg+xml": {}}}}, response_class=Response)
    def picture(run: DrawnDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None) -> Response:
        """The same figure, drawn by the server."""
        figure = _draw(run, name, "light", step, layer, view)
        return Response(svg.as_file(figure, _(FIGURES[name].title)), media_type="image/svg+xml")

    @router.get("/figures/{name}.csv", responses={200: {"content": {"text/csv": {}}}}, response_class=Response)
    def numbers(run: DrawnDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None) -> Response:
        """The figure's numbers, a row for each point."""
        table = figure_tables.table(_draw(run, name, "light", step, layer, figure_tables.plain(view)))
        headers = {"Content-Disposition": f'attachment; filename="layerscope-{run.id}-{name}.csv"'}
        return Response(figure_tables.as_csv(table), media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/figures/{name}.html", response_class=Response)
    def readable(
        request: Request, run: DrawnDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None
    ) -> Response:
        """The figure's numbers as an HTML table, to be put into a page."""
        table = figure_tables.table(_draw(run, name, "light", step, layer, figure_tables.plain(view)))
        download = request.url.path.removesuffix(".html") + ".csv"
        address = f"{download}?{request.url.query}" if request.url.query else download
        return Response(figure_tables.as_html(table, _(FIGURES[name].title), address), media_type="text/html")

    @router.get("/figures/{name}", response_model=FigureOut)
    def figure(
        run: DrawnDep, name: str, view: ViewDep, step: Step = None, layer: Layer = None,
        theme: Annotated[Literal["light", "dark", "page"], Query(description="Whose colours")] = "light",
    ) -> Json:  # fmt: skip
        """A Plotly figure of the run as it stands, of the snapshot at or before `step` where it shows one."""
        return Json(_draw(run, name, theme, step, layer, view))

    return router


def _view(
    log: Annotated[bool | None, Query(description="Logarithmic axis; empty = the figure's own choice")] = None,
    smooth: Switch = False, ridge: Switch = False, expected: Switch = False,
) -> View:  # fmt: skip
    """What a reader chose; a figure ignores what it cannot do."""
    return View(log, smooth, ridge, expected)


def _draw(run: RunRecord, name: str, theme: str, step: int | None, layer: str | None, view: View) -> dict[str, Any]:
    return FIGURES[name].draw(run, THEMES[theme], step=step, layer=layer, view=view)


def _as_on_the_page(run: RunRecord, key: str, state: PageState, there: Collection[str]) -> dict[str, Any]:
    name, _colon, layer = key.partition(":")
    _check_there(run, name, layer or None, there)
    return draw(run, key, THEMES["page"], state)


def _check_there(run: RunRecord, name: str, layer: str | None, there: Collection[str]) -> None:
    if name not in there:
        raise HTTPException(404, _("There is no such figure; there are {names}.", names=", ".join(there)))
    if layer is not None and layer not in run.spec.hidden_layers:
        names = ", ".join(run.spec.hidden_layers)
        raise HTTPException(404, _("There is no such hidden layer; there are {names}.", names=names))
