"""Students take turns in the queue: whoever has many runs waiting does not hold up those who come later with a few.

Asked of the table itself: whose runs wait before their own, a student's session does not see.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel

from app.models import Run

RUN = SQLModel.metadata.tables["run"]


def give_turns(session: Session, runs: Sequence[Run]) -> None:
    """The new runs of somebody follow each other, after those of his that wait; they begin no earlier than what comes
    next of all that wait."""
    for owner_id in {run.owner_id for run in runs}:
        own = sorted((run for run in runs if run.owner_id == owner_id), key=lambda run: run.id)
        first = _first_turn(session, owner_id)
        for place, run in enumerate(own):
            run.turn = first + place


def _first_turn(session: Session, owner_id: str | None) -> int:
    queued = RUN.c.status == "queued"
    lowest = session.scalar(select(func.min(RUN.c.turn)).where(queued))
    theirs = session.scalar(select(func.max(RUN.c.turn)).where(queued, RUN.c.owner_id == owner_id))
    return max(lowest or 1, (theirs or 0) + 1)


def turn_of(session: Session, run_id: str) -> int:
    """When it comes; that of a run which was deleted does not matter."""
    return session.scalar(select(RUN.c.turn).where(RUN.c.id == run_id)) or 1
