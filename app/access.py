"""Every route there is, and who may call it: the one list. The guard decides by it, and the tests go through it.

A route that is not listed can't be served: `Admission.learn` refuses to start. Whoever may call a route that changes
something must besides come from our own pages or from no browser at all, which security.Guard sees to by the method.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import Enum, auto
from typing import Any, NamedTuple

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.routing import Mount, compile_path

from app import missing, store
from app.i18n import gettext as _
from app.viewer import KEY, Viewer


class Who(Enum):
    """May call a route, where others can reach the server. On this machine alone everybody may, and nobody signs in."""

    ANYBODY = auto()  # there is no data of the class behind it
    LINK = auto()  # whoever has the token that stands in the path
    MEMBER = auto()  # who is signed in; what they can't see is not there for them
    OWNER = auto()  # whose that is which the path names, and teachers
    TEACHER = auto()


READING = """
    GET {at}/metrics                    GET {at}/layers/{{signal}}          GET {at}/events
    GET {at}/histograms                 GET {at}/histograms/{{signal}}      GET {at}/diagnosis
    GET {at}/diagnosis.html             GET {at}/figures/preview.png        """
FIGURES = """
    GET {at}/figures                    GET {at}/figures/{{name}}           GET {at}/figures/{{name}}.svg
    GET {at}/figures/{{name}}.csv       GET {at}/figures/{{name}}.html
"""
LISTED = {
    Who.ANYBODY: """
        GET /static/{path:path}         GET /static/plotly.min.js           GET /healthz
        GET /learn                      GET /learn/{slug}                   GET /metrics
        GET /sign-in                    POST /sign-in                       POST /sign-out
    """,
    Who.LINK: f"""
        GET /s/{{token}} {(READING + FIGURES).format(at="/s/{token}")}
        GET /m/{{token}} {FIGURES.format(at="/m/{token}")}
        GET /m/{{token}}/events         POST /m/{{token}}/answers           GET /m/{{token}}/answers/{{answer_id}}
        GET /m/teacher/{{token}}        POST /m/teacher/{{token}}/reveal    POST /m/teacher/{{token}}/delete
        GET /l/{{token}}                POST /l/{{token}}                   GET /l/{{token}}/reports/{{prediction_id}}
        GET /l/teacher/{{token}}        POST /l/teacher/{{token}}/hide      POST /l/teacher/{{token}}/delete
    """,
    Who.MEMBER: f"""
        GET /                           GET /new                            GET /new/preview
        POST /runs                      GET /runs/{{run_id}}                GET /runs/{{run_id}}.html
        GET /runs/{{run_id}}/repairs    POST /runs/{{run_id}}/repairs       GET /runs/{{run_id}}/repairs/{{repair_id}}
        GET /experiments/{{experiment_id}}                                  GET /experiments/{{experiment_id}}.csv
        GET /experiments/{{experiment_id}}/compare                          GET /compare
        GET /labs                       GET /labs/{{name}}                  POST /labs/{{name}}
        POST /labs/{{name}}/again       GET /labs/{{name}}/{{experiment_id}}
        GET /openapi.json               GET /api/catalog
        GET /api/runs                   POST /api/runs                      GET /api/runs/{{run_id}}
        GET /api/runs/{{run_id}}/export.zip                                 GET /api/runs/{{run_id}}/extras
        GET /api/runs/{{run_id}}/repairs                                    POST /api/runs/{{run_id}}/repairs
        {(READING + FIGURES).format(at="/api/runs/{run_id}")}
        GET /api/experiments            POST /api/experiments               GET /api/experiments/{{experiment_id}}
        GET /api/compare/figures/{{name}}                                   GET /api/compare/figures/{{name}}.svg
        GET /api/labs                   GET /api/labs/{{name}}              POST /api/labs/{{name}}
        GET /api/labs/{{name}}/{{experiment_id}}
        GET /shares                     GET /api/shares
        GET /examples/{{slug}} {(READING + FIGURES).format(at="/examples/{slug}")}
    """,
    Who.OWNER: """
        POST /runs/{run_id}/cancel      POST /runs/{run_id}/delete          POST /runs/{run_id}/show
        POST /runs/{run_id}/shares      POST /shares/{share_id}/revoke      POST /shares/{share_id}/rotate
        POST /experiments/{experiment_id}/cancel                            POST /experiments/{experiment_id}/delete
        POST /experiments/{experiment_id}/show
        GET /labs/reports/{prediction_id}                                   POST /labs/reports/{prediction_id}/shares
        DELETE /api/runs/{run_id}       POST /api/runs/{run_id}/cancel      PUT /api/runs/{run_id}/shown
        GET /api/runs/{run_id}/shares   POST /api/runs/{run_id}/shares      DELETE /api/shares/{share_id}
        POST /api/shares/{share_id}/rotate
        DELETE /api/experiments/{experiment_id}                             POST /api/experiments/{experiment_id}/cancel
        PUT /api/experiments/{experiment_id}/shown
    """,
    Who.TEACHER: """
        GET /mystery/new                POST /mystery/new                   POST /mystery
        POST /labs/{name}/class
        GET /teacher                    GET /teacher/members/{member_id}
        POST /teacher/members/{member_id}/remove
        POST /teacher/members/{member_id}/new-password
        GET /teacher/labs/{experiment_id}                                   GET /teacher/mysteries/{mystery_id}
        POST /teacher/runs/{run_id}/stop                                    POST /teacher/password
    """,
}


class Call(NamedTuple):
    method: str
    path: str


WHO = {Call(*found): who for who, text in LISTED.items() for found in re.findall(r"(GET|POST|PUT|DELETE) (\S+)", text)}
_OPEN = [
    (call.method, compile_path(call.path)[0], who)
    for call, who in WHO.items()
    if who in (Who.ANYBODY, Who.LINK)
]  # fmt: skip

# What a path may name that has an owner: how to find it, and what to say where it is not there for who asks.
OWNED: dict[str, tuple[Callable[[Session, str], Any], str]] = {
    "run_id": (store.find_run, missing.RUN),
    "experiment_id": (store.find_experiment, missing.EXPERIMENT),
    "prediction_id": (store.find_prediction, missing.REPORT),
    "share_id": (store.find_shared, missing.SHARE),
}


def open_without_sign_in(method: str, path: str) -> Who | None:
    """ANYBODY or LINK, where this can be asked for without signing in; None where it can't, or is not there."""
    method = "GET" if method == "HEAD" else method
    return next((who for listed, pattern, who in _OPEN if listed == method and pattern.match(path)), None)


