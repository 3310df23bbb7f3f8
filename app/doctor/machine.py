"""Checks of the machine: Python, packages, settings, folders, disk, port, data sets."""

import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dotenv import dotenv_values
from packaging.requirements import Requirement

from app.doctor.check import Check
from app.settings import PROJECT, Settings
from ml.downloads import FILES

PINS = PROJECT / "requirements.txt"
INSTALL = "run `make serve`, or pip install -r requirements.txt"
LITTLE, TOO_LITTLE = 2e9, 100e6  # bytes free on the disk
PATIENCE = 3.0  # seconds for the web process to answer


def python(_settings: Settings) -> Iterator[Check]:
    found = ".".join(map(str, sys.version_info[:3]))
    yield Check("Python", "ok", f"{found} in {sys.prefix}")


def packages(_settings: Settings) -> Iterator[Check]:
    pins = [Requirement(line.split("#")[0]) for line in PINS.read_text().splitlines() if line and line[0] not in "#-"]
    wanted = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    installed = {pin.name: _installed(pin.name) for pin in wanted}
    missing = [name for name, found in installed.items() if found is None]
    other = [f"{pin.name} {found}" for pin in wanted if (found := installed[pin.name]) and found not in pin.specifier]
    if missing:
        yield Check("packages", "wrong", "missing: " + ", ".join(missing), INSTALL)
    elif other:
        yield Check("packages", "warning", "not as pinned: " + ", ".join(other), INSTALL)
    else:
        yield Check("packages", "ok", f"all {len(wanted)} as pinned")


def _installed(name: str) -> str | None:
    try:
        return version(name).split("+")[0]  # torch names its build: 2.13.0+cpu
    except PackageNotFoundError:
        return None


def settings(settings: Settings) -> Iterator[Check]:
    known = {name.upper() for name in Settings.model_fields}
    strange = sorted(set(dotenv_values(".env")) - known) if Path(".env").exists() else []
    if strange:
        yield Check("settings", "warning", f".env names {', '.join(strange)}", "these do nothing; see README.md")
    elif settings.class_mode and not settings.public_url:
        yield Check("settings", "warning", "PUBLIC_URL is empty", "set it to what classmates type, for links to work")
    else:
        yield Check("settings", "ok", "open to others, with a password" if settings.class_mode else "for this machine")


def folder(settings: Settings) -> Iterator[Check]:
    place = settings.data_dir
    there = next(parent for parent in (place, *place.parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Check("DATA_DIR", "wrong", f"{place} can't be written", "give it to this user, or set DATA_DIR")
    elif there != place:
        yield Check("DATA_DIR", "warning", f"{place} is not there yet", "`layerscope serve` makes it")
    else:
        yield Check("DATA_DIR", "ok", str(place))
    yield _free(there)


def _free(place: Path) -> Check:
    free = shutil.disk_usage(place).free
    state = "wrong" if free < TOO_LITTLE else "warning" if free < LITTLE else "ok"
    fix = "" if state == "ok" else "free some, or set KEEP_DAYS or DISK_CAP"
    return Check("disk", state, f"{free / 1e9:.1f} GB free", fix)  # type: ignore[arg-type]


def port(settings: Settings) -> Iterator[Check]:
    place = f"port {settings.port}"
    answer = _answer(settings)
    if answer is not None:
        yield Check("port", "ok" if answer == 200 else "wrong", f"{place}: Layerscope answers {answer}")
    elif settings.port == 0 or _is_free(settings):
        yield Check("port", "ok", f"{place}: free")
    else:
        yield Check("port", "wrong", f"{place}: taken by another program", f"set PORT={settings.port + 1}")


def _answer(settings: Settings) -> int | None:
    """The status of /healthz; None where that is not Layerscope's."""
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=PATIENCE) as answer:
            return answer.status if b'"queued"' in answer.read(4096) else None
    except urllib.error.HTTPError as error:
        return error.code if b'"queued"' in error.read(4096) else None
    except (OSError, ValueError):
        return None


def _is_free(settings: Settings) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            return False
    return True


def data_sets(settings: Settings) -> Iterator[Check]:
    there = [name for name in FILES if _has(settings, name, part=False)]
    broken = [name for name in FILES if name not in there and _has(settings, name, part=True)]
    if broken:
        names = ", ".join(broken)
        yield Check(
            "data sets", "warning", f"{names}: not all of the files", "the next run that uses it downloads them"
        )
    later = [name for name in FILES if name not in there]
    said = f"there: digits, shapeset{''.join(f', {name}' for name in there)}"
    yield Check("data sets", "ok", said + (f"; downloaded when a run wants them: {', '.join(later)}" if later else ""))


def _has(settings: Settings, name: str, part: bool) -> bool:
    sizes = [(settings.datasets_dir / name / file.name, file.size) for file in FILES[name]]
    return (any if part else all)(file.exists() and file.stat().st_size == size for file, size in sizes)


MACHINE: list[Callable[[Settings], Iterator[Check]]] = [python, packages, settings, folder, port, data_sets]
