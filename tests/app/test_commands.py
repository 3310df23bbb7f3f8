"""The command `layerscope`, with stand-ins for what its branches do."""

import subprocess
import sys
import types
from pathlib import Path

import pytest
from alembic import command as alembic_command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app import commands, db, schema
from app.settings import PROJECT, Settings

EVERY = ["serve", "web", "worker", "migrate", "backup", "copy", "doctor"]


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "start_log", lambda *_: None)


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A migrated database, and the settings that lead to it."""
    monkeypatch.setattr(commands, "load_settings", lambda: settings)
    return settings


def stand_in(monkeypatch: pytest.MonkeyPatch, module: str, **contents: object) -> None:
    """Another module in place of one that this command imports."""
    monkeypatch.setitem(sys.modules, module, types.SimpleNamespace(**contents))  # type: ignore[arg-type]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    [line] = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize("name", EVERY)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        commands.main([name, "--help"])

    assert end.value.code == 0
    assert f"usage: layerscope {name}" in capsys.readouterr().out


def test_the_list_of_commands_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.main(["--help"])

    said = capsys.readouterr().out
    assert [name for name in EVERY if f"\n    {name} " not in said] == []


@pytest.mark.parametrize(
    "wrong", [[], ["dance"], ["backup"], ["copy", "--from", "sqlite:///a.db"], ["web", "--colour"]]
)
def test_a_wrong_command_line_ends_with_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        commands.main(wrong)

    assert end.value.code == 2


def test_a_wrong_setting_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "many")

    assert commands.main(["web"]) == 2
    assert one_line(capsys).startswith("Layerscope can't start: PORT: ")


def test_backup_gets_the_file_and_says_how_large_it_is(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def backup(settings: Settings, file: Path) -> None:
        assert settings is here
        file.write_bytes(bytes(2_500_000))

    stand_in(monkeypatch, "app.backup", backup=backup, CannotBackUp=RuntimeError)

    assert commands.main(["backup", str(tmp_path / "copy.db")]) == 0
    assert "2.5 MB" in capsys.readouterr().out


@pytest.mark.usefixtures("here")
def test_a_backup_that_fails_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def backup(*_: object) -> None:
        raise RuntimeError("x.db is there already")

    stand_in(monkeypatch, "app.backup", backup=backup, CannotBackUp=RuntimeError)

    assert commands.main(["backup", "x.db"]) == 1
    assert one_line(capsys) == "layerscope backup: x.db is there already"


@pytest.mark.usefixtures("here")
def test_copy_gets_both_addresses_and_says_what_it_copied(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def copy(source: str, target: str) -> dict[str, int]:
        asked.extend((source, target))
        return {"run": 1200, "layer": 3400, "share": 0}

    stand_in(monkeypatch, "app.copying", copy=copy, CannotCopy=RuntimeError)

    assert commands.main(["copy", "--from", "sqlite:///a.db", "--to", "sqlite:///b.db"]) == 0
    assert asked == ["sqlite:///a.db", "sqlite:///b.db"]
    assert capsys.readouterr().out == "Copied 4,600 rows: 1,200 run, 3,400 layer\n"


@pytest.mark.usefixtures("here")
def test_a_worker_is_given_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    stand_in(monkeypatch, "app.worker", run_worker=lambda _settings, name: named.append(name))

    assert commands.main(["worker", "--name", "attic"]) == commands.main(["worker"]) == 0
    assert named == ["attic", "worker"]


# --- the schema ---


def alembic(settings: Settings) -> Config:
    config = Config(toml_file=PROJECT / "pyproject.toml")
    config.attributes["url"] = settings.runs_url
    return config


def test_the_files_of_the_migrations_tell_their_order() -> None:
    script = ScriptDirectory(str(PROJECT / "migrations"))

    assert [found.revision for found in script.walk_revisions()] == schema.known_revisions()[::-1]


@pytest.fixture(params=["web", "worker"])
def process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a process that must not be started."""
    stand_in(monkeypatch, "app.web", run_web=lambda *_: pytest.fail("the web process was started"))
    stand_in(monkeypatch, "app.worker", run_worker=lambda *_: pytest.fail("the worker was started"))
    return str(request.param)


def test_an_older_schema_is_refused_and_left_as_it_is(
    here: Settings, process: str, capsys: pytest.CaptureFixture[str]
) -> None:
    alembic_command.downgrade(alembic(here), "-1")
    at = schema.revision(here.runs_url)

    assert commands.main([process]) == 2
    assert "run `layerscope migrate` first" in one_line(capsys)
    assert schema.revision(here.runs_url) == at


def test_a_database_without_tables_is_refused(here: Settings, process: str, capsys: pytest.CaptureFixture[str]) -> None:
    alembic_command.downgrade(alembic(here), "base")
    engine = db.make_engine(here.runs_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    engine.dispose()

    assert commands.main([process]) == 2
    assert "has no tables yet: run `layerscope migrate` first" in one_line(capsys)


@pytest.fixture
def newer(here: Settings) -> Settings:
    """A database of a later release."""
    engine = db.make_engine(here.runs_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    return here


@pytest.mark.usefixtures("newer")
def test_a_newer_schema_is_refused(process: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main([process]) == 2
    assert "is of a newer release (schema 9999" in one_line(capsys)


@pytest.mark.usefixtures("newer")
def test_a_newer_schema_is_not_migrated(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["migrate"]) == 2
    assert "update Layerscope" in one_line(capsys)


def test_migrate_brings_an_older_schema_to_this_release(here: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    alembic_command.downgrade(alembic(here), "-1")

    assert commands.main(["migrate"]) == 0
    assert schema.newest_revision() in capsys.readouterr().out


def test_a_database_that_cannot_be_opened_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Settings(_env_file=None, data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/nowhere/x.db")
    monkeypatch.setattr(commands, "load_settings", lambda: lost)

    assert commands.main(["migrate"]) == 1
    assert one_line(capsys) == "layerscope migrate: the database can't be used (unable to open database file)"


def test_a_training_child_imports_nothing_with_the_command() -> None:
    asked = "import sys, app.__main__; print([name for name in sys.modules if name.startswith(('app.', 'sqlalchemy'))])"
    said = subprocess.run([sys.executable, "-c", asked], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert said.stdout == "['app.__main__']\n"
