"""The database: engines with SQLite set up with care, and the session a request gets."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from types import ModuleType
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Engine, Float, NullPool, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, create_engine

from app.settings import PROJECT, Settings
from app.viewer import KEY, who_asks

try:
    import pysqlite3

    SQLITE: ModuleType = pysqlite3
except ImportError:  # no wheel for this platform
    SQLITE = sqlite3


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """SQLite up to 3.51.2 can corrupt a WAL database that has two writers; 3.51.3, 3.50.7 and 3.44.6 are mended."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def make_engine(url: str, wait: float = 30) -> Engine:
    """An engine on SQLite or PostgreSQL. `wait` is how long, in seconds, a statement is held up by others' locks before
    it fails."""
    engine = _postgresql(url, wait) if url.startswith("postgresql") else _sqlite(url, wait)
    _close_what_comes_late(engine)
    return engine


def _close_what_comes_late(engine: Engine) -> None:
    """A connection that a thread still has when the engine is disposed of is closed when it is given back. It would be
    left open otherwise, in a pool that nobody has any more."""
    disposed = Event()
    event.listen(engine, "engine_disposed", lambda _engine: disposed.set())

    @event.listens_for(engine, "checkin")
    def _close(_connection: Any, record: Any) -> None:
        if disposed.is_set():
            record.invalidate()


def _sqlite(url: str, wait: float) -> Engine:
    """Immediate transactions, patient about locks, foreign keys kept, WAL where that is safe."""
    journal = "WAL" if wal_is_safe(SQLITE.sqlite_version_info) else "DELETE"
    engine = create_engine(url, module=SQLITE, pool_size=20)
    pragmas = f"busy_timeout={wait * 1000:.0f}", f"journal_mode={journal}", "synchronous=NORMAL", "foreign_keys=ON"

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # A deferred BEGIN that reads and then writes fails at once with "database is locked", whatever the timeout.
        connection.isolation_level = "IMMEDIATE"
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # which a file can be told at its very start alone
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(url: str, wait: float) -> Engine:
    """Connections that are tried before they are used, and given up on both sides when the network is cut: the server
    would keep for hours what a machine that is gone has locked, so that nobody else could take its run over."""
    keepalive = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    server = {f"tcp_{name}": value for name, value in keepalive.items()} | {
        "tcp_user_timeout": 10_000, "lock_timeout": round(wait * 1000), "timezone": "UTC",
        "idle_in_transaction_session_timeout": 10_000,  # of a process that is frozen
    }  # fmt: skip
    patience = {
        **keepalive, "tcp_user_timeout": 10_000, "connect_timeout": 5, "application_name": "layerscope",
        "options": " ".join(f"-c {name}={value}" for name, value in server.items()),
    }  # fmt: skip
    return create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=15, connect_args=patience)


class now(FunctionElement[float]):  # noqa: N801  (reads as the function of SQL that it is)
    """The time of the database's own clock, in seconds since 1970: machines may disagree about it."""

    type = Float()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_of_sqlite(*_: Any, **__: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(now, "postgresql")
def _now_of_postgresql(*_: Any, **__: Any) -> str:
    return "extract(epoch from clock_timestamp())::float8"


def read_only_engine(file: Path) -> Engine:
    """An engine on an SQLite file that nobody writes: no journal, no lock, not even a folder one may write in."""

    def connect() -> Any:
        return SQLITE.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    return create_engine("sqlite://", module=SQLITE, creator=connect, poolclass=NullPool)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    bring_to_newest(settings.runs_url)


def bring_to_newest(url: str) -> None:
    """Bring the database at this URL to the newest schema; one that is empty gets its tables."""
    # Alembic is needed at start-up alone, not by every web process.
    from alembic import command
    from alembic.config import Config

    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = url
    command.upgrade(config, "head")


async def _session(request: Request) -> AsyncIterator[Session]:
    # Opening and closing one waits for nothing; in a thread each would cost a request 0.1 ms.
    state = request.app.state
    info = {name: getattr(state, name, None) for name in ("room", "limits")}
    with Session(state.engine, info=info | {KEY: who_asks(request)}) as session:
        yield session


SessionDep = Annotated[Session, Depends(_session)]
