"""What the changes of a run have in common."""

import time

from sqlalchemy import CursorResult, Executable, Update, delete, update
from sqlmodel import Session, col

from app.models import ACTIVE, Checkpoint, Run


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


def end(session: Session, run_id: str, **values: object) -> bool:
    """Whether the run was still queued or running, and so is ended now."""
    ended = rows_changed(session, unless_ended(run_id).values(finished=time.time(), **values)) == 1
    if ended:
        drop_checkpoint(session, run_id)
    session.commit()
    return ended


def drop_checkpoint(session: Session, run_id: str) -> None:
    """A run that has ended does not go on. Called after the run's row was written: whoever saves a checkpoint locks the
    two in this order."""
    session.execute(delete(Checkpoint).where(col(Checkpoint.run_id) == run_id))
