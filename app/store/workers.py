"""The worker processes, as they report themselves.

Times here are the database's: a machine whose clock is wrong must not look dead, or judge others.
"""

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from app.db import now
from app.models import Worker
from app.place import is_gone
from app.store.changes import rows_changed

WORKER_SEEN_WITHIN = 8.0  # seconds; workers report every 2
FORGOTTEN_AFTER = 3600.0  # a worker that was not seen for so long is not listed any more


def report_worker(session: Session, worker: Worker) -> None:
    values = worker.model_dump(exclude={"name"}) | {"seen": now()}
    if not rows_changed(session, update(Worker).where(col(Worker.name) == worker.name).values(**values)):
        worker.seen = now()  # type: ignore[assignment]
        session.add(worker)
    session.commit()


def forget_worker(session: Session, name: str) -> None:
    session.execute(delete(Worker).where(col(Worker.name) == name))
    session.commit()


def living_workers(session: Session) -> list[Worker]:
    """Those that were seen just now and are not known to have ended."""
    return _still_there(session, WORKER_SEEN_WITHIN)


def possible_workers(session: Session) -> list[Worker]:
    """Those that may be alive, even if they are silent: all that are not known to have ended."""
    return _still_there(session, FORGOTTEN_AFTER)


def forget_lost_workers(session: Session) -> None:
    session.execute(delete(Worker).where(col(Worker.seen) < now() - FORGOTTEN_AFTER))
    session.commit()


def _still_there(session: Session, seconds: float) -> list[Worker]:
    found = session.exec(select(Worker).where(col(Worker.seen) >= now() - seconds).order_by(Worker.name))
    return [worker for worker in found if not is_gone(worker.place, worker.pid)]
