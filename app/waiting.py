"""Runs that start with the layers of another one which has not finished: they wait for it outside of the queue, so that
no worker stands idle with one in its hands."""

from typing import Protocol

from sqlmodel import Session

from app import store, wording
from app.models import ACTIVE
from ml.words import words


class Enqueues(Protocol):
    """The queue, as far as it is needed here."""

    def enqueue(self, run_id: str, turn: int = 1, /) -> None: ...


def hand_over(session: Session, queue: Enqueues, run_id: str) -> None:
    """Give a stored run to the workers, unless it must wait; one that waits for what will never come fails."""
    status = store.source_status(session, run_id)
    if status in ACTIVE:
        return
    if status in (None, "finished"):
        queue.enqueue(run_id, store.turn_of(session, run_id))
        return
    store.fail_unclaimed(session, run_id, _never_comes(status))
    pass_on(session, queue, run_id)


def pass_on(session: Session, queue: Enqueues, run_id: str) -> None:
    """A run has come to its end, whichever that is, or was deleted: those that have waited for it go on."""
    for waiting in store.waiting_for(session, run_id):
        hand_over(session, queue, waiting)


def _never_comes(status: str) -> str:
    if status == store.DELETED:
        return words("The run whose layers it was to start with was deleted.")
    return words(
        "The run whose layers it was to start with is {status}, so there are none.", status=wording.STATUSES[status]
    )
