"""Setting up: the pinned files, app/bootstrap.py, the Makefile, and that what they name is documented."""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import namedtuple
from pathlib import Path

import pytest

from app import bootstrap
from app.settings import Settings

PROJECT = Path(__file__).parent.parent
DiskUsage = namedtuple("DiskUsage", "total used free")


def requirements(name: str) -> list[str]:
    lines = (PROJECT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def direct_requirements(name: str) -> list[str]:
    """Names of what we chose ourselves, listed above what only they need."""
    chosen = (PROJECT / name).read_text().split("# Needed by the above.")[0]
    return re.findall(r"^([\w-]+)==", chosen, re.MULTILINE)


def section(title: str) -> str:
    """A chapter of the README."""
    return (PROJECT / "README.md").read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]


# --- the files ---


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"])
def test_every_requirement_is_pinned_to_one_release(name):
    assert [line for line in requirements(name) if not re.match(r"[\w-]+==\d[\w.]*(\s|$)", line)] == []


def test_torch_is_pinned_without_a_build():
    assert [line.split()[0] for line in requirements("requirements.txt") if line.startswith("torch")] == [
        "torch==2.13.0"
    ]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"])
def test_the_readme_says_what_every_dependency_earns(name):
    documented = set(re.findall(r"^- `([\w-]+)`: \w", section("Dependencies"), re.MULTILINE))

    assert set(direct_requirements(name)) - documented == set()


def test_the_readme_lists_every_setting():
    listed = re.findall(r"^\| `([A-Z_]+)` \|", section("Settings"), re.MULTILINE)

    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_environment_names_every_setting():
    named = re.findall(r"^# ([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_readme_tree_names_every_module_and_no_other():
    modules = {path.name for folder in ("app", "ml") for path in (PROJECT / folder).rglob("*.py")} - {"__init__.py"}

    assert set(re.findall(r"^ +(\w+\.py) ", section("The tree"), re.MULTILINE)) == modules


@pytest.mark.parametrize(
    "target",
    ["serve", "test", "test-postgres", "check", "messages", "examples", "reproduce", "reproduce-long", "fuzz", "bench"],
)
def test_the_makefile_sets_up_before_it_does_anything(target):
    # Without what a make around this test, such as `make test`, tells its children.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    dry_run = subprocess.run(
        ["make", "--dry-run", target, "PYTHON=python3"], cwd=PROJECT, capture_output=True, text=True, check=True,
        env=environment,
    )  # fmt: skip

    first, second, *_ = dry_run.stdout.splitlines()
    assert first.startswith("python3 app/bootstrap.py")
    assert ".venv/bin/python -m " in second


