"""Students take turns in the queue: whoever has many runs waiting does not hold up those who come later with a few."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.models import Run


def give_turns(session: Session, runs: Sequence[Run]) -> None:
    """The new runs of somebody follow each other, after those of his that wait; they begin no earlier than what comes
    next of all that wait."""
    for owner_id in {run.owner_id for run in runs}:
        own = sorted((run for run in runs if run.owner_id == owner_id), key=lambda run: run.id)
        first = _first_turn(session, owner_id)
        for place, run in enumerate(own):
            run.turn = first + place


def _first_turn(session: Session, owner_id: str | None) -> int:
    lowest = session.exec(select(func.min(Run.turn)).where(Run.status == "queued")).one()
    theirs = select(func.max(Run.turn)).where(Run.status == "queued", col(Run.owner_id) == owner_id)
    return max(lowest or 1, (session.exec(theirs).one() or 0) + 1)


def turn_of(session: Session, run_id: str) -> int:
    """When it comes; that of a run which was deleted does not matter."""
    return session.exec(select(Run.turn).where(Run.id == run_id)).first() or 1
