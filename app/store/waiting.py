"""Which runs need the layers of which others."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from app.models import Run

DELETED = "deleted"


def waiting_for(session: Session, run_id: str) -> list[str]:
    """Ids of the queued runs that are to start with the layers of this one, oldest first."""
    source = func.json_extract(Run.spec, "$.transfer_from")
    return list(session.exec(select(Run.id).where(Run.status == "queued", source == run_id).order_by(col(Run.id))))


def source_status(session: Session, run_id: str) -> str | None:
    """How the run stands whose layers this one is to start with, DELETED where it is gone; None if it needs none."""
    source = session.exec(select(func.json_extract(Run.spec, "$.transfer_from")).where(Run.id == run_id)).first()
    if source is None:
        return None
    return session.exec(select(Run.status).where(Run.id == source)).first() or DELETED
