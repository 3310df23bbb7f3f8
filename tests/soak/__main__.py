"""`make soak`: a class uses the server for a while, and tries what it must not.

STUDENTS (30 unless told) sign in, launch, watch, compare, share and trespass for SECONDS (300), with two workers; SEED
is printed. Ends with 1 where anything is not as it should be.
"""

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from sqlmodel import Session

from app import db, store
from app.settings import Settings
from tests import loops
from tests.server import Server, wait_for
from tests.signing_in import PASSWORD, TEACHERS
from tests.soak.students import ENDED, Student, Teacher
from tests.soak.visitor import Notes

WORKERS = 2
SLOWEST = 1.0  # seconds, of a page at the 95th percentile
SETTLED = 120.0  # seconds after which the web process has loaded what it needs
GROWTH = 0.10  # of its memory after that
STOPPED_AS_IT_BEGAN = (
    "DBOSAwaitedWorkflowCancelledError"  # what the engine says of such a run; nothing is wrong with it
)
WINDOW = 10.0  # seconds, over which its memory is averaged


@dataclass(frozen=True)
class Plan:
    """`pause` is about how long, in seconds, a student thinks between two deeds."""

    students: int
    seconds: float
    seed: int
    pause: float = 1.5

    @property
    def is_long(self) -> bool:
        """Enough for its speed and its memory to tell something."""
        return self.seconds > SETTLED + WINDOW


@dataclass
class Memory:
    """Of the web process, in bytes, by the seconds since the class began."""

    samples: list[tuple[float, int]] = field(default_factory=list)

    def at(self, moment: float) -> float:
        return statistics.fmean(size for when, size in self.samples if abs(when - moment) <= WINDOW / 2)

    @property
    def end(self) -> float:
        return self.samples[-1][0] - WINDOW / 2


@dataclass
class Report:
    plan: Plan
    notes: Notes
    memory: Memory
    statuses: list[str | None]


def main() -> None:
    plan = Plan(
        students=int(os.environ.get("STUDENTS") or 30), seconds=float(os.environ.get("SECONDS") or 300),
        seed=int(os.environ.get("SEED") or time.time()),
    )  # fmt: skip
    print(f"{plan.students} students, {plan.seconds:.0f} s, SEED={plan.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = soak(Path(folder), plan)
    wrong = list(verdict(report))
    print_report(report)
    print("\n".join(wrong) or "Nothing failed, nothing was lost, nobody saw or changed what is not theirs.")
    sys.exit(bool(wrong))


def soak(folder: Path, plan: Plan) -> Report:
    """What the class did with the product in this folder."""
    class_mode = {"HOST": "0.0.0.0", "CLASS_PASSWORD": PASSWORD, "TEACHER_PASSWORD": TEACHERS}
    notes, memory = Notes(), Memory()
    with Server(folder, WORKERS=str(WORKERS), **class_mode) as server:
        wait_for(lambda: server.pid("web"), "the web process to be known")
        loops.run(_term(plan, server, notes, memory))
        if notes.launched:
            wait_for(lambda: not _unfinished(server.settings, notes), "all runs to end")
        statuses = _statuses(server.settings, notes)
    notes.wrong += _complaints((folder / "log").read_text())
    return Report(plan, notes, memory, statuses)


def _complaints(log: str) -> list[str]:
    """Lines of errors, each with the traceback that follows it."""
    lines = re.split(r"\n(?=\d{4}-\d\d-\d\d )", log)
    errors = [line for line in lines if " ERROR " in line[:40] or " CRITICAL " in line[:40]]
    return [f"the log says {error}" for error in errors if STOPPED_AS_IT_BEGAN not in error]


async def _term(plan: Plan, server: Server, notes: Notes, memory: Memory) -> None:
    url = f"http://127.0.0.1:{server.url.rpartition(':')[2]}"
    began = time.monotonic()
    until = began + plan.seconds
    names = [f"Student {number}" for number in range(1, plan.students + 1)]
    seeds = Random(plan.seed)
    students = [Student(name, url, notes, Random(seeds.random()), plan.pause) for name in names]
    teacher = Teacher("Ms Glorot", url, notes, Random(seeds.random()))
    visits = [student.visit(student.attend(until)) for student in students]
    web = psutil.Process(server.pid("web"))
    weighing = asyncio.create_task(_weigh(web, began, memory))
    await asyncio.gather(*visits, teacher.visit(teacher.attend(until, 2 * plan.pause)))
    weighing.cancel()
    if server.pid("web") != web.pid:
        notes.wrong.append("the web process was started anew")


async def _weigh(web: psutil.Process, began: float, memory: Memory) -> None:
    while web.is_running():
        memory.samples.append((time.monotonic() - began, web.memory_info().rss))
        await asyncio.sleep(1)


def _statuses(settings: Settings, notes: Notes) -> list[str | None]:
    """What became of each run that was launched; None where it is gone."""
    engine = db.make_engine(settings.runs_url)
    with Session(engine) as session:
        found = [store.find_run(session, run.run_id) for run in notes.launched]
    engine.dispose()
    return [run.status if run else None for run in found]


def _unfinished(settings: Settings, notes: Notes) -> int:
    return sum(status not in (*ENDED, None) for status in _statuses(settings, notes))


def verdict(report: Report) -> Iterator[str]:
    """A line for whatever is not as it should be."""
    yield from report.notes.wrong
    for run, status in zip(report.notes.launched, report.statuses, strict=True):
        allowed = ("finished", "cancelled") if run.run_id in report.notes.stopped else ("finished",)
        if status not in allowed:
            yield f"run {run.run_id} of {run.owner} is {status or 'gone'}"
    if report.plan.is_long:
        yield from _too_slow_or_large(report)


def _too_slow_or_large(report: Report) -> Iterator[str]:
    slow, growth = percentile(report.notes.seconds["page"], 95), _growth(report.memory)
    if slow > SLOWEST:
        yield f"a page takes {slow:.2f} s at the 95th percentile"
    if growth > GROWTH:
        yield f"the web process grows by {growth:.0%} after its first {SETTLED:.0f} s"


def _growth(memory: Memory) -> float:
    return memory.at(memory.end) / memory.at(SETTLED) - 1


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def print_report(report: Report) -> None:
    notes, memory = report.notes, report.memory
    print(f"{'answers':<12}{'count':>8}{'p50':>9}{'p95':>9}{'p99':>9}   s")
    for kind, seconds in notes.seconds.items():
        if len(seconds) > 1:
            shares = "".join(f"{percentile(seconds, percent):>9.3f}" for percent in (50, 95, 99))
            print(f"{kind:<12}{len(seconds):>8}{shares}")
    ended = {status: report.statuses.count(status) for status in sorted(set(map(str, report.statuses)))}
    print(f"{len(notes.launched)} runs: {ended}; {notes.trespasses} trespasses")
    times = [SETTLED] if report.plan.is_long else []
    told = ", ".join(f"{memory.at(moment) / 1e6:.0f} MB after {moment:.0f} s" for moment in [*times, memory.end])
    print(f"the web process has {told}")


if __name__ == "__main__":
    main()
