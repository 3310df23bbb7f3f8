"""From SQLite to PostgreSQL and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import Session

from app import db, store
from app.copying import CannotCopy, copy
from app.models import Worker
from app.settings import Settings
from tests.app.test_copying import empty
from tests.databases import databases
from tests.whole import fill, kept

pytestmark = pytest.mark.postgresql


@pytest.fixture
def source(tmp_path: Path) -> str:
    return empty(tmp_path / "source.db")


@pytest.fixture
def another(tmp_path: Path, migrated: str) -> Iterator[str]:
    url = databases.address(tmp_path)
    databases.make(url, migrated)
    yield url
    databases.drop(url)


def test_there_and_on_and_back_nothing_changes(source: str, settings: Settings, another: str, tmp_path: Path) -> None:
    fill(source)
    before, back = kept(source), empty(tmp_path / "back.db")
    for here, there in [(source, settings.runs_url), (settings.runs_url, another), (another, back)]:
        copy(here, there)
        assert kept(there) == before


def test_what_a_copy_made_can_be_written_to(source: str, settings: Settings) -> None:
    fill(source)
    copy(source, settings.runs_url)
    engine = db.make_engine(settings.runs_url)
    with Session(engine) as session:
        assert store.list_runs(session, q="tanh")
        for run in store.list_runs(session):
            assert store.delete_run(session, run.id)
    engine.dispose()


def test_the_workers_of_postgresql_hold_a_copy_up_too(settings: Settings, source: str) -> None:
    engine = db.make_engine(settings.runs_url)
    with Session(engine) as session:
        store.report_worker(session, Worker(name="busy", pid=1, place="elsewhere"))
    engine.dispose()
    with pytest.raises(CannotCopy, match=r"workers are at work there \(busy\)"):
        copy(settings.runs_url, source)
