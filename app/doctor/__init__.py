"""`layerscope doctor`: what is wrong here, and what mends it. Works while the product runs and while it does not, and
changes nothing."""

import sys

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app import store
from app.doctor.check import Check, found_by
from app.doctor.database import DATABASE, Reading, reading_engine
from app.doctor.machine import MACHINE
from app.patience import trouble
from app.place import HERE
from app.settings import Settings

MARKS = {"ok": "ok     ", "warning": "warning", "wrong": "WRONG  "}


def examine(settings: Settings) -> int:
    """Print a line for each check. 1 where anything is wrong, else 0."""
    checks = [check for look in MACHINE for check in found_by(look, settings)]
    with Reading(settings) as reading:
        checks += [check for look in DATABASE for check in found_by(look, reading)]
    for check in checks:
        print(f"{MARKS[check.state]}  {check.subject:<14} {check.said}" + (f"; {check.fix}" if check.fix else ""))
    wrong, warnings = (sum(check.state == state for check in checks) for state in ("wrong", "warning"))
    print(f"\n{len(checks)} checks, {wrong} wrong, {warnings} with a warning")
    return 1 if wrong else 0


def look_for_worker(settings: Settings) -> int:
    """0 where a worker of this machine or container is alive, else 1."""
    engine = reading_engine(settings)
    try:
        with Session(engine) as session:
            here = [worker for worker in store.living_workers(session) if worker.place == HERE]
    except SQLAlchemyError as error:
        print(f"the database can't be asked ({trouble(error)})", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    if not here:
        print("no worker of this machine was seen lately", file=sys.stderr)
        return 1
    print(", ".join(worker.name for worker in here))
    return 0


__all__ = ["Check", "examine", "look_for_worker"]
