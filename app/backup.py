"""A backup of everything that is kept: one SQLite file, made while Layerscope runs. It is restored by copying it."""

import os
from pathlib import Path

from sqlalchemy import Engine, delete
from sqlalchemy.exc import SQLAlchemyError

from app import db
from app.copying import CannotCopy, copy_rows, snapshot
from app.models import Worker
from app.patience import trouble
from app.settings import Settings


class CannotBackUp(Exception):
    """One line for the operator: what is in the way, and what to do."""


def backup(settings: Settings, file: Path) -> None:
    """Write all that is kept at this moment into a new file, an SQLite database. It has its name when it is whole.

    Raises CannotBackUp.
    """
    if file.exists():
        raise CannotBackUp(f"{file} is there already; name a file that is not")
    if not file.parent.is_dir():
        raise CannotBackUp(f"there is no folder {file.parent}; make it, or name another file")
    part = file.with_name(f"{file.name}.part")
    engine = db.make_engine(settings.runs_url)
    try:
        part.unlink(missing_ok=True)
        (_vacuum if engine.dialect.name == "sqlite" else _copy)(engine, part)
        _settle(part)
        part.rename(file)
    except (SQLAlchemyError, CannotCopy) as error:
        raise CannotBackUp(trouble(error)) from None
    except OSError as error:
        raise CannotBackUp(f"{error.filename or part} can't be written ({error.strerror}); name another file") from None
    finally:
        engine.dispose()
        part.unlink(missing_ok=True)


def _vacuum(engine: Engine, part: Path) -> None:
    """SQLite's own way: what it reads is of one moment, and writers go on meanwhile."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA auto_vacuum=INCREMENTAL")  # for the copy: it can give room back to the disk
        connection.exec_driver_sql("VACUUM INTO ?", (str(part),))


def _copy(engine: Engine, part: Path) -> None:
    url = f"sqlite:///{part}"
    db.bring_to_newest(url)
    target = db.make_engine(url)
    with snapshot(engine) as here, target.begin() as there:
        copy_rows(here, there)
    target.dispose()


def _settle(part: Path) -> None:
    """Make it one file, that is on the disk. Its workers are not those of whoever restores it."""
    engine = db.make_engine(f"sqlite:///{part}")
    with engine.begin() as connection:
        connection.execute(delete(Worker))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    engine.dispose()
    with part.open("rb") as written:
        os.fsync(written.fileno())
