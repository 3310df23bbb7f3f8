"""The worker processes, as they report themselves."""

import time

from sqlalchemy import delete
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlmodel import Session, col, select

from app.models import Worker

WORKER_SEEN_WITHIN = 15.0  # seconds; workers report every 2


def report_worker(session: Session, worker: Worker) -> None:
    values = worker.model_dump() | {"seen": time.time()}
    session.execute(upsert(Worker).values(values).on_conflict_do_update(index_elements=["name"], set_=values))
    session.commit()


def forget_worker(session: Session, name: str) -> None:
    session.execute(delete(Worker).where(col(Worker.name) == name))
    session.commit()


def living_workers(session: Session) -> list[Worker]:
    since = time.time() - WORKER_SEEN_WITHIN
    return list(session.exec(select(Worker).where(Worker.seen >= since).order_by(Worker.name)))
