"""What a visitor is told while the database can't be used."""

import sqlite3
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app import main, store
from app.settings import Settings
from tests.databases import hold_up_writers
from tests.records import make_run
from tests.saving import save_run

ORIGIN = {"Origin": "http://127.0.0.1:8000"}


@pytest.fixture
def locked(engine: Engine) -> Iterator[Connection]:
    """Somebody else writes, and does not come to an end."""
    with engine.connect() as other:
        hold_up_writers(other)
        yield other
        other.rollback()


@pytest.fixture
def impatient(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(main, "WAIT_SECONDS", 0.05)
    app = main.create_app(settings)
    yield TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=False)
    app.state.queue.close()
    app.state.engine.dispose()


def test_a_program_is_told_to_come_back_and_what_it_sent_is_taken_then(
    impatient: TestClient, locked: Connection
) -> None:
    refused = impatient.post("/api/runs", json={"hidden": [8]})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "Nothing was lost" in refused.json()["detail"]
    locked.rollback()
    assert impatient.post("/api/runs", json={"hidden": [8]}).status_code == 201


@pytest.mark.usefixtures("locked")
def test_a_visitor_gets_a_page_that_says_so(impatient: TestClient) -> None:
    refused = impatient.post("/runs", data={"hidden": "8"}, headers=ORIGIN)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert "Nothing was lost" in refused.text
    assert "Reloading this page sends the same again." in refused.text
    assert "<h1" in refused.text
    assert "refresh" not in refused.headers, "which would ask, and not send"


def test_a_page_that_could_not_be_read_comes_by_itself(impatient: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))
    monkeypatch.setattr(store, "list_runs", Mock(side_effect=locked))
    refused = impatient.get("/")
    assert (refused.status_code, refused.headers["refresh"]) == (503, "5")
    assert "Reloading" not in refused.text


def test_pages_can_be_read_meanwhile_though_their_pictures_are_not_kept(
    session: Session, locked: Connection, impatient: TestClient
) -> None:
    locked.rollback()
    run_id = save_run(session, make_run(2))
    session.close()
    hold_up_writers(locked)
    for path in ("/", "/api/runs", f"/runs/{run_id}"):
        assert impatient.get(path).status_code == 200


def test_a_mistake_of_the_program_is_no_such_trouble(impatient: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE run RENAME TO lost")
    with pytest.raises(Exception, match=r"no such table|does not exist"):
        impatient.get("/api/runs")
