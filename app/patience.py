"""What to do while the database is away: locked by someone, without room on its disk, or stopped for a while.

Such a trouble passes, and nothing is half written meanwhile: a transaction is there whole or not at all. So whoever
trains waits and tries again, and whoever asked by the web is told to.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential

T = TypeVar("T")
LONGEST_WAIT = 2.0  # seconds between two tries
TRIES_A_MINUTE = 30
# What SQLite says of troubles that pass. Its other errors, a table that is missing for one, are the program's own.
PASSING = (
    "database is locked", "database table is locked", "database or disk is full", "disk i/o error",
    "unable to open database file", "attempt to write a readonly database",
)  # fmt: skip

log = logging.getLogger(__name__)


def is_away(error: BaseException) -> bool:
    """Whether the database can't be used for now, for a reason that is not the program's."""
    if isinstance(error, PoolTimeout | DisconnectionError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if "sqlite" in type(error.orig).__module__:
        return str(error.orig).lower() in PASSING
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def trouble(error: BaseException) -> str:
    """One line for the log: what the database said, without the statement and its values."""
    orig = error.orig if isinstance(error, DBAPIError) else error
    return (str(orig).strip().splitlines() or [type(orig).__name__])[0]


def patiently(session: Session, work: Callable[[], T]) -> T:
    """What `work` returns, done again from its start for as long as the database is away.

    A transaction may have got through although its answer did not: `work` must be such that doing it twice is as doing
    it once.
    """

    def before_waiting(state: RetryCallState) -> None:
        session.rollback()
        error = state.outcome and state.outcome.exception()
        if error and state.attempt_number % TRIES_A_MINUTE == 1:
            log.warning("the database can't be used (%s); nothing is lost, trying again", trouble(error))

    tries = Retrying(
        retry=retry_if_exception(is_away), wait=wait_exponential(0.1, max=LONGEST_WAIT), before_sleep=before_waiting
    )
    return tries(work)
