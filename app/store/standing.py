"""What counts against limits. Asked of the table itself, for a student's session does not see the runs of others."""

from sqlalchemy import func, select
from sqlmodel import Session

from app.models import ACTIVE
from app.store.turns import RUN


def queue_length(session: Session) -> int:
    """Runs that wait."""
    return session.scalar(select(func.count()).where(RUN.c.status == "queued")) or 0


def standing(session: Session, owner_id: str) -> tuple[int, float]:
    """Of the runs of somebody that wait or train: how many they are, and their work together."""
    active = RUN.c.status.in_(ACTIVE)
    query = select(func.count(), func.sum(RUN.c.work)).where(RUN.c.owner_id == owner_id, active)
    count, work = session.execute(query).one()
    return count, work or 0.0
