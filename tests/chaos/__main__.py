"""`make chaos`: KILLS processes are killed or frozen at random (200 unless told), by a SEED that is printed.

POSTGRES=1 does it on a private PostgreSQL. Ends with 1 where anything is not as it should be.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from app import db
from tests.chaos.checks import complaints, left_in_queue, slow_takeovers
from tests.chaos.runs import SPECS, undisturbed
from tests.chaos.storm import Report, Storm
from tests.postgres import PostgreSQL
from tests.server import Server, left_of, wait_for

WORKERS = 3


def main() -> None:
    kills, seed = int(os.environ.get("KILLS") or 200), int(os.environ.get("SEED") or time.time())
    print(f"{kills} kills, SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, database() as environment:
        report, wrong = survive(Path(folder), kills, seed, WORKERS, **environment)
    print_report(report)
    wrong += slow_takeovers(report)
    print("\n".join(wrong) or "Nothing was lost, nothing is there twice, every run is what it would have been.")
    sys.exit(bool(wrong))


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """What the product must be told to use it."""
    if not os.environ.get("POSTGRES"):
        yield {}
        return
    with PostgreSQL() as postgresql:
        yield {"DATABASE_URL": postgresql.new_database()}


def survive(folder: Path, kills: int, seed: int, workers: int, **environment: str) -> tuple[Report, list[str]]:
    """What was done to the product in this folder, and what is wrong afterwards."""
    specs = SPECS if kills > len(SPECS) * 5 else SPECS[:2]
    references = undisturbed(specs)
    with Server(folder, WORKERS=str(workers), **environment) as server:
        settings = server.settings
        engine = db.make_engine(settings.runs_url)
        report = Storm(server, engine, specs, Random(seed)).rage(kills)
        wait_for(lambda: not left_in_queue(settings), "the queue to be empty")
        family = server.family()
        server.stop()
    wrong = complaints(settings, engine, report, references)
    engine.dispose()
    return report, wrong + [f"{process} outlived the product" for process in left_of(family)]


def print_report(report: Report) -> None:
    for victim, count in report.kills.items():
        print(f"{victim:<16}{count:>6}")
    taken = sorted(report.takeovers)
    print(f"{'runs':<16}{len(report.launched):>6}   in {report.attempts} attempts")
    if taken:
        print(f"{'takeovers':<16}{len(taken):>6}   median {taken[len(taken) // 2]:.1f} s, longest {taken[-1]:.1f} s")


if __name__ == "__main__":
    main()
