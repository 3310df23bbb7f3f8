"""Whom the requests are sent to, and what there is to be found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient, Request, Response
from sqlmodel import Session

from app.access import Call
from app.figures import FIGURES
from app.figures.compare import COMPARISONS
from app.models import Run
from app.settings import Settings
from ml.labs import LABS
from ml.repairs import CURES
from ml.rules import RULES
from tests.members import class_of, member

SPARE = 10  # of what a request may delete or stop
LAB = next(iter(LABS))
RUN = {"hidden": [4], "epochs": 0}
Known = dict[str, list[str]]  # values of a parameter that name something, by its name


@dataclass
class School:
    """A class on one server. `cookie` is that of a student who has signed in."""

    document: dict[str, Any]
    there: Known
    spare: Known
    cookie: str
    client: AsyncClient
    portal: BlockingPortal  # one loop for all requests, whose threads stay

    def ask(self, request: Request) -> Response:
        """An exception of the application comes out here."""
        return self.portal.call(self.client.send, request)

    def known(self, call: Call) -> Known:
        """What a request may name."""
        spare = self.spare if call.method == "DELETE" or call.path.endswith("/cancel") else {}
        return self.there | spare | ({"name": [LAB]} if "/labs/" in call.path else {})


@contextmanager
def school(settings: Settings, finished: str) -> Iterator[School]:
    """`finished` is the id of a run in its database, which becomes the student's."""
    with class_of(settings) as app, start_blocking_portal() as portal:
        app.state.queue.enqueue = app.state.queue.cancel = lambda *_: None  # nobody trains here
        ana = member(app, "Ana")
        with Session(app.state.engine) as session:
            session.get_one(Run, finished).owner_id = "ana"
            session.commit()
        document = ana.get("/openapi.json").json()
        cookie = f"layerscope={ana.cookies['layerscope']}"
        client = AsyncClient(transport=ASGITransport(app, client=("192.168.1.7", 50_000)))
        yield School(document, _there(ana, finished), _spare(ana, finished), cookie, client, portal)


def _there(ana: TestClient, run_id: str) -> Known:
    experiments = [
        _made(ana, "/api/experiments", {"base": RUN, "seeds": 2})["id"],
        _made(ana, f"/api/labs/{LAB}")["id"],
    ]
    other = _made(ana, "/api/runs", RUN)["id"]
    token = _made(ana, f"/api/runs/{run_id}/shares")["url"].removeprefix("/s/")
    return {
        "run_id": [run_id], "experiment_id": experiments, "experiment": experiments, "runs": [f"{run_id}.{other}"],
        "token": [token], "share_id": [_made(ana, f"/api/runs/{run_id}/shares")["id"]],
        "name": [*FIGURES, *COMPARISONS], "names": ["loss,weight", "loss,bands:hidden1"], "layer": ["hidden1"],
        "rule": [*RULES], "cures": [*CURES],
    }  # fmt: skip


def _spare(ana: TestClient, run_id: str) -> Known:
    return {
        "run_id": [_made(ana, "/api/runs", RUN)["id"] for _ in range(SPARE)],
        "experiment_id": [_made(ana, "/api/experiments", {"base": RUN})["id"] for _ in range(SPARE)],
        "share_id": [_made(ana, f"/api/runs/{run_id}/shares")["id"] for _ in range(SPARE)],
    }


def _made(client: TestClient, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
