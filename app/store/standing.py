"""What counts against limits: of everybody, whoever asks."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.models import ACTIVE, Run


def queue_length(session: Session) -> int:
    """Runs that wait."""
    return session.exec(select(func.count()).select_from(Run).where(Run.status == "queued")).one()


def standing(session: Session, owner_id: str) -> tuple[int, float]:
    """Of the runs of somebody that wait or train: how many they are, and their work together."""
    query = select(func.count(), func.coalesce(func.sum(Run.work), 0.0)).where(
        col(Run.owner_id) == owner_id, col(Run.status).in_(ACTIVE)
    )
    count, work = session.exec(query).one()
    return count, work
