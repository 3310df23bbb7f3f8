"""A backup while runs go on, and back again."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from app import backup as backups
from app import store
from app.backup import CannotBackUp, backup
from app.copying import copy
from app.models import Worker
from app.settings import Settings
from tests.databases import databases
from tests.records import make_run
from tests.whole import fill, kept


def test_a_backup_holds_every_row_and_is_one_file(settings: Settings, tmp_path: Path) -> None:
    fill(settings.runs_url)
    file = tmp_path / "kept" / "backup.db"
    file.parent.mkdir()
    backup(settings, file)
    assert [path.name for path in file.parent.iterdir()] == ["backup.db"]
    assert kept(f"sqlite:///{file}") == kept(settings.runs_url)


def test_it_is_restored_by_copying_it_into_an_empty_database(
    settings: Settings, engine: Engine, tmp_path: Path, migrated: str
) -> None:
    fill(settings.runs_url)
    with Session(engine) as session:  # those who are at work now are not there when it is restored
        store.report_worker(session, Worker(name="busy", pid=1, place="elsewhere"))
    backup(settings, tmp_path / "backup.db")

    restored = databases.address(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    databases.make(restored, migrated)
    copy(f"sqlite:///{tmp_path}/backup.db", restored)
    assert kept(restored) == kept(settings.runs_url)
    databases.drop(restored)


def test_a_backup_while_a_run_is_written_is_whole(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    with _writing(engine) as snapshots:
        for number in range(3):
            before = len(snapshots)
            backup(settings, tmp_path / f"{number}.db")
            with sqlite3.connect(tmp_path / f"{number}.db") as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
                layers = "SELECT count(layer.step) FROM snapshot LEFT JOIN layer USING (run_id, step) GROUP BY step"
                counts = [count for (count,) in connection.execute(layers)]
            connection.close()
            assert before <= len(counts) <= len(snapshots) + 1
            assert set(counts) <= {3}, "a snapshot without all of its layers"
    assert len(counts) > 0


@contextmanager
def _writing(engine: Engine) -> Iterator[list[int]]:
    """A thread that saves one snapshot after the other; their steps so far."""
    made, stop = make_run(1, hidden=(8, 6)), threading.Event()
    done: list[int] = []

    def write() -> None:
        with Session(engine) as session:
            run = store.create_run(session, made.spec)
            attempt = store.claim(session, run.id)
            while not stop.is_set():
                store.save_snapshot(session, run.id, attempt or 0, replace(made.snapshots[0], step=len(done)))
                done.append(len(done))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while len(done) < 5:
            stop.wait(0.01)
        yield done
    finally:
        stop.set()
        thread.join()


def test_nothing_is_overwritten(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "backup.db").write_text("mine")
    with pytest.raises(CannotBackUp, match=r"backup.db is there already; name a file that is not"):
        backup(settings, tmp_path / "backup.db")
    assert (tmp_path / "backup.db").read_text() == "mine"


def test_a_folder_that_is_not_there_is_named_in_one_line(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CannotBackUp) as refused:
        backup(settings, tmp_path / "none" / "backup.db")
    assert "none" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_backup_that_breaks_off_leaves_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_settle", full)
    (tmp_path / "kept").mkdir()
    with pytest.raises(CannotBackUp, match="No space left on device"):
        backup(settings, tmp_path / "kept" / "backup.db")
    assert list((tmp_path / "kept").iterdir()) == []
