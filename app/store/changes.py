"""What the changes of a run have in common."""

from sqlalchemy import CursorResult, Executable, Update, update
from sqlmodel import Session, col

from app.models import ACTIVE, Run


def unless_ended(run_id: str) -> Update:
    """A change of a run that is queued or running; of no row, where it has ended or was deleted."""
    return update(Run).where(col(Run.id) == run_id, col(Run.status).in_(ACTIVE))


def one_row(session: Session, statement: Executable) -> bool:
    changed = rows_changed(session, statement) == 1
    session.commit()
    return changed


def rows_changed(session: Session, statement: Executable) -> int:
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return int(result.rowcount)
