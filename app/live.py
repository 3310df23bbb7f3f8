"""Tells everyone who watches a run what happens to it. However many they are, the database is asked once."""

import asyncio
import logging
import math
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from app import logs, store
from app.i18n import gettext
from app.models import ACTIVE
from ml.records import StepRecord

GLANCE_SECONDS = 0.05  # between two glances at the database's files, which cost the database nothing
QUIET_SECONDS = 5.0  # after which it is asked although its files look as before
# So many queries may follow each other at once, as those of a run's first moments should.
QUERIES_AT_ONCE = 4
SECONDS_A_QUERY = 0.8  # in the long run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """A run that may be read until `until` (seconds since 1970). By a share link: by the one whose token has the hash
    `share`."""

    run_id: str
    share: str | None = None
    until: float = math.inf

    def __post_init__(self) -> None:
        logs.turn_to(self.run_id)


class Pace:
    """How often something may be done: a few times at once, then as often as time allows."""

    def __init__(self) -> None:
        self._allowed, self._counted = float(QUERIES_AT_ONCE), 0.0

    def take(self, now: float) -> bool:
        """Whether it may be done at this time; if so, it counts as done."""
        earned = (now - self._counted) / SECONDS_A_QUERY
        self._allowed, self._counted = min(QUERIES_AT_ONCE, self._allowed + earned), now
        if self._allowed < 1:
            return False
        self._allowed -= 1
        return True


class Hub:
    """Every run that somebody watches. Lives in the event loop of the web process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watches: dict[str, _Watch] = {}

    async def follow(self, opened: Opened, last_seen: str) -> AsyncIterator[ServerSentEvent]:
        """What happened to the run after `last_seen` (the id of an event, or empty), and what happens until its end."""
        began, position, told = time.monotonic(), _position(last_seen), None
        with self._watching(opened.run_id) as watch:
            while True:
                changed, seen = watch.changed, watch.seen
                if (watch.over and seen is None) or (seen and _closed(opened, seen, began)):
                    return
                if seen:
                    for event in _news(seen.look, position):
                        yield event
                    position = _reached(seen.look)
                    # The time left changes with each look at the clock; it is told with the next step.
                    state = replace(seen.look.state, seconds_left=None)
                    if state != told:
                        told = state
                        yield ServerSentEvent(event="status", data=_told(seen.look.state))
                    if state.status not in ACTIVE:
                        return
                if not await _happens(changed, opened.until):
                    return

    @contextmanager
    def _watching(self, run_id: str) -> Iterator["_Watch"]:
        """The run is looked at from when the first one comes until the last one leaves."""
        watch = self._watches.get(run_id)
        if watch is None or watch.over:
            watch = self._watches[run_id] = _Watch(self._engine, run_id)
        watch.readers += 1
        try:
            yield watch
        finally:
            watch.readers -= 1
            if not watch.readers:
                watch.task.cancel()
                if self._watches.get(run_id) is watch:
                    del self._watches[run_id]


def _position(last_seen: str) -> tuple[int, int]:
    """Where a client that comes back had got to: "attempt-step" of the last snapshot it was told of."""
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", last_seen)
    return (int(found[1]), int(found[2])) if found else (0, -1)


def _told(state: store.LiveState) -> dict[str, Any]:
    return asdict(state) | {"error": state.error and gettext(state.error)}


def _reached(look: store.Look) -> tuple[int, int]:
    return look.state.attempt, look.measured[-1].step if look.measured else -1


def _news(look: store.Look, position: tuple[int, int]) -> Iterator[ServerSentEvent]:
    """Of each snapshot after this position; all of them, where another attempt has begun since."""
    attempt, step = position
    after = step if attempt == look.state.attempt else -1
    for record in look.measured:
        if record.step > after:
            yield _snapshot_event(record, look.state)
            yield ServerSentEvent(event="metric", data=_metric(record))


def _snapshot_event(record: StepRecord, state: store.LiveState) -> ServerSentEvent:
    data = {"step": record.step, "epoch": record.epoch, "count": state.snapshots, "attempt": state.attempt}
    return ServerSentEvent(event="snapshot", data=data, id=f"{state.attempt}-{record.step}")


def _metric(record: StepRecord) -> dict[str, float | None]:
    values = {"step": record.step, "epoch": record.epoch, **asdict(record.metrics)}
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _closed(opened: Opened, seen: "_Seen", began: float) -> bool:
    """Whether the reader's share link was revoked. A look from before he came may not know the link yet."""
    return opened.share is not None and seen.began > began and opened.share not in seen.look.shares


async def _happens(changed: asyncio.Event, until: float) -> bool:
    """Waits for it; False where the time is up."""
    try:
        async with asyncio.timeout(None if until == math.inf else max(0.0, until - time.time())):
            await changed.wait()
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True)
class _Seen:
    """A run as it was at a time (monotonic), with all the snapshots of its attempt."""

    began: float
    look: store.Look


class _Watch:
    """One run that is looked at. Its readers wait for `changed` and take what was `seen`, each as fast as it can."""

    def __init__(self, engine: Engine, run_id: str) -> None:
        self._engine, self._run_id = engine, run_id
        self._pace = Pace()
        self.readers = 0
        self.seen: _Seen | None = None
        self.over = False
        self.changed = asyncio.Event()
        self.task = asyncio.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        self._pace.take(time.monotonic())
        try:
            while True:
                began, files = time.monotonic(), _files(self._engine)
                look = await run_in_threadpool(self._look)
                self.seen = _Seen(began, look) if look else None
                if look is None or look.state.status not in ACTIVE:
                    return
                self._tell()
                await self._something_to_see(files)
        except SQLAlchemyError:
            log.exception("run %s can't be watched", self._run_id)
            self.seen = None  # its readers are sent away, and come back
        finally:
            self.over = True
            self._tell()

    def _tell(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    def _look(self) -> store.Look | None:
        """One query, which brings what is new."""
        attempt, step = _reached(self.seen.look) if self.seen else (0, -1)
        with Session(self._engine) as session:
            look = store.look_at(session, self._run_id, attempt, step)
        if look and self.seen and look.state.attempt == attempt:
            return replace(look, measured=self.seen.look.measured + look.measured)
        return look

    async def _something_to_see(self, files: list[tuple[int, int]]) -> None:
        """Waits until the database was written to since its files were like this, and may be asked."""
        quiet_until = time.monotonic() + QUIET_SECONDS
        while True:
            await asyncio.sleep(GLANCE_SECONDS)
            now = time.monotonic()
            written = now > quiet_until or not files or files != _files(self._engine)
            if written and self._pace.take(now):
                return


def _files(engine: Engine) -> list[tuple[int, int]]:
    """When SQLite's files were last written and how long they are; empty for a database that is not a file here."""
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    found = [file.stat() for end in ("", "-wal") if name and (file := Path(name + end)).exists()]
    return [(stat.st_mtime_ns, stat.st_size) for stat in found]
