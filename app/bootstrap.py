"""Sets Layerscope up: a virtual environment in .venv that holds the pinned packages. `make` calls it every time.

It runs before anything is installed, under whatever `python3` is: with the standard library alone, in the syntax of
Python 3.6, so that a Python that is too old can still say so.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
BENCH = "requirements-bench.txt"
NEEDED_GB = {RUNTIME: 2.0, DEVELOPMENT: 0.5, BENCH: 0.2}  # unpacked, pip's copies while it works included
STAMP = "layerscope.json"
COMMAND = "layerscope"
CPU_ONLY = "PIP_FLAGS='--extra-index-url https://download.pytorch.org/whl/cpu'"


class SetupError(Exception):
    """What is in the way and what to do about it, in one line."""


class UnreachableError(SetupError):
    """pip could not fetch the packages, and so changed nothing."""


def main(arguments: "list[str]") -> None:
    """Get .venv ready to serve, with `--dev` to test and with `--bench` to compare; say in one line why where that
    can't be done."""
    try:
        check_python(sys.version_info[:3], sys.executable)
        with one_at_a_time(ROOT):
            set_up(ROOT, [RUNTIME, DEVELOPMENT] if "--dev" in arguments else [RUNTIME])
            if "--bench" in arguments:
                set_up_if_reachable(ROOT, BENCH)
            set_up_command(ROOT)
    except SetupError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next call starts the set-up again.")


def check_python(version: "tuple[int, ...]", executable: str) -> None:
    """Raises SetupError before Python 3.11."""
    if version < (3, 11):
        found = ".".join(str(part) for part in version)
        raise SetupError(
            f"Layerscope needs Python 3.11 or newer; this is {found} ({executable}). "
            "Install it, or run: make serve PYTHON=python3.12"
        )


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> "Iterator[None]":
    """Hold a second set-up of the folder (`make test` in another window) back until the first is done."""
    handle = os.open(str(folder), os.O_RDONLY)
    os.set_inheritable(handle, True)  # so that a pip whose parent was killed still holds the lock
    try:
        with contextlib.suppress(OSError):  # some network file systems have no locks
            _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up of this folder is running; waiting for it ...", flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)


def set_up(root: Path, files: "list[str]") -> None:
    """Install those requirement files that .venv was not made from yet: usually none.

    Raises SetupError where the folder, the disk, this Python or pip is in the way.
    """
    venv = root / ".venv"
    done = installed(venv)
    todo = {name: _digest(root / name) for name in files if done.get(name) != _digest(root / name)}
    if not todo:
        return
    check_room(root, sum(NEEDED_GB[name] for name in todo))
    print("Installing into .venv (once, about a minute; longer on a slow network) ...", flush=True)
    if done:
        (venv / STAMP).unlink()  # an install that breaks off leaves no stamp, and the next call starts from nothing
    else:
        make_environment(venv)
    try:
        install(venv, [root / name for name in todo])
    except UnreachableError:
        if done:
            _write_stamp(venv, done)  # who serves today and is offline tomorrow can still serve
        raise
    _write_stamp(venv, {**done, **todo})


def set_up_if_reachable(root: Path, name: str) -> None:
    """Install a file that one can do without, or say so without a network. Raises SetupError as `set_up` does."""
    try:
        set_up(root, [name])
    except UnreachableError:
        print(f"pip could not reach the package index; going on without {name}.", flush=True)


def set_up_command(root: Path) -> None:
    """Make .venv/bin/layerscope where it is missing, or was made before the folder was moved or copied to this one.

    One can do without: `.venv/bin/python -m app` is the same.
    """
    venv = root / ".venv"
    if command_is_ready(venv):
        return
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if _run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(root)]) is not None:
        print("The command .venv/bin/layerscope can't be made, see above; .venv/bin/python -m app does the same.")


def command_is_ready(venv: Path) -> bool:
    """Whether the command is there, begins the Python beside it, and finds the modules of its own folder."""
    try:
        begins = str(venv / "bin") + "/" in (venv / "bin" / COMMAND).read_text()
    except OSError:
        return False
    finds = [file.read_text().strip() for file in venv.glob("lib/python*/site-packages/__editable__.layerscope*.pth")]
    return begins and finds == [str(venv.parent)]


def installed(venv: Path) -> "dict[str, str]":
    """The requirement files in .venv, with their digests at that time.

    Empty for an environment that is missing, half made, damaged or of another Python: it has to be made anew.
    """
    try:
        stamp = json.loads((venv / STAMP).read_text())
        whole = set(stamp["packages"]) <= set(_packages(venv)) and (venv / "bin" / "python").exists()
        files: dict[str, str] = stamp["requirements"]
    except (OSError, ValueError, KeyError):
        return {}
    return files if whole and stamp["python"] == list(sys.version_info[:2]) else {}


def check_room(root: Path, needed_gb: float) -> None:
    """Raises SetupError where the folder can't be written to or its disk is too full."""
    if not os.access(str(root), os.W_OK):
        raise SetupError(f"Layerscope can't write to its folder {root}. Copy it to a place of your own.")
    free_gb = shutil.disk_usage(str(root)).free / 1e9
    if free_gb < needed_gb:
        raise SetupError(
            f"Not enough disk space: the packages need {needed_gb:.1f} GB in {root}, where {free_gb:.1f} GB are free."
        )


def make_environment(venv: Path) -> None:
    """Make an empty virtual environment, in place of whatever is there."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise SetupError(
            f"This Python ({sys.executable}) can't make virtual environments. "
            "On Debian or Ubuntu: sudo apt install python3-venv"
        )
    if _run([sys.executable, "-m", "venv", "--clear", str(venv)]) is not None:
        raise SetupError(f"The virtual environment {venv} could not be made, see above.")


def install(venv: Path, files: "list[Path]") -> None:
    """Let pip install the files, quietly; on failure raises SetupError below what pip said."""
    command = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += shlex.split(os.environ.get("PIP_FLAGS", ""))
    output = _run(command + [argument for path in files for argument in ("-r", str(path))])
    if output is None:
        return
    if "Retrying (" in output or "Connection" in output:
        raise UnreachableError("pip could not reach the package index. Check the network and call again.")
    if "No space left" in output:
        raise SetupError(f"The disk is full. PyTorch's GPU libraries take several GB; without: make serve {CPU_ONLY}")
    raise SetupError("pip could not install the packages, see above. Once that is mended, call again.")


def _run(command: "list[str]") -> "str | None":
    """None, or where the command fails its output, which is shown too."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, close_fds=False)
    if result.returncode == 0:
        return None
    sys.stderr.write(result.stdout)
    return result.stdout


def _write_stamp(venv: Path, files: "dict[str, str]") -> None:
    stamp = {"python": sys.version_info[:2], "requirements": files, "packages": _packages(venv)}
    (venv / STAMP).write_text(json.dumps(stamp))


def _packages(venv: Path) -> "list[str]":
    """Names at the top of site-packages; without pip's own, which one may upgrade by hand, and without ours."""
    names = [path.name for path in venv.glob("lib/python*/site-packages/*")]
    return sorted(name for name in names if not name.startswith(("pip", "__pycache__", COMMAND, "__editable__")))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
