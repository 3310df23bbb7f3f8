"""How much room runs take, in bytes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, LargeBinary, Select, Table, func, select, text
from sqlmodel import Session, SQLModel

import app.models  # noqa: F401  (registers the tables)

ROW_BYTES = 200  # what a row takes besides its blobs, roughly: numbers, ids, its place in indexes
TABLES = SQLModel.metadata.tables
OF_RUNS = [TABLES[name] for name in ("snapshot", "layer", "artifact", "checkpoint")]


def database_bytes(session: Session) -> int:
    """What the database takes of its disk."""
    return _pages(session)[0] if on_sqlite(session) else _number(session, "SELECT pg_database_size(current_database())")


def used_bytes(session: Session, above: int = 0) -> int:
    """What it takes without the room that is free within it, which later runs fill: that of deleted rows.

    PostgreSQL can't tell that before a vacuum, and files don't shrink after it: what the rows hold is summed there, at
    the cost of reading them; so only where the database takes more than `above`, up to which its whole size will do.
    """
    if on_sqlite(session):
        whole, free = _pages(session)
        return whole - free
    whole = database_bytes(session)
    return (
        whole if whole <= above else min(whole, sum(_sum(session, select(_room(table))) for table in TABLES.values()))
    )


def checkpoint_bytes(session: Session) -> int:
    return _sum(session, select(_room(TABLES["checkpoint"])))


def bytes_of_runs(session: Session, run_ids: Sequence[str]) -> dict[str, int]:
    """What each of them and all that belongs to it takes, roughly."""
    sizes = dict.fromkeys(run_ids, ROW_BYTES)
    for table in OF_RUNS:
        query = select(table.c.run_id, _room(table)).where(table.c.run_id.in_(run_ids)).group_by(table.c.run_id)
        for run_id, room in session.execute(query):
            sizes[run_id] += room
    return sizes


def give_back(session: Session, pages: int) -> None:
    """Up to so many free pages of an SQLite file go back to the disk where a quarter of it is free; the file must have
    been made for that (incremental vacuum). Nothing on PostgreSQL, where autovacuum cares for it."""
    if on_sqlite(session):
        whole, free = _pages(session)
        if free > whole / 4:
            # A statement that is executed ends at its first row, and each page is one.
            session.connection().connection.executescript(f"PRAGMA incremental_vacuum({pages})")
            session.commit()


def on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _pages(session: Session) -> tuple[int, int]:
    """Bytes in all pages of the file, and in those that are free."""
    size, count, free = (_number(session, f"PRAGMA {name}") for name in ("page_size", "page_count", "freelist_count"))
    return count * size, free * size


def _room(table: Table) -> ColumnElement[int]:
    blobs = [column for column in table.c if isinstance(column.type, LargeBinary)]
    return sum((func.coalesce(func.sum(func.length(blob)), 0) for blob in blobs), func.count() * ROW_BYTES)


def _sum(session: Session, query: Select[tuple[int]]) -> int:
    return int(session.execute(query).scalar_one())


def _number(session: Session, query: str) -> int:
    return int(session.execute(text(query)).scalar_one())
