"""Processes that stand still for a while, as those of a laptop that was asleep."""

from contextlib import closing, suppress
from pathlib import Path

import psutil

from app.db import SQLITE
from tests.server import wait_for


def freeze(family: list[psutil.Process], folder: Path) -> None:
    """Not while one of them is writing: SQLite's lock in this folder would be that process's, and everybody would wait
    for it to be thawed. PostgreSQL ends a transaction that rests."""
    wait_for(lambda: _frozen_between_writes(family, folder), "a moment at which nothing is written")


def thaw(family: list[psutil.Process]) -> None:
    for process in family:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def _frozen_between_writes(family: list[psutil.Process], folder: Path) -> bool:
    for process in family:
        process.suspend()
    if not any(map(_is_locked, folder.glob("*.db"))):
        return True
    thaw(family)
    return False


def _is_locked(file: Path) -> bool:
    """For longer than others take to write."""
    with closing(SQLITE.connect(file, timeout=1)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except SQLITE.OperationalError:
            return True
        return False
