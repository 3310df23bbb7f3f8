"""The queue of runs: the only file that knows its engine, DBOS, on both sides.

The web process enqueues; a worker process takes one run at a time. A workflow's id is the id of its run, so
enqueueing twice is harmless. The engine has a SQLite file of its own. It takes 0.2 s to import, which the first page
after a start does not wait for.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from app.db import make_engine
from app.settings import Settings

if TYPE_CHECKING:
    from dbos import DBOSClient, DBOSConfig

QUEUE = "runs"
WORKFLOW = "train"
# A fixed version: a run that was enqueued before an upgrade is taken up by the worker after it.
APP_VERSION = "1"
POLL_SECONDS = 0.1
IDS_A_QUERY = 500
DONE = ["SUCCESS", "ERROR", "CANCELLED"]

log = logging.getLogger(__name__)


class State(NamedTuple):
    """What the engine thinks of a run, in its own words, and which worker has it or had it last."""

    status: str
    owner: str | None


class Queue:
    """The web's side. Connects at first use, so that a page answers before a worker has ever started."""

    def __init__(self, settings: Settings) -> None:
        self._engine = make_engine(settings.queue_url)

    @cached_property
    def _client(self) -> "DBOSClient":
        from dbos import DBOSClient, DBOSPortableJSONSerializer

        return DBOSClient(
            system_database_engine=self._engine,
            serializer=DBOSPortableJSONSerializer(),
            lazy=True,
            retry_connection_errors=False,
        )

    def get_ready(self) -> None:
        """Import the engine now, so that the first run that is launched does not wait for it."""
        self._client  # noqa: B018

    def enqueue(self, run_id: str, turn: int = 1) -> None:
        """Hand the run to a worker; the lowest turn comes first, of equal ones the oldest run. Where that fails the run
        is safe: it is stored, and a worker looks for runs that the queue does not know every 10 s."""
        try:
            self._client.enqueue(
                {
                    "queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": run_id, "app_version": APP_VERSION,
                    "priority": turn,
                },
                run_id,
            )  # fmt: skip
        except DBAPIError:
            log.warning("run %s is stored but could not be enqueued; a worker will find it", run_id, exc_info=True)

    def cancel(self, run_id: str) -> None:
        """Forget a run that waits. One that has begun is ended by its worker, which looks at the run's status."""
        try:
            self._client.cancel_workflow(run_id)
        except DBAPIError:
            log.warning("run %s could not be taken off the queue", run_id, exc_info=True)

    def states(self, run_ids: Sequence[str]) -> dict[str, "State"]:
        """What the engine thinks of these runs; those are missing that it does not know."""
        found: dict[str, State] = {}
        for asked in _batched(run_ids, IDS_A_QUERY):
            told = self._client.list_workflows(workflow_ids=asked, load_input=False, load_output=False)
            found |= {x.workflow_id: State(x.status, x.executor_id) for x in told}
        return found

    def held(self) -> dict[str, str | None]:
        """The runs that workers have in hand, as far as the engine knows, and which worker has each."""
        told = self._client.list_workflows(status="PENDING", load_input=False, load_output=False)
        return {x.workflow_id: x.executor_id for x in told}

    def wake(self, run_id: str) -> None:
        """Put a run back that its worker will not finish; its turn stays."""
        self._client.resume_workflow(run_id, queue_name=QUEUE)

    def renew(self, run_id: str, turn: int = 1) -> None:
        """Put a run back that the engine takes for done."""
        self._client.delete_workflow(run_id)
        self.enqueue(run_id, turn)

    def forget_done(self, seconds: float) -> None:
        """Drop what the engine keeps of runs that it was done with so long ago; many at once, and the rest the next
        time."""
        before = datetime.fromtimestamp(time.time() - seconds, UTC).isoformat()
        done = self._client.list_workflows(
            status=DONE, completed_before=before, limit=IDS_A_QUERY, load_input=False, load_output=False
        )
        if done:
            self._client.delete_workflows([one.workflow_id for one in done])

    def close(self) -> None:
        if "_client" in self.__dict__:
            self._client.destroy()
        self._engine.dispose()


def _batched(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(ids[start : start + size]) for start in range(0, len(ids), size))


def start_worker(settings: Settings, name: str, train: Callable[[str], None]) -> None:
    """Take runs from now on, one at a time, each by a call of `train(run_id)` in a thread.

    `name` is of this process alone: what one of its name was killed in, the engine would begin again at its start,
    although another worker may have it by then.
    """
    from dbos import DBOS

    _launch(make_engine(settings.queue_url), name, train)
    DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=POLL_SECONDS)


def prepare(settings: Settings) -> None:
    """Create or upgrade the engine's tables, before anyone enqueues."""
    from dbos import DBOS

    engine = make_engine(settings.queue_url)
    _launch(engine, "prepare", lambda _run_id: None)
    DBOS.destroy(destroy_registry=True)
    engine.dispose()


def _launch(engine: Engine, name: str, train: Callable[[str], None]) -> None:
    from dbos import DBOS, DBOSPortableJSONSerializer

    config: DBOSConfig = {
        "name": "layerscope",
        "executor_id": name,
        "application_version": APP_VERSION,
        "system_database_engine": engine,
        "use_listen_notify": False,  # a connection more, for what is not used here
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "ERROR",
    }
    DBOS(config=config)

    @DBOS.workflow(name=WORKFLOW)
    def workflow(run_id: str) -> None:
        train(run_id)

    DBOS.launch()
