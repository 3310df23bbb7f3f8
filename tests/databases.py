"""The databases of tests: SQLite files, or databases of the PostgreSQL server that TEST_DATABASE_URL names."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel

from app.copying import copy_rows
from tests.postgres import administrate, drop_database

ADMINISTRATOR = os.environ.get("TEST_DATABASE_URL", "")  # the URL of one who may create databases


def hold_up_writers(connection: Connection) -> None:
    """As a program does that has begun to write, until the connection is rolled back."""
    on_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if on_sqlite else "LOCK TABLE run IN EXCLUSIVE MODE")


def let_rest(engine: Engine) -> None:
    """Let the engine's sessions be idle amid a transaction for as long as they like: a test's own session waits for all
    that the test does meanwhile."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", _without_timeout)


def _without_timeout(connection: Any, _record: Any) -> None:
    connection.execute("SET idle_in_transaction_session_timeout = 0")
    connection.commit()


class Databases(Protocol):
    def address(self, folder: Path) -> str:
        """The URL of a database that is not there yet, of its own for this folder."""

    def make(self, url: str, like: str | None = None) -> None:
        """Make the database, in place of the one that may be there: empty, or as the one at the URL `like`, which
        nobody has open."""

    def drop(self, url: str) -> None: ...

    def close(self) -> None:
        """At the end of all tests."""


class Files:
    def address(self, folder: Path) -> str:
        return f"sqlite:///{folder}/layerscope.db"

    def make(self, url: str, like: str | None = None) -> None:
        if like:
            shutil.copy(_file(like), _file(url))

    def drop(self, url: str) -> None:
        _file(url).unlink(missing_ok=True)

    def close(self) -> None: ...


class OfServer:
    """To make a database takes long: one that was made is emptied and used again."""

    def __init__(self) -> None:
        self._spare: list[str] = []

    def address(self, folder: Path) -> str:  # noqa: ARG002
        name = f"test_{secrets.token_hex(6)}"
        anew = make_url(ADMINISTRATOR).set(database=name).render_as_string(hide_password=False)
        return self._spare.pop() if self._spare else anew

    def make(self, url: str, like: str | None = None) -> None:
        if like and _was_emptied(url, like):
            _copy(like, url)
        else:
            drop_database(ADMINISTRATOR, url)
            template = make_url(like).database if like else "template0"
            administrate(ADMINISTRATOR, f"CREATE DATABASE {make_url(url).database} TEMPLATE {template}")

    def drop(self, url: str) -> None:
        self._spare.append(url)

    def close(self) -> None:
        for url in self._spare:
            drop_database(ADMINISTRATOR, url)


def _was_emptied(url: str, like: str) -> bool:
    """Whether there is a database with the tables of the other one, and nothing in them now."""
    try:
        with _connected(url) as connection, _connected(like) as model:
            connection.exec_driver_sql("SET lock_timeout = 1000")
            for table in reversed(SQLModel.metadata.sorted_tables):
                connection.execute(table.delete())
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS dbos CASCADE")
            return _tables(connection) == _tables(model)
    except SQLAlchemyError:
        return False


def _tables(connection: Connection) -> list[Any]:
    columns = (
        "SELECT relname, attname, atttypid FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
        "WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY 1, 2"
    )
    revision = "SELECT version_num FROM alembic_version"
    return [connection.exec_driver_sql(query).all() for query in (columns, revision)]


def _copy(here: str, there: str) -> None:
    with _connected(here) as source, _connected(there) as target:
        copy_rows(source, target)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def _file(url: str) -> Path:
    return Path(str(make_url(url).database))


databases: Databases = OfServer() if ADMINISTRATOR else Files()
