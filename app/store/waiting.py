"""Which runs need the layers of which others."""

from sqlmodel import Session, col, select

from app.models import Run
from ml.spec import RunSpec

DELETED = "deleted"


def waiting_for(session: Session, run_id: str) -> list[str]:
    """Ids of the queued runs that are to start with the layers of this one, oldest first."""
    # The spec is compact JSON; to search its text works on every database.
    named = col(Run.spec).contains(f'"transfer_from":"{run_id}"', autoescape=True)
    return list(session.exec(select(Run.id).where(Run.status == "queued", named).order_by(col(Run.id))))


def source_status(session: Session, run_id: str) -> str | None:
    """How the run stands whose layers this one is to start with, DELETED where it is gone; None if it needs none."""
    run = session.get(Run, run_id)
    source = RunSpec.stored(run.spec).transfer_from if run else None
    if source is None:
        return None
    return session.exec(select(Run.status).where(Run.id == source)).first() or DELETED
