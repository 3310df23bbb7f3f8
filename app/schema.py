"""Whether the tables are those that this release works with."""

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from app.db import make_engine
from app.settings import PROJECT, Settings

MIGRATIONS = PROJECT / "migrations" / "versions"


class WrongSchema(Exception):
    """One line for the operator: the database is of another release, and what to do."""


def known_revisions() -> list[str]:
    """Of this release, the oldest first. By the names of the files: Alembic is more than a web process should carry."""
    return sorted(file.name.split("_")[0] for file in MIGRATIONS.glob("[0-9]*_*.py"))


def newest_revision() -> str:
    return known_revisions()[-1]


def revision(url: str) -> str | None:
    """What the database is at; None where it has no tables yet. Raises DBAPIError where it can't be asked."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    finally:
        engine.dispose()


def revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def require(settings: Settings) -> None:
    """Raises WrongSchema where the database is older or newer than this release. One that can't be asked now may be
    right: whoever works with it waits for it."""
    try:
        at = revision(settings.runs_url)
    except DBAPIError:
        return
    refuse_newer(at)
    if at != newest_revision():
        raise WrongSchema(f"the database {_older(at)}: run `layerscope migrate` first")


def refuse_newer(at: str | None) -> None:
    """Raises WrongSchema for a revision that only a later release knows."""
    if at is not None and at not in known_revisions():
        raise WrongSchema(
            f"the database is of a newer release (schema {at}, this one knows {newest_revision()}): "
            "update Layerscope, or restore the backup that was made before the update"
        )


def _older(at: str | None) -> str:
    return f"has the schema of an older release ({at}, not {newest_revision()})" if at else "has no tables yet"
