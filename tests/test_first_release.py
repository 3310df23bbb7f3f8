"""An upgrade from the database that the first release made, and the way back."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from sqlalchemy import MetaData, select

from app import db
from app.backup import backup
from app.main import create_app
from app.settings import PROJECT, Settings

DATA = Path(__file__).parent / "data"
ANSWERS: dict[str, Any] = json.loads((DATA / "first_release.json").read_text())
SHARE = "/s/1Lo2QpiIfdYvVdIuG2nMFnVG_NlhtR6l"
RUNS = [address for address, answer in ANSWERS.items() if "status" in answer]
FIRST, AS_BEFORE, NEWEST = "0001", "-1", "head"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a folder with the first release's database, as it was."""
    shutil.copy(DATA / "first_release.db", tmp_path / "layerscope.db")
    return Settings(_env_file=None, data_dir=tmp_path)


@pytest.fixture
def alembic(settings: Settings) -> Config:
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = settings.runs_url
    return config


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    db.migrate(settings)
    app = create_app(settings)
    yield TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))
    app.state.queue.close()
    app.state.engine.dispose()


def contents(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    engine, tables = db.make_engine(settings.runs_url), MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables.sorted_tables
        }
    engine.dispose()
    return found


def holds(answer: Any, before: Any) -> bool:
    """Whether all of an earlier answer is in this one; what is new beside it is welcome. A setting that is not used is
    0 by now in places where it was null."""
    if isinstance(before, dict):
        return isinstance(answer, dict) and all(key in answer and holds(answer[key], before[key]) for key in before)
    return bool(answer == before) or (before is None and answer == 0)


def test_the_first_release_left_runs_of_every_outcome_and_a_share() -> None:
    assert sorted(ANSWERS[address]["status"] for address in RUNS) == ["cancelled", "failed"] + 3 * ["finished"]
    assert [answer for address, answer in ANSWERS.items() if address.endswith("/shares") and answer]


def test_after_the_upgrade_everything_is_answered_as_the_first_release_did(client: TestClient) -> None:
    answers = {address: client.get(address).json() for address in ANSWERS}

    assert [address for address, before in ANSWERS.items() if not holds(answers[address], before)] == []


def test_after_the_upgrade_every_page_and_file_of_the_runs_is_there(client: TestClient) -> None:
    pages = ["/", SHARE]
    for address in RUNS:
        page = address.removeprefix("/api")
        pages += [page, f"{page}.html", f"{address}/diagnosis", f"{address}/figures/loss"]
    pages += [f"{address}/export.zip" for address in RUNS if ANSWERS[address]["status"] == "finished"]

    assert {page: status for page in pages if (status := client.get(page).status_code) != 200} == {}


def test_after_the_upgrade_the_tables_are_those_of_the_models(settings: Settings, alembic: Config) -> None:
    db.migrate(settings)

    command.check(alembic)


def test_a_step_back_loses_nothing_that_the_release_before_knew(settings: Settings, alembic: Config) -> None:
    db.migrate(settings)
    command.downgrade(alembic, AS_BEFORE)
    before = contents(settings)

    command.upgrade(alembic, NEWEST)
    newest = contents(settings)
    command.downgrade(alembic, AS_BEFORE)

    assert contents(settings) == before
    assert newest.keys() >= before.keys()
    assert all(len(newest[table]) == len(before[table]) for table in before)


def test_back_at_the_first_release_every_row_is_as_it_was(settings: Settings, alembic: Config) -> None:
    before = contents(settings)
    db.migrate(settings)

    command.downgrade(alembic, FIRST)

    assert contents(settings) == before
    command.upgrade(alembic, NEWEST)
    command.check(alembic)


def test_restored_from_a_backup_it_can_give_room_back_to_the_disk(settings: Settings) -> None:
    file = settings.data_dir / "backup.db"
    backup(settings, file)

    engine = db.make_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar() == 2  # incremental
    engine.dispose()
