"""Sets Layerscope up: a virtual environment in .venv that holds the pinned packages. `make` calls it every time.

It runs before anything is installed, under whatever `python3` is: the standard library alone, in the syntax of
Python 3.6, so that a Python that is too old can still say so.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
NEEDED_GB = {RUNTIME: 2.0, DEVELOPMENT: 0.5}  # torch alone unpacks to 0.8 GB, without its GPU libraries

Version = "tuple[int, int, int]"


class SetupError(Exception):
    """What is in the way, and what to do about it, in one line."""


def main(arguments: "list[str]") -> None:
    """Make .venv right for running, or with `--dev` for testing too; end with one line where that can't be done."""
    wanted = [RUNTIME, DEVELOPMENT] if "--dev" in arguments else [RUNTIME]
    try:
        check_python(tuple(sys.version_info[:3]), sys.executable)
        with only_one_at_a_time(ROOT):
            set_up(ROOT, wanted)
    except SetupError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next call starts the set-up again.")


def check_python(version: "tuple[int, ...]", executable: str) -> None:
    """Raises SetupError for a Python before 3.11."""
    if version < (3, 11):
        raise SetupError(
            "Layerscope needs Python 3.11 or newer; this is {} ({}). Install it, or run: "
            "make serve PYTHON=python3.12".format(".".join(map(str, version)), executable)
        )


@contextlib.contextmanager
def only_one_at_a_time(folder: Path) -> Any:
    """Hold back a second set-up of this folder (make serve here, make test there) until the first is done."""
    import fcntl

    handle = os.open(str(folder), os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def set_up(root: Path, wanted: "list[str]") -> None:
    """Install what `wanted` names and .venv does not hold yet: usually nothing.

    Raises SetupError where the folder, the disk, this Python or pip is in the way.
    """
    venv = root / ".venv"
    installed = read_stamp(venv)
    missing = [name for name in wanted if installed.get(name) != digest(root / name)]
    if not missing:
        return
    check_room(root, missing)
    print("Installing into .venv (once, a minute or a few) ...", flush=True)
    if not installed:
        make_environment(venv)
    stamp_path(venv).unlink() if installed else None
    install(root, venv, missing)
    write_stamp(venv, {**installed, **{name: digest(root / name) for name in missing}})