def routes(found: Iterable[Any], below: str = "") -> Iterator[tuple[Call, Any]]:
    """Every one of an application's routes and of those in what it includes and mounts, with the function that answers.

    FastAPI's own walk would make all of them ready at once, for which the first page after a start would wait.
    """
    for route in found:
        if isinstance(route, Mount) and isinstance(route.app, FastAPI):
            yield from routes(route.app.routes, below + route.path)
        elif isinstance(route, Mount):
            yield Call("GET", f"{below}{route.path}/{{path:path}}"), route.app
        elif hasattr(route, "original_router"):
            yield from routes(route.original_router.routes, below + route.include_context.prefix)
        else:
            yield from ((Call(method, below + route.path), route.endpoint) for method in route.methods)


class NotSignedIn(Exception):
    """Who asks is to sign in first."""


async def admit(request: Request) -> None:
    """A dependency of every route. FastAPI keeps what it finds out of a dependency for good: so a function, and not the
    application's own Admission, with which every application would be kept."""
    await request.app.state.admission.check(request)


class Admission:
    """Whether who asks may. It notes the viewer for the route and for what it reads."""

    def __init__(self, engine: Engine, class_mode: bool) -> None:
        self._engine = engine
        self._class_mode = class_mode
        self._who: dict[tuple[str, Any], Who] = {}

    def learn(self, app: FastAPI) -> None:
        """Raises LookupError where the application has a route that is not listed."""
        for call, endpoint in routes(app.routes):
            if call.method != "HEAD":
                if call not in WHO:
                    raise LookupError(f"{call.method} {call.path} is not in app/access.py: who may call it?")
                self._who[call.method, endpoint] = WHO[call]

    async def check(self, request: Request) -> None:
        """Raises NotSignedIn; HTTPException where something is there that is not for who asks, or is not there."""
        if self._class_mode:
            who = self._who[request.method, request.scope["endpoint"]]
            token = request.session.get("sign_in", "")
            if token or who not in (Who.ANYBODY, Who.LINK):
                await run_in_threadpool(self._admit, request, who, token)

    def _admit(self, request: Request, who: Who, token: str) -> None:
        with Session(self._engine) as session:
            viewer = _signed_in(session, token)
            if viewer is None and who not in (Who.ANYBODY, Who.LINK):
                raise NotSignedIn
            if viewer and who in (Who.ANYBODY, Who.LINK):
                viewer = replace(viewer, by_link=True)
            request.state.viewer = session.info[KEY] = viewer
            if viewer and who is Who.TEACHER and not viewer.teaches:
                raise HTTPException(403, _("This is for teachers."))
            if viewer and who is Who.OWNER:
                _check_owner(session, viewer, request.path_params)


def _signed_in(session: Session, token: str) -> Viewer | None:
    member = store.signed_in(session, token) if token else None
    return Viewer(member.id, member.name, member.role == "teacher") if member else None


def _check_owner(session: Session, viewer: Viewer, named: dict[str, Any]) -> None:
    for name, (find, none) in OWNED.items():
        if name in named:
            found = find(session, named[name])
            if found is None:
                raise HTTPException(404, _(none))
            if not viewer.may_change(found):
                raise HTTPException(
                    403, _("Only a teacher can change this, or who made it; what a lab trains is the class's.")
                )
