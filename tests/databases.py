"""The databases of tests: SQLite files, or databases of the PostgreSQL server that TEST_DATABASE_URL names."""

import os
import secrets
import shutil
from pathlib import Path
from typing import Protocol

from sqlalchemy import make_url

from tests.postgres import administrate, drop_database

ADMINISTRATOR = os.environ.get("TEST_DATABASE_URL", "")  # the URL of one who may create databases


class Databases(Protocol):
    def address(self, folder: Path) -> str:
        """The URL of a database that is not there yet, of its own for this folder."""

    def make(self, url: str, like: str | None = None) -> None:
        """Make the database, in place of the one that may be there: empty, or as the one at the URL `like`, which
        nobody has open."""

    def drop(self, url: str) -> None: ...


class Files:
    def address(self, folder: Path) -> str:
        return f"sqlite:///{folder}/layerscope.db"

    def make(self, url: str, like: str | None = None) -> None:
        if like:
            shutil.copy(_file(like), _file(url))

    def drop(self, url: str) -> None:
        _file(url).unlink(missing_ok=True)


class OfServer:
    def address(self, folder: Path) -> str:  # noqa: ARG002
        name = f"test_{secrets.token_hex(6)}"
        return make_url(ADMINISTRATOR).set(database=name).render_as_string(hide_password=False)

    def make(self, url: str, like: str | None = None) -> None:
        drop_database(ADMINISTRATOR, url)
        template = make_url(like).database if like else "template0"
        administrate(ADMINISTRATOR, f"CREATE DATABASE {make_url(url).database} TEMPLATE {template}")

    def drop(self, url: str) -> None:
        drop_database(ADMINISTRATOR, url)


def _file(url: str) -> Path:
    return Path(str(make_url(url).database))


databases: Databases = OfServer() if ADMINISTRATOR else Files()
