"""Alembic's entry: which tables there should be, and which database to bring there."""

from alembic import context
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import app.models  # noqa: F401  (registers the tables)
from app.db import make_engine
from app.settings import load_settings

url = context.config.attributes.get("url") or load_settings().runs_url


def run(connection: Connection) -> None:
    # A batch migration copies a table and drops the old one: with foreign keys on, that would delete every child row.
    # SQLite ignores the switch inside a transaction.
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.commit()
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


engine = make_engine(url)
with engine.connect() as connection:
    run(connection)
engine.dispose()
