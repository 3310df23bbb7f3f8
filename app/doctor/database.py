"""Checks of the database, the queue and the workers."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from sqlalchemy import Engine, NullPool, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, create_engine

from app import schema, store
from app.db import SQLITE, make_engine, now, wal_is_safe
from app.doctor.check import Check
from app.models import Run, Worker
from app.patience import trouble
from app.queue import Queue
from app.settings import Settings

WAIT_SECONDS = 5.0  # for locks of others
SLOW_SECONDS = 0.1  # for the smallest question
WRONG_CLOCK = 2.0  # seconds
START = "start one: `layerscope serve` or `layerscope worker`"


def reading_engine(settings: Settings) -> Engine:
    """An engine that changes nothing: an SQLite file is not made where there is none, nor is its journal changed."""
    if not settings.runs_url.startswith("sqlite"):
        return make_engine(settings.runs_url, WAIT_SECONDS)
    file = sqlite_file(settings)
    # Without a log beside it nobody has the file open: to read it as it lies leaves none behind.
    mode = "mode=ro" if Path(f"{file}-wal").exists() else "mode=ro&immutable=1"

    def connect() -> object:
        return SQLITE.connect(f"{file.as_uri()}?{mode}", uri=True, check_same_thread=False, timeout=WAIT_SECONDS)

    return create_engine("sqlite://", module=SQLITE, creator=connect, poolclass=NullPool)


def sqlite_file(settings: Settings) -> Path:
    return Path(make_url(settings.runs_url).database or "").resolve()


class Reading:
    """The database, open to be read; and whether that is worth while, which the first checks find out."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.on_sqlite = settings.runs_url.startswith("sqlite")
        self.engine = reading_engine(settings)
        self.session = Session(self.engine)
        self.usable = False

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.session.close()
        self.engine.dispose()


def sqlite(reading: Reading) -> Iterator[Check]:
    if not reading.on_sqlite:
        return
    found = ".".join(map(str, SQLITE.sqlite_version_info))
    if wal_is_safe(SQLITE.sqlite_version_info):
        yield Check("SQLite", "ok", f"{found}, write-ahead log")
    else:
        yield Check(
            "SQLite", "warning", f"{found}, rollback journal: slower", "take a Python that pysqlite3 has a wheel for"
        )


def database(reading: Reading) -> Iterator[Check]:
    place = make_url(reading.settings.runs_url).render_as_string(hide_password=True)
    if reading.on_sqlite and not sqlite_file(reading.settings).exists():
        yield Check("database", "warning", f"{place} is not there yet", "`layerscope serve` or `layerscope migrate`")
        return
    try:
        reading.session.execute(select(1))
        began = time.perf_counter()
        reading.session.execute(select(1))
    except SQLAlchemyError as error:
        yield Check("database", "wrong", f"{place}: {trouble(error)}", "start it, or set DATABASE_URL")
        return
    seconds = time.perf_counter() - began
    slow = "put web, workers and database into one network" if seconds > SLOW_SECONDS else ""
    yield Check("database", "warning" if slow else "ok", f"{place} answers in {seconds * 1000:.1f} ms", slow)
    yield from _schema(reading)


def _schema(reading: Reading) -> Iterator[Check]:
    at = schema.revision_of(reading.session.connection())
    newest = schema.newest_revision()
    reading.usable = at == newest
    if reading.usable:
        yield Check("schema", "ok", newest)
    elif at is None or at in schema.known_revisions():
        yield Check("schema", "wrong", f"{at or 'no tables'}, not {newest}", "run `layerscope migrate`")
    else:
        yield Check("schema", "wrong", f"{at}, newer than this release's {newest}", "update Layerscope")


def integrity(reading: Reading) -> Iterator[Check]:
    if not (reading.usable and reading.on_sqlite):
        return
    connection = reading.session.connection()
    said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    fix = "restore a backup; keep this file, for `sqlite3 FILE .recover` may save runs"
    yield Check("integrity", "ok", "quick_check: ok") if said == "ok" else Check("integrity", "wrong", str(said), fix)
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    tables = ", ".join(sorted({row[0] for row in lost}))
    if lost:
        yield Check("foreign keys", "wrong", f"{len(lost)} rows of {tables} point at nothing", "restore a backup")
    else:
        yield Check("foreign keys", "ok", "every row has what it belongs to")


def queue(reading: Reading) -> Iterator[Check]:
    file = reading.settings.data_dir / "queue.db"
    if not reading.usable:
        return
    if reading.settings.queue_url.startswith("sqlite") and not file.exists():
        yield Check(
            "queue", "wrong", f"{file} is not there", "run `layerscope migrate`; waiting runs come back by themselves"
        )
        return
    waiting = store.active_runs(reading.session)
    asked = Queue(reading.settings)
    try:
        known = asked.states([*waiting, "one at least, so that the queue is asked"])
    finally:
        asked.close()
    unknown = len(waiting) - len(known)
    said = f"{len(known)} of {len(waiting)} runs that have not ended are in it"
    if unknown:
        yield Check("queue", "warning", said, "a worker puts the others back within a minute")
    else:
        yield Check("queue", "ok", said)


def workers(reading: Reading) -> Iterator[Check]:
    if not reading.usable:
        return
    alive = store.living_workers(reading.session)
    clock = float(reading.session.execute(select(now())).scalar_one())
    said = ", ".join(f"{worker.name} ({max(0.0, clock - worker.seen):.0f} s ago)" for worker in alive)
    counts = store.count_by_status(reading.session)
    unfinished = counts.get("queued", 0) + counts.get("running", 0)
    if alive:
        yield Check("workers", "ok", f"{len(alive)} alive: {said}")
    else:
        yield Check(
            "workers", "wrong" if unfinished else "warning", f"none is alive{_last_seen(reading, clock)}", START
        )
    yield _runs(reading, counts, {worker.name for worker in alive})


def _last_seen(reading: Reading, clock: float) -> str:
    last = reading.session.execute(select(func.max(col(Worker.seen)))).scalar()
    return f", the last one was seen {clock - last:.0f} s ago" if last else ""


def _runs(reading: Reading, counts: dict[str, int], alive: set[str]) -> Check:
    said = f"{counts.get('queued', 0)} queued, {counts.get('running', 0)} running"
    owners = reading.session.execute(select(col(Run.worker)).where(col(Run.status) == "running")).scalars()
    lost = sum(owner not in alive for owner in owners)
    if lost and not alive:
        return Check("runs", "wrong", f"{said}; {lost} of them without a living worker", START)
    if lost:
        return Check(
            "runs", "warning", f"{said}; {lost} of them without a living worker", "a worker takes them over soon"
        )
    return Check("runs", "ok", said)


def clock(reading: Reading) -> Iterator[Check]:
    if not reading.usable:
        return
    ahead = time.time() - float(reading.session.execute(select(now())).scalar_one())
    fix = "have both set their clocks (NTP)" if abs(ahead) > WRONG_CLOCK else ""
    yield Check("clock", "warning" if fix else "ok", f"{ahead:+.1f} s from the database's", fix)


DATABASE: list[Callable[[Reading], Iterator[Check]]] = [sqlite, database, integrity, queue, workers, clock]
