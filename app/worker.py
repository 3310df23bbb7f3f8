"""The worker process: takes runs from the queue, one at a time, and has each trained by a child process."""

import contextlib
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app import lifeline, logs, rescue, retention, store, waiting
from app.db import make_engine
from app.labs import kept
from app.models import ACTIVE, Worker
from app.nursery import Child, Nursery, Terms
from app.patience import patiently, trouble
from app.place import HERE, HOST, process_name
from app.queue import Queue, start_worker
from app.settings import Settings
from ml.words import Words, words

T = TypeVar("T")
MAX_CRASHES = 3  # of a run's children, before the run is given up
MAX_STALLS = 20  # attempts that brought a run no further, whatever ended them
WATCH_SECONDS = 0.1
REPORT_SECONDS = 2.0
RESCUE_SECONDS = 3.0  # between two looks at what is running, which may be a lost worker's
SEARCH_SECONDS = 10.0  # between two looks at what is waiting too, which the engine may never have been told of
STOP_SECONDS = 4.0  # for giving the run back

log = logging.getLogger(__name__)


class Crew:
    """One worker and its children. DBOS calls `train` in a thread of its own; `work` runs in the main thread."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._name = name
        self._settings = settings
        self._engine = make_engine(settings.runs_url)
        self._longest = settings.run_hours * 3600
        self._stop = threading.Event()
        self._job: tuple[str, int, Child] | None = None
        self._queue = Queue(settings)
        self._presence = Presence()
        self._ask(self._tell)
        self._ask(lambda _session: self.rescue(ACTIVE))  # before the seconds in which the fork server imports torch
        self._nursery = Nursery(Terms.of(settings))

    # --- a run ---

    def train(self, run_id: str) -> None:
        """Train the run to its end, whichever that is; then those that waited for its layers go on, and a lab that it
        was the last of is judged. Returns when nobody needs to care for it any more."""
        logs.begin(run_id)
        try:
            while (attempt := self._ask(lambda session: store.claim(session, run_id, self._name))) is not None:
                self._try(run_id, attempt)
        except store.Fenced as fenced:
            log.info("%s", fenced)
        self._ask(lambda session: waiting.pass_on(session, self._queue, run_id))
        self._ask(lambda session: kept.judge_at_end(session, run_id))

    def _try(self, run_id: str, attempt: int) -> None:
        """One attempt. Raises Fenced where the run has ended or was taken over, and so nothing is left to do."""
        reason = self._ask(lambda session: _stalled(session, run_id)) or self._watch(run_id, attempt)
        if not self._is_current(run_id, attempt):
            raise store.Fenced(f"run {run_id}: attempt {attempt} is over")
        log.warning("run %s: the training process of attempt %s is gone before its end", run_id, attempt)
        if reason := reason or self._ask(lambda session: _crashed(session, run_id, attempt)):
            self._ask(lambda session: store.fail(session, run_id, attempt, reason))

    def _watch(self, run_id: str, attempt: int) -> Words | None:
        """Have a child train; end it when the run is cancelled, taken over or too long. Why the run must fail, if it
        must."""
        latest = time.monotonic() + self._longest - self._ask(lambda session: store.trained_seconds(session, run_id))
        child = self._nursery.take()
        self._job = run_id, attempt, child
        with contextlib.suppress(BrokenPipeError):  # it died just now, and the loop below sees that
            child.pipe.send((run_id, attempt))
        self._ask(self._report_to)
        while child.process.exitcode is None:
            child.process.join(WATCH_SECONDS)
            if time.monotonic() > latest or not self._is_current(run_id, attempt):
                child.end()
        if self._stop.is_set():
            threading.Event().wait()  # the process is about to exit, and the run must stay unfinished for the engine
        self._job = None
        self._ask(self._report_to)
        return _too_long(self._longest) if time.monotonic() > latest else None

    def _is_current(self, run_id: str, attempt: int) -> bool:
        return self._ask(lambda session: store.is_current(session, run_id, attempt))

    def _ask(self, work: Callable[[Session], T]) -> T:
        """What `work` returns, in a transaction of its own, as soon as the database is there."""
        with Session(self._engine) as session:
            return patiently(session, lambda: work(session))

    # --- the worker ---

    def work(self) -> None:
        """Report and rescue until told to stop; then give the run back to the queue. Beside it, tidy up."""
        tidying = self._settings, self._engine, self._queue, self._stop
        threading.Thread(target=retention.keep_tidy, args=tidying, daemon=True).start()
        rescued = searched = -math.inf
        while not self._stop.is_set():
            now = time.monotonic()
            try:
                self._nursery.mend()
                self.report()
                if now - searched > SEARCH_SECONDS:
                    searched = rescued = now
                    self.rescue(ACTIVE)
                elif now - rescued > RESCUE_SECONDS:
                    rescued = now
                    self.rescue(("running",))
            except DBAPIError as error:
                log.warning("the database can't be used (%s); going on", trouble(error))
            self._stop.wait(REPORT_SECONDS)
        self._hand_back()

    def stop(self, *_: object) -> None:
        """Be gone soon: where even giving the run back takes too long, the other workers find out."""
        self._stop.set()
        deadline = threading.Timer(STOP_SECONDS, os._exit, [1])
        deadline.daemon = True
        deadline.start()

    def report(self) -> None:
        """Tell who is here, for the other workers and for /healthz."""
        with Session(self._engine) as session:
            self._report_to(session)

    def _report_to(self, session: Session) -> None:
        run_id, _, child = self._job or (None, None, None)
        trainer, spare = child and child.process.pid, self._nursery.spare.process.pid
        self._tell(session, run_id=run_id, trainer_pid=trainer, spare_pid=spare)

    def _tell(self, session: Session, **children: Any) -> None:
        store.report_worker(session, Worker(name=self._name, pid=os.getpid(), host=HOST, place=HERE, **children))
        self._presence.note()

    def rescue(self, statuses: Sequence[str]) -> None:
        """Bring back runs of lost workers, and those that nobody was told of."""
        with Session(self._engine) as session:
            workers = store.living_workers if self._presence.is_steady() else store.possible_workers
            names = {worker.name for worker in workers(session)}
            rescue.rescue(session, self._queue, names, statuses)
            if statuses == ACTIVE:
                rescue.let_go(self._queue, names)
                store.forget_lost_workers(session)

    def _hand_back(self) -> None:
        self._nursery.spare.end()
        with Session(self._engine) as session:
            store.forget_worker(session, self._name)
            if self._job:
                run_id, attempt, child = self._job
                child.end()
                try:
                    store.release(session, run_id, attempt)
                    self._queue.wake(run_id)  # at last: this process takes runs from the queue until it is gone
                except store.Fenced:
                    log.info("run %s ended as the worker did", run_id)


class Presence:
    """Whether this worker has been there without a gap for long enough to say of others that they have not: after a
    laptop was asleep, or the database away, everybody has been silent."""

    def __init__(self) -> None:
        self._noted = self._since = 0.0

    def note(self) -> None:
        now = time.time()  # unlike the monotonic clock it goes on while the machine is asleep
        if now - self._noted > store.WORKER_SEEN_WITHIN / 2:
            self._since = now
        self._noted = now

    def is_steady(self) -> bool:
        return time.time() - self._since > store.WORKER_SEEN_WITHIN


def _too_long(seconds: float) -> Words:
    return words("The run took longer than {hours:g} hours, which is what RUN_HOURS allows.", hours=seconds / 3600)


def _stalled(session: Session, run_id: str) -> Words | None:
    if store.stalls(session, run_id) <= MAX_STALLS:
        return None
    return words("The run was begun {times} times without coming any further.", times=MAX_STALLS)


def _crashed(session: Session, run_id: str, attempt: int) -> Words | None:
    """Counts the crash."""
    if store.note_crash(session, run_id, attempt) < MAX_CRASHES:
        return None
    return words("The training process was killed {times} times, perhaps because memory ran out.", times=MAX_CRASHES)


def run_worker(settings: Settings, label: str) -> None:
    """The worker's whole life, until SIGTERM or Ctrl-C."""
    lifeline.end_with_supervisor()
    name = process_name(label)
    crew = Crew(settings, name)
    signal.signal(signal.SIGTERM, crew.stop)
    signal.signal(signal.SIGINT, crew.stop)
    try:
        start_worker(settings, name, crew.train)
        log.info("%s is ready", name)
        crew.work()
    except BaseException:
        log.exception("%s has to stop", name)
        os._exit(1)  # the engine's threads would keep the process alive
    # The engine must not see the workflow in its thread end: unfinished, it is taken up again.
    os._exit(0)
