"""Runs go when they are old (KEEP_DAYS) or when they take too much room (DISK_CAP), the oldest first.

DISK_CAP is about what the database uses, not about the length of its files: room that deleted runs leave is used again.
Where nothing may go and the room is used up, no new run is taken.
"""

import logging
import time
from collections.abc import Sequence
from threading import Event

from pydantic import ByteSize
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app.patience import trouble
from app.queue import Queue
from app.settings import Settings
from app.store import expiry, sizes
from ml.words import Words, words

AIM = 0.9  # of DISK_CAP: what is deleted at once makes room for some time
RUNS_AT_ONCE = 50  # in a transaction, so that nobody waits long
LONGEST = 3.0  # seconds; what is left goes the next time
PAGES_AT_ONCE = 2_000
TIDY_SECONDS = 60.0
QUEUE_SECONDS = 3600.0  # that the queue's engine remembers a run that it is done with
REMEMBER = 30.0  # seconds

log = logging.getLogger(__name__)


class NoRoom(Exception):
    """The run can't be taken. `reason` is for who launches it."""

    def __init__(self, reason: Words) -> None:
        super().__init__(str(reason))
        self.reason = reason


def keep_tidy(settings: Settings, engine: Engine, queue: Queue, stop: Event) -> None:
    """Tidy up now and then, until `stop` is set. In a thread of its own: to measure and to delete may take longer than
    a worker may be silent."""
    while not stop.wait(TIDY_SECONDS):
        try:
            with Session(engine) as session:
                tidy(session, settings)
            queue.forget_done(QUEUE_SECONDS)
        except SQLAlchemyError as error:
            log.warning("nothing was tidied up (%s); trying again later", trouble(error))


def tidy(session: Session, settings: Settings) -> list[str]:
    """Delete what has to go, as far as some seconds allow. The ids of the runs that went."""
    until = time.monotonic() + LONGEST
    gone: list[str] = []
    if settings.keep_days:
        gone += _delete_old(session, settings.keep_days, until)
    if settings.disk_cap:
        gone += _delete_above(session, settings.disk_cap, until)
    if gone:
        sizes.give_back(session, PAGES_AT_ONCE)
    return gone


def _delete_old(session: Session, days: float, until: float) -> list[str]:
    before = time.time() - days * 24 * 3600
    gone: list[str] = []
    while time.monotonic() < until and expiry.alone(session):
        found = expiry.expendable(session, RUNS_AT_ONCE, before)
        if not found:
            break
        gone += _delete(session, found)
    session.rollback()
    if gone:
        log.warning("deleted %s: ended more than KEEP_DAYS=%g days ago", _told(gone), days)
    return gone


def _delete_above(session: Session, cap: ByteSize, until: float) -> list[str]:
    gone: list[str] = []
    used, limit = 0, float(cap)
    while time.monotonic() < until and expiry.alone(session):
        used = sizes.used_bytes(session, above=cap)
        found = _oldest(session, used - AIM * cap) if used > limit else []
        if not found:
            break
        gone += _delete(session, found)
        limit = AIM * cap
    session.rollback()
    if gone:
        log.warning(
            "deleted %s: the oldest that may go, for the database had passed DISK_CAP=%s", _told(gone), _size(cap)
        )
    elif used > cap:
        log.warning("%s of DISK_CAP=%s are used and no run may go: no new one is taken", _size(used), _size(cap))
    return gone


def _oldest(session: Session, excess: float) -> list[str]:
    """As many of the oldest runs as take so many bytes."""
    found = expiry.expendable(session, RUNS_AT_ONCE)
    room = sizes.bytes_of_runs(session, found)
    enough: list[str] = []
    for run_id in found:
        if excess <= 0:
            break
        enough.append(run_id)
        excess -= room[run_id]
    return enough


def _delete(session: Session, run_ids: list[str]) -> list[str]:
    expiry.delete_runs(session, run_ids)
    session.commit()
    return run_ids


def _told(run_ids: Sequence[str]) -> str:
    """How many; and which, for the ids of runs grow with time."""
    return f"{len(run_ids)} runs, {run_ids[0]} to {run_ids[-1]}" if len(run_ids) > 1 else f"run {run_ids[0]}"


def _size(number: int) -> str:
    return ByteSize(number).human_readable(decimal=True)


class Room:
    """Whether there is room for new runs. What was found is remembered for a while where it was good."""

    def __init__(self, settings: Settings) -> None:
        self._cap = settings.disk_cap
        self._good_until = 0.0

    def require(self, session: Session) -> None:
        """Raises NoRoom where DISK_CAP is used up and no run may go for another one."""
        if not self._cap or time.monotonic() < self._good_until:
            return
        if sizes.used_bytes(session, above=self._cap) > self._cap and not expiry.expendable(session, 1):
            raise NoRoom(_no_room(self._cap / 1e6))
        self._good_until = time.monotonic() + REMEMBER


def _no_room(megabytes: float) -> Words:
    return words(
        "There is no room for another run: DISK_CAP allows {size:,} MB, and something needs each of the runs that are "
        "kept. Delete runs that are shared, mysteries, or labs that a class was given; or have DISK_CAP raised.",
        size=megabytes,
    )
