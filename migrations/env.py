"""Alembic's entry: which tables there should be, and which database to bring there."""

from alembic import context
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)
from app.db import make_engine
from app.settings import load_settings

url = context.config.attributes.get("url") or load_settings().runs_url


LOCK = 0x1A7E25C0  # a number of our own: two that start at once migrate one after the other


def run(connection: Connection) -> None:
    prepare = _keep_children if connection.dialect.name == "sqlite" else _wait_for_others
    prepare(connection)
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def _keep_children(connection: Connection) -> None:
    # A batch migration copies a table and drops the old one: with foreign keys on, that would delete every child row.
    # SQLite ignores the switch inside a transaction.
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.commit()


def _wait_for_others(connection: Connection) -> None:
    # Kept until the connection is closed. The revision is read after it.
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
    connection.commit()


engine = make_engine(url, wait=600)  # another one's migration may take its time
with engine.connect() as connection:
    run(connection)
engine.dispose()
