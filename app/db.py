"""The database: engines with SQLite set up with care, and the session a request gets."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Engine, NullPool, event
from sqlmodel import Session, create_engine

from app.settings import PROJECT, Settings

try:
    import pysqlite3

    SQLITE: ModuleType = pysqlite3
except ImportError:  # no wheel for this platform
    SQLITE = sqlite3


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """SQLite up to 3.51.2 can corrupt a WAL database that has two writers; 3.51.3, 3.50.7 and 3.44.6 are mended."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def make_engine(url: str) -> Engine:
    """An engine on SQLite: immediate transactions, patient about locks, foreign keys kept, WAL where that is safe."""
    journal = "WAL" if wal_is_safe(SQLITE.sqlite_version_info) else "DELETE"
    engine = create_engine(url, module=SQLITE, pool_size=20)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # A deferred BEGIN that reads and then writes fails at once with "database is locked", whatever the timeout.
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout=30000", f"journal_mode={journal}", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def read_only_engine(file: Path) -> Engine:
    """An engine on an SQLite file that nobody writes: no journal, no lock, not even a folder one may write in."""

    def connect() -> Any:
        return SQLITE.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    return create_engine("sqlite://", module=SQLITE, creator=connect, poolclass=NullPool)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    # Alembic is needed at start-up alone, not by every web process.
    from alembic import command
    from alembic.config import Config

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = settings.runs_url
    command.upgrade(config, "head")


async def _session(request: Request) -> AsyncIterator[Session]:
    # Opening and closing one waits for nothing; in a thread each would cost a request 0.1 ms.
    with Session(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(_session)]
