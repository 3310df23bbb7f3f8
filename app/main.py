"""The application: routes, middleware, errors, static files."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Timer
from typing import Any

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware

from app import (
    api,
    bounds,
    compare,
    experiments,
    experiments_api,
    gallery,
    health,
    new,
    pages,
    repairs,
    repairs_api,
    share,
    shares,
    signin,
)
from app.access import Admission, NotSignedIn, admit
from app.actions import Refused
from app.answers import problem_out
from app.attempts import Attempts
from app.bounds import MAX_BODY_BYTES, ShallowJson
from app.cache import RunCache
from app.crashes import Crashes
from app.db import make_engine
from app.documented import document
from app.examples.pages import examples_app
from app.examples.prepared import Prepared
from app.examples.showcase import Showcase
from app.freshness import Freshness
from app.i18n import gettext as _
from app.labs import api as labs_api
from app.labs import classroom as lab_classroom
from app.labs import pages as lab_pages
from app.labs import reports as lab_reports
from app.labs import teacher as lab_teacher
from app.learn import pages as learn_pages
from app.limits import Full, Limits
from app.links import OPEN_BY_TOKEN
from app.live import Hub
from app.mysteries import classroom, making, teacher
from app.passwords import AT_ONCE, Passwords
from app.patience import is_away, trouble
from app.queue import Queue
from app.retention import NoRoom, Room
from app.security import Guard, ask_to_sign_in, session_key
from app.settings import Settings
from app.speaking import Speaking
from app.statics import PLOTLY, VersionedFiles, plotly
from app.store import SIGN_IN_SECONDS
from app.teacher import pages as teacher_pages
from app.traffic import Traffic
from app.wording import told
from ml.problems import explain
from ml.words import words

WAIT_SECONDS = 5  # for the database, before a visitor is told to come back
AWAY = words("The database can't be used at the moment. Nothing was lost: try again in some seconds.")
COME_BACK = {"Retry-After": "5"}

log = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Layerscope", version="1", lifespan=_lifespan, docs_url=None, redoc_url=None,
        openapi_url=None, redirect_slashes=False,  # which would go to whatever host was asked for
        description="Launch training runs and read what every layer did. Times are UTC, errors are fractions.",
        dependencies=[Depends(admit)],
    )  # fmt: skip
    _add_state(app, settings)
    _add_routes(app, settings)
    app.state.admission.learn(app)
    _add_middleware(app, settings)
    app.add_exception_handler(share.NoSuchShare, share.no_such_share)
    return _with_errors(app)


def _add_state(app: FastAPI, settings: Settings) -> None:
    """What there is one of, for all requests."""
    state = app.state
    state.settings = settings
    state.engine = make_engine(settings.runs_url, WAIT_SECONDS)
    state.admission = Admission(state.engine, settings.class_mode)
    state.queue = Queue(settings)
    state.room = Room(settings)
    state.limits = Limits(settings)
    state.cache = RunCache()
    state.hub = Hub(state.engine)
    state.examples = Prepared()
    state.showcase = Showcase(state.examples)
    state.answered = {}
    state.passwords = Passwords(settings) if settings.class_mode else None
    state.attempts = Attempts()
    state.hashing = CapacityLimiter(AT_ONCE)


def _add_routes(app: FastAPI, settings: Settings) -> None:
    for router in (
        api.router, health.router, experiments_api.router, share.router, shares.router, signin.router, gallery.router,
        compare.router, pages.router, new.router, experiments.router, repairs.router, repairs_api.router, making.router,
        teacher.router, classroom.router, learn_pages.router, lab_reports.router, lab_teacher.router,
        lab_classroom.router, lab_pages.router, labs_api.router, teacher_pages.router,
    ):  # fmt: skip
        app.include_router(router)
    app.mount("/examples", _with_errors(examples_app(settings, app.state.examples, app.state.admission)))
    app.add_api_route("/openapi.json", document, include_in_schema=False)
    app.add_api_route(f"/static/{PLOTLY}", plotly, include_in_schema=False)
    app.mount("/static", VersionedFiles())


def _with_errors(app: FastAPI) -> FastAPI:
    app.add_exception_handler(RequestValidationError, _unprocessable)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(SQLAlchemyError, _database_error)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(NoRoom, _no_room)
    app.add_exception_handler(Full, _full)
    app.add_exception_handler(Refused, _refused)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    later = Timer(1, app.state.queue.get_ready)
    later.start()
    yield
    later.cancel()
    app.state.queue.close()
    app.state.engine.dispose()


def _add_middleware(app: FastAPI, settings: Settings) -> None:
    """The last one added sees a request first."""
    app.add_middleware(ShallowJson)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(Freshness)
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=4)
    app.add_middleware(Crashes)
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(
        SessionMiddleware, secret_key=session_key(settings), session_cookie="layerscope", same_site="lax",
        https_only=settings.public_url.startswith("https://"), max_age=SIGN_IN_SECONDS,
    )  # fmt: skip
    app.add_middleware(Speaking)
    app.add_middleware(Traffic, answers=app.state.answered)


def _wants_json(request: Request) -> bool:
    path: str = request.scope["path"]
    below_an_example = path.startswith("/examples/") and path.count("/") > 2
    return below_an_example or path.startswith(("/api/", "/healthz", "/metrics", "/static/", *OPEN_BY_TOKEN))


def _unprocessable(request: Request, error: Exception) -> Response:
    """Bad input: each wrong field with what is wrong and a value that works."""
    assert isinstance(error, RequestValidationError)
    details = [{**details, "loc": details["loc"][1:]} for details in error.errors()]
    if any(details["type"] == "json_invalid" for details in error.errors()):
        return JSONResponse({"detail": _("The body is not valid JSON.")}, 400)
    found = explain(details)  # type: ignore[arg-type]
    if not _wants_json(request):
        return pages.render_error(request, 422, "; ".join(map(told, found)))
    return JSONResponse({"detail": [problem_out(problem) for problem in found]}, 422)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    if request.scope["path"].startswith(OPEN_BY_TOKEN):
        return share.no_such_share(request, error)
    detail = _in_our_words(error)
    if _wants_json(request):
        return JSONResponse({"detail": detail}, error.status_code, headers=error.headers)
    return pages.render_error(request, error.status_code, detail)


def _not_signed_in(request: Request, _error: Exception) -> Response:
    """The browser was signed in once, and is no more."""
    request.session.pop("sign_in", None)
    return ask_to_sign_in(request.scope)


def _database_error(request: Request, error: Exception) -> Response:
    """A trouble that passes is not the visitor's fault: to send the same again will do."""
    if not is_away(error):
        raise error
    log.warning("%s: the database can't be used (%s)", request.method, trouble(error))
    if _wants_json(request):
        return JSONResponse({"detail": _(AWAY)}, 503, headers=COME_BACK)
    if request.method in ("GET", "HEAD"):
        return pages.render_error(request, 503, _(AWAY), COME_BACK | {"Refresh": COME_BACK["Retry-After"]})
    again = _("Reloading this page sends the same again.")
    return pages.render_error(request, 503, f"{_(AWAY)} {again}", COME_BACK)


def _no_room(request: Request, error: Exception) -> Response:
    assert isinstance(error, NoRoom)
    if _wants_json(request):
        return JSONResponse({"detail": _(error.reason)}, 507)
    return pages.render_error(request, 507, _(error.reason))


def _full(request: Request, error: Exception) -> Response:
    assert isinstance(error, Full)
    if _wants_json(request):
        return JSONResponse({"detail": _(error.reason)}, error.status, headers=error.headers)
    return pages.render_error(request, error.status, _(error.reason), error.headers)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    if _wants_json(request):
        return JSONResponse({"detail": [problem_out(error.problem)]}, 422)
    return pages.render_error(request, 422, told(error.problem))


def _in_our_words(error: StarletteHTTPException) -> Any:
    """What the framework says is English, and the same whatever happened."""
    match error.status_code, error.detail:
        case 404, "Not Found":
            return _("There is no page at this address.")
        case 405, _said:
            return _("Nothing of this kind can be done at this address.")
        case 400, bounds.TOO_DEEP:
            return _(bounds.TOO_DEEP)
        case 400, _said:
            return _(bounds.UNREADABLE)
        case 413, _said:
            return _(bounds.TOO_LARGE)
    return error.detail
