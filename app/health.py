"""The routes for who keeps Layerscope running: /healthz and /metrics. Both answer soon whatever the database does."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app import metrics, store
from app.answers import HealthzOut, ProcessOut
from app.models import Worker
from app.settings import is_loopback

T = TypeVar("T")
LONGEST_LOOK = 2.0  # seconds that the database has to answer

router = APIRouter(tags=["api"])
# Apart from the threads of the pages: those may all wait for a database that is away.
_threads = ThreadPoolExecutor(2, "health")


@router.get("/healthz", response_model=HealthzOut, responses={503: {"model": HealthzOut}})
async def healthz(request: Request, response: Response) -> HealthzOut:
    """Whether the server answers and its database too (else 503, and the numbers are null); asked from this machine,
    also which processes there are."""
    seen = await _look(request, lambda session: (store.count_by_status(session), store.living_workers(session)))
    response.status_code = 200 if seen else 503
    counts, workers = seen or ({}, [])
    local = request.client is not None and is_loopback(request.client.host)
    return HealthzOut(
        status="ok" if seen else "error", database="ok" if seen else "unreachable",
        queued=counts.get("queued", 0) if seen else None, running=counts.get("running", 0) if seen else None,
        workers=len(workers) if seen else None, processes=_processes(workers) if local else None,
    )  # fmt: skip


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def read_metrics(request: Request) -> Response:
    """For Prometheus: runs, queue, workers, sizes, requests by route. Numbers about the whole, without any names."""
    state = request.app.state
    text = metrics.metrics_text(state.settings, state.answered, await _look(request, metrics.stored_metrics))
    return Response(text, media_type="text/plain; version=0.0.4")


async def _look(request: Request, work: Callable[[Session], T]) -> T | None:
    """What `work` finds in the database; None where that does not answer soon."""

    def look() -> T:
        with Session(request.app.state.engine) as session:
            return work(session)

    try:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(_threads, look), LONGEST_LOOK)
    except (SQLAlchemyError, TimeoutError):
        return None


def _processes(workers: list[Worker]) -> list[ProcessOut]:
    found = [ProcessOut(role="web", pid=os.getpid(), run=None)]
    for worker in workers:
        found.append(ProcessOut(role="worker", pid=worker.pid, run=worker.run_id))
        if worker.trainer_pid:
            found.append(ProcessOut(role="trainer", pid=worker.trainer_pid, run=worker.run_id))
        if worker.spare_pid:
            found.append(ProcessOut(role="trainer", pid=worker.spare_pid, run=None))
    return found
