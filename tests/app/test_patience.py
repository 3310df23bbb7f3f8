import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlmodel import Session

from app import db, patience, store
from app.patience import is_away, patiently, trouble
from tests.conftest import TINY


def of_sqlite(said: str) -> OperationalError:
    return OperationalError("UPDATE run SET secret = ?", ("value",), sqlite3.OperationalError(said))


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (of_sqlite("database is locked"), True),
        (of_sqlite("database or disk is full"), True),
        (of_sqlite("disk I/O error"), True),
        (of_sqlite("no such table: run"), False),
        (OperationalError("", (), psycopg.OperationalError("the connection is closed")), True),
        (OperationalError("", (), psycopg.errors.DiskFull("could not extend file")), True),
        (ProgrammingError("", (), psycopg.errors.UndefinedTable("no such table")), False),
        (IntegrityError("", (), sqlite3.IntegrityError("UNIQUE constraint failed")), False),
        (ValueError("locked"), False),
    ],
)
def test_only_troubles_that_pass_count_as_the_database_being_away(error: Exception, away: bool) -> None:
    assert is_away(error) is away


def test_a_trouble_is_told_without_the_statement_and_its_values() -> None:
    assert trouble(of_sqlite("database is locked")) == "database is locked"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_WAIT", 0.01)


@pytest.mark.sqlite
@pytest.mark.usefixtures("impatient")
def test_what_could_not_be_written_is_written_as_soon_as_it_can(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    hasty = db.make_engine(str(engine.url), wait=0.01)
    other = engine.connect()
    other.exec_driver_sql("BEGIN IMMEDIATE")
    tries = []

    def write() -> str:
        tries.append(1)
        if len(tries) == 4:
            other.rollback()
        return store.create_run(session, TINY).id

    with Session(hasty) as session:
        run_id = patiently(session, write)
    other.close()
    hasty.dispose()
    with Session(engine) as session:
        assert [run.id for run in store.list_runs(session)] == [run_id]
    assert len(tries) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "the database can't be used (database is locked); nothing is lost, trying again"
    ]


@pytest.mark.usefixtures("impatient")
def test_an_error_that_will_not_pass_is_told_at_once(session: Session) -> None:
    def breaks() -> None:
        raise of_sqlite("no such table: run")

    with pytest.raises(OperationalError, match="no such table"):
        patiently(session, breaks)


def test_a_full_disk_is_a_trouble_that_passes(tmp_path: Path) -> None:
    engine = db.make_engine(f"sqlite:///{tmp_path}/full.db")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 5")
        connection.exec_driver_sql("CREATE TABLE page (data BLOB)")
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("INSERT INTO page VALUES (zeroblob(100000))")
    engine.dispose()
    assert is_away(caught.value)