# --- app/bootstrap.py ---


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder to set up, where making an environment and installing are only written down in `project.calls`."""
    project = FakeProject(tmp_path)
    monkeypatch.setattr(bootstrap, "make_environment", project.make_environment)
    monkeypatch.setattr(bootstrap, "install", project.install)
    return project


class FakeProject:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[str] = []
        self.failure: BaseException | None = None
        self.packages = root / ".venv/lib/python3/site-packages"
        for name in ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt"):
            (root / name).write_text(f"{name.split('.')[0]}==1\n")

    def make_environment(self, venv: Path) -> None:
        self.calls.append("environment")
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        (venv / "bin/python").touch()

    def install(self, _venv: Path, files: list[Path]) -> None:
        self.calls += [path.name for path in files]
        if self.failure:
            raise self.failure
        for path in files:
            (self.packages / path.stem).mkdir(parents=True, exist_ok=True)

    def set_up(self, *files: str) -> list[str]:
        """What was done."""
        self.calls.clear()
        bootstrap.set_up(self.root, list(files))
        return self.calls


def test_bootstrap_is_readable_by_python_3_6():
    ast.parse((PROJECT / "app/bootstrap.py").read_text(), feature_version=(3, 6))


def test_bootstrap_imports_the_standard_library_alone():
    tree = ast.parse((PROJECT / "app/bootstrap.py").read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names} == set()


def test_an_old_python_is_refused_in_one_line():
    with pytest.raises(bootstrap.SetupError) as refusal:
        bootstrap.check_python((3, 9, 2), "/usr/bin/python3")

    assert str(refusal.value) == (
        "Layerscope needs Python 3.11 or newer; this is 3.9.2 (/usr/bin/python3). "
        "Install it, or run: make serve PYTHON=python3.12"
    )


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1)])
def test_a_new_python_is_accepted(version):
    bootstrap.check_python(version, "/usr/bin/python3")


def test_main_ends_with_the_one_line_and_no_traceback(monkeypatch):
    monkeypatch.setattr(bootstrap, "check_python", lambda *_: (_ for _ in ()).throw(bootstrap.SetupError("too old")))

    with pytest.raises(SystemExit, match=r"^too old$"):
        bootstrap.main([])


def test_the_first_call_installs_and_the_second_does_nothing(project):
    assert project.set_up("requirements.txt") == ["environment", "requirements.txt"]
    assert project.set_up("requirements.txt") == []


def test_the_development_packages_are_added_to_what_is_there(project):
    project.set_up("requirements.txt")

    assert project.set_up("requirements.txt", "requirements-dev.txt") == ["requirements-dev.txt"]
    assert project.set_up("requirements.txt") == []


def test_a_changed_requirement_is_installed(project):
    project.set_up("requirements.txt")
    (project.root / "requirements.txt").write_text("requirements==2\n")

    assert project.set_up("requirements.txt") == ["requirements.txt"]


def test_an_interrupted_install_is_started_again_from_nothing(project):
    project.set_up("requirements.txt")
    project.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        project.set_up("requirements.txt", "requirements-dev.txt")
    project.failure = None

    assert project.set_up("requirements.txt") == ["environment", "requirements.txt"]


def test_an_environment_that_works_survives_an_install_without_network(project):
    project.set_up("requirements.txt")
    project.failure = bootstrap.UnreachableError("no network")
    with pytest.raises(bootstrap.UnreachableError):
        project.set_up("requirements.txt", "requirements-dev.txt")

    assert project.set_up("requirements.txt") == []


def test_what_one_can_do_without_is_left_out_without_network(project, capsys):
    project.set_up("requirements.txt")
    project.failure = bootstrap.UnreachableError("no network")

    bootstrap.set_up_if_reachable(project.root, "requirements-bench.txt")

    assert "going on without requirements-bench.txt" in capsys.readouterr().out
    assert project.set_up("requirements.txt") == []


def test_what_one_can_do_without_is_installed_once(project):
    project.set_up("requirements.txt")
    bootstrap.set_up_if_reachable(project.root, "requirements-bench.txt")

    assert project.set_up("requirements.txt", "requirements-bench.txt") == []


def test_a_package_that_was_deleted_is_repaired(project):
    project.set_up("requirements.txt")
    (project.packages / "requirements").rmdir()

    assert project.set_up("requirements.txt") == ["environment", "requirements.txt"]


def test_an_environment_whose_python_is_gone_is_made_anew(project):
    project.set_up("requirements.txt")
    (project.root / ".venv/bin/python").unlink()

    assert project.set_up("requirements.txt") == ["environment", "requirements.txt"]


def test_an_environment_of_another_python_is_made_anew(project, monkeypatch):
    project.set_up("requirements.txt")
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))

    assert project.set_up("requirements.txt") == ["environment", "requirements.txt"]


def test_a_full_disk_is_named_before_anything_is_written(project, monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: DiskUsage(10**9, 0, 4 * 10**8))

    with pytest.raises(bootstrap.SetupError, match=r"need 2\.0 GB in .* where 0\.4 GB are free"):
        project.set_up("requirements.txt")
    assert project.calls == []


def test_a_folder_that_is_not_ours_is_named(project, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(bootstrap.SetupError, match="can't write to its folder"):
        project.set_up("requirements.txt")


def test_a_python_without_ensurepip_is_told_which_package_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)

    with pytest.raises(bootstrap.SetupError, match="apt install python3-venv"):
        bootstrap.make_environment(tmp_path / ".venv")


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'", "Check the network"),
        ("ERROR: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: No matching distribution found for torch==2.13.0", "see above"),
    ],
)
def test_a_failure_of_pip_is_shown_and_explained(tmp_path, capsys, output, advice):
    fake_pip(tmp_path, f"echo {output!r}; exit 1")

    with pytest.raises(bootstrap.SetupError, match=advice):
        bootstrap.install(tmp_path, [tmp_path / "requirements.txt"])
    assert output.split("'")[0] in capsys.readouterr().err


def test_pip_gets_the_flags_of_the_environment(tmp_path, monkeypatch):
    fake_pip(tmp_path, f'printf "%s\\n" "$@" > {tmp_path}/arguments')
    monkeypatch.setenv("PIP_FLAGS", "--extra-index-url 'https://example.org/a b'")

    bootstrap.install(tmp_path, [tmp_path / "requirements.txt"])

    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[-4:] == ["--extra-index-url", "https://example.org/a b", "-r", f"{tmp_path}/requirements.txt"]


# --- the command ---


def test_the_command_that_is_installed_is_that_of_the_modules():
    name, target = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"].popitem()
    module, function = target.split(":")

    assert name == bootstrap.COMMAND
    assert callable(getattr(importlib.import_module(module), function))


def make_command(root: Path, owner: Path) -> None:
    """What pip leaves in root/.venv when it was called for the folder `owner`."""
    packages = root / ".venv/lib/python3/site-packages"
    packages.mkdir(parents=True)
    (packages / "__editable__.layerscope-0.1.0.pth").write_text(f"{owner}\n")
    (root / ".venv/bin").mkdir()
    (root / ".venv/bin/layerscope").write_text(f"#!{owner}/.venv/bin/python\nimport app\n")


def test_the_command_is_made_once_and_again_where_the_folder_was_moved(tmp_path, monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(bootstrap, "_run", lambda command: asked.append(command[-1]))
    here, moved = tmp_path / "here", tmp_path / "moved"
    bootstrap.set_up_command(here)
    assert asked == [str(here)]

    make_command(here, owner=here)
    bootstrap.set_up_command(here)
    assert asked == [str(here)]

    shutil.move(here, moved)
    bootstrap.set_up_command(moved)
    assert asked == [str(here), str(moved)]


def test_where_the_command_cannot_be_made_one_can_go_on_without(tmp_path, capsys):
    fake_pip(tmp_path / ".venv", "echo no setuptools; exit 1")

    bootstrap.set_up_command(tmp_path)

    assert ".venv/bin/python -m app does the same" in capsys.readouterr().out


def fake_pip(venv: Path, script: str) -> None:
    """A .venv/bin/python that runs this script, whatever it is asked."""
    python = venv / "bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
