"""The worker process: takes runs from the queue, one at a time, and has each trained by a child process."""

import contextlib
import logging
import os
import signal
import threading
import time

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app import lifeline, store, waiting
from app.db import make_engine
from app.labs import kept
from app.models import Worker
from app.nursery import Child, Nursery
from app.queue import Queue, start_worker
from app.settings import Settings
from ml.words import words

MAX_CRASHES = 3  # of a run's child in a row, before the run is given up
MAX_ATTEMPTS = 20  # of a run, whatever ended them
WATCH_SECONDS = 0.1
REPORT_SECONDS = 2.0
RESCUE_SECONDS = 10.0

log = logging.getLogger(__name__)


class Crew:
    """One worker and its children. DBOS calls `train` in a thread of its own; `work` runs in the main thread."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._name = name
        self._engine = make_engine(settings.runs_url)
        self._stop = threading.Event()
        self._job: tuple[str, int, Child] | None = None
        self._queue = Queue(settings)
        self._report(Worker(name=name, pid=os.getpid()))  # at once: importing torch takes the fork server two seconds
        self._nursery = Nursery(settings.runs_url, settings.datasets_dir)

    # --- a run ---

    def train(self, run_id: str) -> None:
        """Train the run to its end, whichever that is; then those that waited for its layers go on, and a lab that it
        was the last of is judged. Returns when nobody needs to care for it any more."""
        self._train(run_id)
        try:
            with Session(self._engine) as session:
                waiting.pass_on(session, self._queue, run_id)
                kept.judge_at_end(session, run_id)
        except DBAPIError:
            log.warning("run %s: those that wait for it are found later", run_id, exc_info=True)

    def _train(self, run_id: str) -> None:
        for _ in range(MAX_CRASHES):
            attempt = self._claim(run_id)
            if attempt is None:
                return
            exit_code = self._watch(run_id, attempt)
            if not self._is_current(run_id, attempt):
                return
            log.warning("run %s: its training process ended with %s", run_id, exit_code)
        reason = words(
            "The training process was killed {times} times, perhaps because memory ran out.", times=MAX_CRASHES
        )
        self._give_up(run_id, reason)

    def _claim(self, run_id: str) -> int | None:
        with Session(self._engine) as session:
            attempt = store.claim(session, run_id)
        if attempt is not None and attempt > MAX_ATTEMPTS:
            reason = words("The run was begun {times} times and never came to its end.", times=MAX_ATTEMPTS)
            self._give_up(run_id, reason)
            return None
        return attempt

    def _watch(self, run_id: str, attempt: int) -> int | None:
        """Have a child train; end it when the run is cancelled or taken over. Its exit code."""
        child = self._nursery.take()
        self._job = run_id, attempt, child
        with contextlib.suppress(BrokenPipeError):  # it died just now, and the loop below sees that
            child.pipe.send((run_id, attempt))
        self.report()
        while child.process.exitcode is None:
            child.process.join(WATCH_SECONDS)
            if not self._is_current(run_id, attempt):
                child.end()
        if self._stop.is_set():
            threading.Event().wait()  # the process is about to exit, and the run must stay unfinished for the engine
        self._job = None
        self.report()
        return child.process.exitcode

    def _is_current(self, run_id: str, attempt: int) -> bool:
        try:
            with Session(self._engine) as session:
                return store.is_current(session, run_id, attempt)
        except DBAPIError:
            log.warning("run %s: the database did not answer, asking again", run_id, exc_info=True)
            return True

    def _give_up(self, run_id: str, reason: str) -> None:
        with Session(self._engine) as session:
            store.fail_unclaimed(session, run_id, reason)

    # --- the worker ---

    def work(self) -> None:
        """Report and rescue until told to stop; then give the run back to the queue."""
        rescued = 0.0
        while not self._stop.is_set():
            try:
                self._nursery.mend()
                self.report()
                if time.monotonic() - rescued > RESCUE_SECONDS:
                    rescued = time.monotonic()
                    self.rescue()
            except DBAPIError:
                log.warning("the database did not answer, going on", exc_info=True)
            self._stop.wait(REPORT_SECONDS)
        self._hand_back()

    def stop(self, *_: object) -> None:
        self._stop.set()

    def report(self) -> None:
        """Tell who is here, for /healthz."""
        run_id, _, child = self._job or (None, None, None)
        trainer_pid = child.process.pid if child else None
        spare_pid = self._nursery.spare.process.pid
        self._report(
            Worker(name=self._name, pid=os.getpid(), run_id=run_id, trainer_pid=trainer_pid, spare_pid=spare_pid)
        )

    def _report(self, worker: Worker) -> None:
        with Session(self._engine) as session:
            store.report_worker(session, worker)

    def rescue(self) -> None:
        """Bring back runs that are stored as waiting or running, but that nobody will train."""
        with Session(self._engine) as session:
            living = {worker.name for worker in store.living_workers(session)}
            for run_id in store.active_runs(session):
                self._rescue(session, run_id, living)

    def _rescue(self, session: Session, run_id: str, living: set[str]) -> None:
        state, owner = self._queue.state(run_id)
        if state is None:
            waiting.hand_over(session, self._queue, run_id)
        elif state in ("SUCCESS", "ERROR"):
            store.fail_unclaimed(session, run_id, words("The worker gave this run up without a result."))
            waiting.pass_on(session, self._queue, run_id)
        elif state not in ("ENQUEUED", "PENDING") or (state == "PENDING" and owner not in living):
            self._queue.wake(run_id)

    def _hand_back(self) -> None:
        self._nursery.spare.end()
        with Session(self._engine) as session:
            if self._job:
                run_id, attempt, child = self._job
                child.end()
                try:
                    store.release(session, run_id, attempt)
                except store.Fenced:
                    log.info("run %s ended as the worker did", run_id)
            store.forget_worker(session, self._name)


def run_worker(settings: Settings, name: str) -> None:
    """The worker's whole life, until SIGTERM or Ctrl-C."""
    lifeline.end_with_supervisor()
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
    # The engine must not see the workflow in its thread end: unfinished, it is taken up again at the next start.
    os._exit(0)
