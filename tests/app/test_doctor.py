"""`layerscope doctor`: what is wrong is found, and nothing is changed."""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import update
from sqlmodel import Session, col

from app import doctor, queue, store
from app.doctor import database, machine
from app.doctor.check import Check, found_by
from app.models import Run, Worker
from app.place import HERE
from app.settings import PROJECT, Settings
from ml.spec import RunSpec
from tests.databases import ADMINISTRATOR


@pytest.fixture(scope="module")
def empty_queue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to be copied."""
    folder = tmp_path_factory.mktemp("queue")
    queue.prepare(Settings(_env_file=None, data_dir=folder))
    return folder / "queue.db"


@pytest.fixture
def ready(settings: Settings, empty_queue: Path) -> Settings:
    """Of a place where nothing is wrong, but that nobody works there."""
    if ADMINISTRATOR:
        queue.prepare(settings)
    else:
        shutil.copy(empty_queue, settings.data_dir)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return settings.model_copy(update={"port": probe.getsockname()[1]})


def checks(settings: Settings, *looks: Callable[..., Iterator[Check]]) -> dict[str, Check]:
    """What these looks at the machine find, or those at the database."""
    with database.Reading(settings) as reading:
        found = [
            check
            for look in looks
            for check in found_by(look, settings if look in machine.MACHINE else reading)  # type: ignore[arg-type]
        ]
    return {check.subject: check for check in found}


def stored(settings: Settings) -> dict[str, Check]:
    return checks(settings, *database.DATABASE)


def test_where_nothing_is_wrong_it_says_so_in_a_line_each(ready: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.examine(ready) == 0

    said = capsys.readouterr().out
    of_files = () if ADMINISTRATOR else ("SQLite", "integrity", "foreign keys")
    for subject in (
        "Python", "packages", "settings", "DATA_DIR", "disk", "port", "data sets", "database", "schema", *of_files,
        "queue", "workers", "runs", "clock",
    ):  # fmt: skip
        assert f"  {subject} " in said
    assert "0 wrong" in said


def test_it_changes_nothing(ready: Settings) -> None:
    def seen() -> dict[str, tuple[int, bytes]]:
        return {
            file.name: (file.stat().st_mtime_ns, file.read_bytes())
            for file in ready.data_dir.iterdir() if not file.name.startswith("queue.db")
        }  # fmt: skip

    before = seen()
    doctor.examine(ready)

    assert seen() == before


def test_a_place_where_nothing_is_yet_is_no_fault(tmp_path: Path) -> None:
    nowhere = Settings(_env_file=None, data_dir=tmp_path / "data", port=0)

    assert checks(nowhere, machine.folder)["DATA_DIR"].state == "warning"
    assert stored(nowhere)["database"].state == "warning"
    assert not (tmp_path / "data").exists()


def test_a_worker_that_is_alive_is_named_with_when_it_was_seen(ready: Settings, session: Session) -> None:
    store.report_worker(session, Worker(name="attic", pid=1, place="elsewhere"))

    said = stored(ready)["workers"]
    assert said.state == "ok"
    assert said.said.startswith("1 alive: attic (")


def test_runs_that_wait_for_nobody_are_wrong(ready: Settings, session: Session) -> None:
    store.create_run(session, RunSpec())

    assert stored(ready)["workers"].state == "wrong"
    assert stored(ready)["queue"].said == "0 of 1 runs that have not ended are in it"


@pytest.mark.parametrize(("alive", "state"), [([], "wrong"), (["other"], "warning"), (["lost", "other"], "ok")])
def test_a_running_run_without_its_worker_is_found(
    ready: Settings, session: Session, alive: list[str], state: str
) -> None:
    run = store.create_run(session, RunSpec())
    session.execute(update(Run).where(col(Run.id) == run.id).values(status="running", worker="lost"))
    for name in alive:
        store.report_worker(session, Worker(name=name, pid=1, place="elsewhere"))
    session.commit()

    assert stored(ready)["runs"].state == state


def test_an_older_schema_is_wrong_and_nothing_more_is_asked(ready: Settings) -> None:
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = ready.runs_url
    command.downgrade(config, "-1")

    found = stored(ready)
    assert (found["schema"].state, found["schema"].fix) == ("wrong", "run `layerscope migrate`")
    assert "runs" not in found


@pytest.mark.skipif(bool(ADMINISTRATOR), reason="SQLite's own")
def test_a_damaged_file_is_wrong(ready: Settings) -> None:
    file = ready.data_dir / "layerscope.db"
    damaged = bytearray(file.read_bytes())
    damaged[8192 + 8 : 12288] = bytes(4088)
    file.write_bytes(damaged)

    assert doctor.examine(ready) == 1


@pytest.mark.skipif(bool(ADMINISTRATOR), reason="SQLite's own")
def test_rows_that_point_at_nothing_are_wrong(ready: Settings, session: Session) -> None:
    session.connection().exec_driver_sql("PRAGMA foreign_keys=OFF")
    session.connection().exec_driver_sql("INSERT INTO artifact (run_id, name, data) VALUES ('gone', 'x', x'00')")
    session.commit()

    assert stored(ready)["foreign keys"].said == "1 rows of artifact point at nothing"


def test_a_database_that_cannot_be_reached_is_wrong(ready: Settings) -> None:
    away = ready.model_copy(update={"database_url": "postgresql+psycopg://a:secret@127.0.0.1:1/x"})
    away.__dict__.pop("runs_url", None)  # worked out before, on SQLite

    said = stored(away)["database"]
    assert said.state == "wrong"
    assert "secret" not in said.said


def test_a_clock_that_is_wrong_is_told(ready: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    monkeypatch.setattr(database.time, "time", lambda: real() + 100)

    assert stored(ready)["clock"].state == "warning"


def test_a_port_that_another_program_has_is_wrong(ready: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PATIENCE", 0.1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", ready.port))
        other.listen()
        found = checks(ready, machine.port)["port"]

    assert (found.state, found.fix) == ("wrong", f"set PORT={ready.port + 1}")


def test_packages_that_are_missing_or_other_than_pinned_are_told(
    ready: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pins = tmp_path / "pins.txt"
    monkeypatch.setattr(machine, "PINS", pins)
    pins.write_text('pytest==1.0  # old\n# a remark\nnowhere==1 ; sys_platform == "amiga"\n')
    assert checks(ready, machine.packages)["packages"].state == "warning"
    pins.write_text("no-such-package==1.0\n")
    assert checks(ready, machine.packages)["packages"].said == "missing: no-such-package"


def test_a_full_disk_is_wrong(ready: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5_000_000))

    assert checks(ready, machine.folder)["disk"].state == "wrong"


def test_a_misspelt_name_in_env_is_told(ready: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("WORKRES=3\nPORT=1\n")
    monkeypatch.chdir(tmp_path)

    assert checks(ready, machine.settings)["settings"].said == ".env names WORKRES"


def test_half_a_data_set_is_told(ready: Settings) -> None:
    folder = ready.datasets_dir / "mnist"
    folder.mkdir(parents=True)
    with (folder / "t10k-labels-idx1-ubyte.gz").open("wb") as file:
        file.truncate(4_542)

    found = [check.said for check in found_by(machine.data_sets, ready)]
    assert found[0] == "mnist: not all of the files"


def test_a_look_that_fails_is_a_finding() -> None:
    def at_the_moon(_: object) -> Iterator[Check]:
        raise RuntimeError("too far")
        yield

    assert list(found_by(at_the_moon, None)) == [
        Check("at the moon", "wrong", "can't be looked at (RuntimeError: too far)")
    ]


@pytest.mark.parametrize(("place", "code"), [(HERE, 0), ("elsewhere", 1)])
def test_a_container_is_healthy_while_a_worker_of_its_own_is_alive(
    ready: Settings, session: Session, capsys: pytest.CaptureFixture[str], place: str, code: int
) -> None:
    store.report_worker(session, Worker(name="attic", pid=os.getpid(), place=place))

    assert doctor.look_for_worker(ready) == code
    assert ("attic" in capsys.readouterr().out) is (code == 0)
