"""What can be seen of the examples: a page for each, to read, and its JSON below it.

They are an application of their own within ours, because they have a database of their own.
"""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response

from app import pages
from app.access import Admission, admit
from app.db import SessionDep
from app.examples import BY_SLUG
from app.examples.prepared import Prepared
from app.i18n import gettext as _
from app.live import Hub, Opened
from app.page_state import page_state
from app.reading import reading_routes
from app.run_view import run_view
from app.settings import Settings

router = APIRouter(prefix="/{slug}")


def examples_app(settings: Settings, prepared: Prepared, admission: Admission) -> FastAPI:
    """To be mounted below /examples."""
    app = FastAPI(openapi_url=None, dependencies=[Depends(admit)])
    app.state.admission = admission
    app.state.settings = settings
    app.state.engine, app.state.cache = prepared.engine, prepared.cache
    app.state.hub = Hub(prepared.engine)
    app.include_router(router)
    return app


@router.get("")
def example_page(request: Request, slug: str, session: SessionDep) -> Response:
    """The page of a run, with the button that runs it here."""
    run = request.app.state.cache.load(session, slug)
    if run is None:
        raise HTTPException(404, _("There is no such example."))
    shown = run_view(run, page_state(request))
    context: dict[str, Any] = shown | {"example": BY_SLUG[slug], "base": f"/examples/{slug}"}
    return pages.templates.TemplateResponse(request, "example.html", context)


def _open_example(slug: str) -> Opened:
    if slug not in BY_SLUG:
        raise HTTPException(404, _("There is no such example."))
    return Opened(slug)


router.include_router(reading_routes(_open_example))
