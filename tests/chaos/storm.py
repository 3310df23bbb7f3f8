"""The storm: a client that launches runs, whatever happens, and a killer of processes."""

import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

import httpx2
import psutil
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from app.models import ACTIVE, Run, Worker
from ml.spec import RunSpec
from tests.freezing import freeze, thaw
from tests.server import Server, wait_for

KEPT_BUSY = 2  # runs that wait or train at any time, for each worker
PAUSE = (0.3, 2.2)  # seconds between two kills
FROZEN_SECONDS = 14.0  # longer than it takes to be taken for lost
VICTIMS = {"worker": 5, "child": 4, "web": 3, "web and worker": 1, "frozen worker": 1}  # how often, one to another


@dataclass
class Report:
    """What was done, and what was seen: `launched` are the specs of the runs that were answered 201, `child_kills` how
    often the child of a run was killed, `takeovers` the seconds from the kill of a worker until its run is another's
    or waited again, `attempts` how many all runs took."""

    launched: dict[str, RunSpec] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    child_kills: Counter[str] = field(default_factory=Counter)
    takeovers: list[float] = field(default_factory=list)
    attempts: int = 0


@dataclass
class Lost:
    """A run whose worker was killed, at this time (monotonic)."""

    run_id: str
    worker: str
    at: float


class Storm:
    def __init__(self, server: Server, engine: Engine, specs: list[RunSpec], random: Random) -> None:
        self._server, self._engine, self._specs, self._random = server, engine, specs, random
        self._crew = server.settings.workers
        self._lost: list[Lost] = []
        self._frozen: tuple[psutil.Process, float] | None = None  # and when it is thawed
        self.report = Report()

    def rage(self, kills: int) -> Report:
        """Until so many processes were killed or frozen; then wait until every run has ended."""
        wait_for(lambda: len(self._workers()) == self._crew, "the workers")
        for struck in range(kills):
            wait_for(lambda struck=struck: self._round() > struck, "a process to strike")  # type: ignore[misc]
        self._wait_for_the_thaw()
        wait_for(lambda: not self._look(), "the lost runs to be in other hands")
        wait_until_ended(self._engine)
        with Session(self._engine) as session:
            self.report.attempts = sum(session.exec(select(Run.attempt)))
        return self.report

    def _round(self) -> int:
        """How many were struck until now."""
        self._keep_busy()
        self._wait(self._random.uniform(*PAUSE))
        wait_for(lambda: (self._look(), self._busy_workers())[1], "a worker that trains")
        self._strike()
        return self.report.kills.total()

    # --- the client ---

    def _keep_busy(self) -> None:
        for _ in range(KEPT_BUSY * self._crew - active(self._engine)):
            spec = self._random.choice(self._specs)
            self.report.launched[self._launch(spec)] = spec

    def _launch(self, spec: RunSpec) -> str:
        """Ask until it is answered 201."""
        body = spec.model_dump(mode="json", exclude_none=True)

        def ask() -> str | None:
            try:
                answer = self._server.client.post("/api/runs", json=body)
            except httpx2.TransportError:
                return None
            return str(answer.json()["id"]) if answer.status_code == 201 else None

        return wait_for(ask, "a run to be accepted")

    # --- the killer ---

    def _strike(self) -> None:
        victim = self._next_victim()
        struck = {
            "worker": self._kill_worker, "child": self._kill_child, "web": self._kill_web,
            "web and worker": self._kill_both, "frozen worker": self._freeze,
        }[victim]()  # fmt: skip
        self.report.kills[victim] += struck

    def _next_victim(self) -> str:
        """Each kind once, then by chance."""
        if spared := [victim for victim in VICTIMS if not self.report.kills[victim]]:
            return self._random.choice(spared)
        return self._random.choices(list(VICTIMS), list(VICTIMS.values()))[0]

    def _kill_worker(self) -> bool:
        worker = self._choose(self._busy_workers() or self._workers())
        if worker is None or not _killed(worker.pid):
            return False
        self._workers_were_struck()
        if worker.run_id:
            self._lost.append(Lost(worker.run_id, worker.name, time.monotonic()))
        return True

    def _kill_child(self) -> bool:
        worker = self._choose(self._busy_workers())
        if worker is None or not _killed(worker.trainer_pid):
            return False
        self.report.child_kills[worker.run_id] += 1
        return True

    def _kill_web(self) -> bool:
        return any(_killed(process.pid) for process in self._processes("web"))

    def _kill_both(self) -> bool:
        return self._kill_web() and self._kill_worker()

    def _freeze(self) -> bool:
        worker = self._choose(self._busy_workers())
        if worker is None or self._frozen:
            return False
        process = psutil.Process(worker.pid)
        freeze([process], self._server.folder)
        self._workers_were_struck()
        self._frozen = process, time.monotonic() + FROZEN_SECONDS
        return True

    def _workers_were_struck(self) -> None:
        """It may have been the one that was about to take over what is lost: the time counts anew."""
        for lost in self._lost:
            lost.at = time.monotonic()

    def _workers(self) -> list[Worker]:
        """Those whose process is there and awake."""
        awake = {process.pid for process in self._processes("worker")} - {self._frozen[0].pid if self._frozen else None}
        with Session(self._engine) as session:
            return [worker for worker in session.exec(select(Worker)) if worker.pid in awake]

    def _busy_workers(self) -> list[Worker]:
        return [worker for worker in self._workers() if worker.run_id and worker.trainer_pid]

    def _processes(self, role: str) -> list[psutil.Process]:
        found = psutil.Process(self._server.process.pid).children()
        return [process for process in found if role in _command(process)]

    def _choose(self, workers: list[Worker]) -> Worker | None:
        return self._random.choice(sorted(workers, key=lambda worker: worker.name)) if workers else None

    # --- time ---

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._look()
            time.sleep(0.05)

    def _look(self) -> list[Lost]:
        """Thaw who was frozen long enough; note which lost runs are in other hands. Those that are not."""
        if self._frozen and time.monotonic() > self._frozen[1]:
            thaw([self._frozen[0]])
            self._frozen = None
        with Session(self._engine) as session:
            for lost in list(self._lost):
                run = session.get(Run, lost.run_id)
                if run is None or run.worker != lost.worker or run.status not in ACTIVE:
                    self._lost.remove(lost)
                    self.report.takeovers.append(time.monotonic() - lost.at)
        return self._lost

    def _wait_for_the_thaw(self) -> None:
        while self._frozen:
            self._wait(0.2)


def active(engine: Engine) -> int:
    """How many runs have not ended."""
    with Session(engine) as session:
        return session.exec(select(func.count()).where(col(Run.status).in_(ACTIVE))).one()


def wait_until_ended(engine: Engine) -> None:
    """For as long as there are always some more that have ended."""
    waiting = active(engine)
    while waiting:
        before = waiting
        wait_for(lambda before=before: active(engine) < before, f"any of {before} runs to end")  # type: ignore[misc]
        waiting = active(engine)


def _killed(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
