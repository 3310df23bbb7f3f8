"""Everything that is kept, copied from one database into another: SQLite and PostgreSQL, in both directions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, func, make_url, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, SQLModel, col

from app import db, schema, store
from app.models import Run
from app.patience import trouble

TABLES = tuple(table for table in SQLModel.metadata.sorted_tables if table.name != "worker")
# So many rows at a time. Weights and checkpoints may take 100 MB each.
ROWS, FILES = 500, {"artifact": 1, "checkpoint": 1}


class CannotCopy(Exception):
    """One line for the operator: what is in the way, and what to do."""


def copy(source: str, target: str) -> dict[str, int]:
    """Copy what the database at the URL `source` keeps into the one at `target`, which has the same tables, and nothing
    in them. All of it is there at the end, or nothing. Runs that were training are queued there, and go on from their
    checkpoints. The number of rows by table.

    Raises CannotCopy.
    """
    try:
        with _opened(source) as old, _opened(target) as new:
            _check_nobody_trains(old)
            with snapshot(old) as here, new.begin() as there:
                take_your_time(there)
                copied = copy_rows(here, there)
                there.execute(update(Run).where(col(Run.status) == "running").values(status="queued", worker=None))
    except SQLAlchemyError as error:
        raise CannotCopy(trouble(error)) from None
    return copied


def copy_rows(here: Connection, there: Connection) -> dict[str, int]:
    """Copy all rows; the number of them by table. Not the workers: who is at work is told by those who are.

    Raises CannotCopy where there are rows already.
    """
    _check_empty(there)
    copied = {table.name: _copy_table(here, there, table) for table in TABLES}
    _check_whole(there, copied)
    return copied


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees the database as it is at one moment, whoever writes meanwhile."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # the driver begins before a write alone
            yield connection
    else:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as frozen:
            take_your_time(frozen)
            yield frozen


def take_your_time(connection: Connection) -> None:
    """One side of a copy waits while the other one is at work."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    """An engine on a database of this version's schema."""
    shown = make_url(url).render_as_string(hide_password=True)
    if url.startswith("sqlite") and not Path(str(make_url(url).database)).exists():
        raise CannotCopy(f"there is no database {shown}; make it with: DATABASE_URL={shown} layerscope migrate")
    engine = db.make_engine(url)
    try:
        with engine.connect() as connection:
            revision = schema.revision_of(connection)
        if revision != schema.newest_revision():
            raise CannotCopy(
                f"{shown} has not the tables of this version; get them with: DATABASE_URL={shown} layerscope migrate"
            )
        yield engine
    finally:
        engine.dispose()


def _check_nobody_trains(engine: Engine) -> None:
    with Session(engine) as session:
        if workers := store.living_workers(session):
            names = ", ".join(worker.name for worker in workers)
            raise CannotCopy(f"workers are at work there ({names}); stop Layerscope on every machine first")


def _check_empty(connection: Connection) -> None:
    for table in TABLES:
        if connection.execute(select(table.primary_key.columns.values()[0]).limit(1)).first():
            raise CannotCopy(f"there are rows in the table {table.name} already; give a database without any")


def _check_whole(connection: Connection, copied: dict[str, int]) -> None:
    for table in TABLES:
        count = connection.execute(select(func.count()).select_from(table)).scalar()
        if count != copied[table.name]:
            raise CannotCopy(f"{copied[table.name]} rows of {table.name} were copied, but {count} are there")


def _copy_table(here: Connection, there: Connection, table: Table) -> int:
    """The rows copied. Those that name other rows of their table are told which when all are there."""
    rows = 0
    own = _references_to_itself(table)
    for batch in _batches(here, table):
        there.execute(table.insert(), [row | dict.fromkeys(own) for row in batch])
        rows += len(batch)
    for name in own:
        _copy_references(here, there, table, name)
    return rows


def _references_to_itself(table: Table) -> list[str]:
    return [column.name for column in table.columns for key in column.foreign_keys if key.column.table is table]


def _copy_references(here: Connection, there: Connection, table: Table, name: str) -> None:
    refer = update(table).where(table.c.id == bindparam("of")).values({name: bindparam("to")})
    for batch in _batches(here, table):
        if pairs := [{"of": row["id"], "to": row[name]} for row in batch if row[name] is not None]:
            there.execute(refer, pairs)


def _batches(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    found = select(table).execution_options(yield_per=FILES.get(table.name, ROWS))
    for rows in connection.execute(found).mappings().partitions():
        yield [{name: _clean(value) for name, value in row.items()} for row in rows]


def _clean(value: Any) -> Any:
    """SQLite keeps a NUL in a text, which PostgreSQL does not, not even quoted in JSON."""
    return value.replace("\0", "\ufffd").replace("\\u0000", "\ufffd") if isinstance(value, str) else value
