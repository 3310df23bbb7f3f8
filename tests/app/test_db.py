from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, inspect
from sqlmodel import Session

from app import db, store
from app.settings import PROJECT, Settings
from ml.spec import RunSpec


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 53, 0), True), ((3, 51, 3), True), ((3, 51, 2), False), ((3, 50, 7), True), ((3, 50, 6), False),
     ((3, 44, 6), True), ((3, 45, 1), False), ((3, 37, 2), False)],
)  # fmt: skip
def test_wal_is_used_only_where_sqlite_is_mended(version: tuple[int, ...], safe: bool) -> None:
    assert db.wal_is_safe(version) is safe


@pytest.mark.sqlite
@pytest.mark.parametrize(("version", "journal"), [((3, 53, 0), "wal"), ((3, 40, 1), "delete")])
def test_the_journal_follows_the_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], journal: str
) -> None:
    monkeypatch.setattr(db.SQLITE, "sqlite_version_info", version)
    engine = db.make_engine(f"sqlite:///{tmp_path}/x.db")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == journal
    engine.dispose()


@pytest.mark.sqlite
def test_every_connection_is_patient_and_keeps_foreign_keys(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("busy_timeout", "foreign_keys")
        }
    assert pragmas == {"busy_timeout": 30000, "foreign_keys": 1}


def test_two_writers_wait_for_each_other_instead_of_failing(engine: Engine) -> None:
    def write(seed: int) -> None:
        with Session(engine) as session:
            run = store.create_run(session, RunSpec(seed=seed))
            store.claim(session, run.id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(100)))
    with Session(engine) as session:
        assert store.count_by_status(session) == {"running": 100}


@pytest.fixture
def alembic(settings: Settings) -> Config:
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = settings.runs_url
    return config


def test_the_migrations_make_exactly_the_tables_of_the_models(alembic: Config) -> None:
    command.check(alembic)


def test_migrating_twice_changes_nothing_and_keeps_the_runs(settings: Settings, session: Session) -> None:
    run = store.create_run(session, RunSpec())
    db.migrate(settings)
    session.expire_all()
    assert store.find_run(session, run.id) == run


def test_every_migration_can_be_taken_back(alembic: Config, engine: Engine) -> None:
    command.downgrade(alembic, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    command.upgrade(alembic, "head")
    assert "run" in inspect(engine).get_table_names()


def test_runs_of_the_first_release_are_read_after_the_upgrade_and_lose_nothing_by_a_step_back(
    alembic: Config, engine: Engine, session: Session, finished: str
) -> None:
    before = store.load_run(session, finished)
    assert before is not None
    session.close()

    command.downgrade(alembic, "0001")
    columns = {column["name"] for table in ("snapshot", "layer") for column in inspect(engine).get_columns(table)}
    assert columns.isdisjoint({"pulses", "extras", "clipped", "norm_before", "norm_after"})
    command.upgrade(alembic, "head")

    after = store.load_run(session, finished)
    assert after is not None
    assert (after.spec, after.status, after.steps) == (before.spec, before.status, before.steps)
    assert [s.metrics for s in after.snapshots] == [s.metrics for s in before.snapshots]
    np.testing.assert_equal(asdict(after)["snapshots"][-1]["layers"], asdict(before)["snapshots"][-1]["layers"])


def test_a_connection_that_comes_back_after_its_engine_was_disposed_of_is_closed(settings: Settings) -> None:
    engine = db.make_engine(settings.runs_url)
    held = engine.connect()
    driver = held.connection.driver_connection
    engine.dispose()
    held.close()
    with pytest.raises(Exception, match="closed"):
        driver.execute("SELECT 1")
