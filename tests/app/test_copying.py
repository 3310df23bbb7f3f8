"""Everything from one database into another, on SQLite; tests/postgresql does the same with PostgreSQL."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlmodel import Session

from app import db, store
from app.copying import CannotCopy, copy
from app.models import Worker
from app.settings import PROJECT
from ml.spec import RunSpec
from tests.whole import fill, kept

pytestmark = pytest.mark.sqlite


@pytest.fixture
def source(tmp_path: Path) -> str:
    return empty(tmp_path / "source.db")


@pytest.fixture
def target(tmp_path: Path) -> str:
    return empty(tmp_path / "target.db")


def empty(file: Path) -> str:
    url = f"sqlite:///{file}"
    db.bring_to_newest(url)
    return url


def test_every_row_of_every_table_is_copied(source: str, target: str) -> None:
    fill(source)
    copied = copy(source, target)
    assert kept(target) == kept(source)
    assert copied == {name: len(rows) for name, rows in kept(source).items()}
    assert min(copied.values()) > 0, "a table that the test leaves empty"


def test_a_run_that_was_training_is_queued_and_keeps_its_checkpoint(source: str, target: str) -> None:
    fill(source)
    engine = db.make_engine(source)
    with Session(engine) as session:
        run = store.create_run(session, RunSpec())
        attempt = store.claim(session, run.id, "lost")
        assert attempt is not None
        store.save_checkpoint(session, run.id, attempt, 7, 1.5, b"weights")
    copy(source, target)
    engine.dispose()

    engine = db.make_engine(target)
    with Session(engine) as session:
        found = store.find_run(session, run.id)
        assert found is not None
        assert (found.status, found.attempt, found.step) == ("queued", attempt, 7)
        kept = store.checkpoint(session, run.id)
        assert kept is not None
        assert (kept.step, kept.data) == (7, b"weights")
        assert store.claim(session, run.id, "next") == attempt + 1
    engine.dispose()


def test_while_a_worker_is_alive_nothing_is_copied(source: str, target: str) -> None:
    engine = db.make_engine(source)
    with Session(engine) as session:
        store.report_worker(session, Worker(name="busy", pid=1, place="elsewhere"))
    with pytest.raises(CannotCopy, match=r"workers are at work there \(busy\); stop Layerscope"):
        copy(source, target)
    with Session(engine) as session:
        store.forget_worker(session, "busy")
    engine.dispose()
    copy(source, target)


def test_a_target_that_holds_anything_is_refused_and_stays_as_it_is(source: str, target: str) -> None:
    fill(source)
    copy(source, target)
    before = kept(target)
    with pytest.raises(CannotCopy, match="there are rows in the table"):
        copy(source, target)
    assert kept(target) == before


@pytest.mark.parametrize("older", ["source", "target"])
def test_a_database_of_an_older_version_is_refused_with_what_to_do(source: str, target: str, older: str) -> None:
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = source if older == "source" else target
    command.downgrade(config, "-1")
    with pytest.raises(CannotCopy, match=rf"{older}.db has not the tables of this version; .* layerscope migrate"):
        copy(source, target)


def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path: Path, target: str) -> None:
    with pytest.raises(CannotCopy, match=r"there is no database sqlite:///.*missing\.db"):
        copy(f"sqlite:///{tmp_path}/missing.db", target)
    assert not (tmp_path / "missing.db").exists()


def test_a_server_that_does_not_answer_is_told_in_one_line_without_the_password(target: str) -> None:
    with pytest.raises(CannotCopy) as refused:
        copy("postgresql+psycopg://teacher:secret@127.0.0.1:1/layerscope", target)
    assert "127.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_copy_that_breaks_off_leaves_nothing(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(source)
    monkeypatch.setattr("app.copying._check_whole", lambda *_: (_ for _ in ()).throw(CannotCopy("cut")))
    with pytest.raises(CannotCopy, match="cut"):
        copy(source, target)
    assert not any(kept(target).values())


def test_a_nul_of_an_older_version_becomes_what_every_database_keeps(source: str, target: str) -> None:
    engine = db.make_engine(source)
    with Session(engine) as session:
        session.add(store.new_run(RunSpec.model_construct(**RunSpec().model_dump() | {"name": "a\0b"}), 0))
        session.commit()
    engine.dispose()
    copy(source, target)
    assert [row["name"] for row in kept(target)["run"]] == ["a\ufffdb"]
    assert "\\u0000" not in kept(target)["run"][0]["spec"]
