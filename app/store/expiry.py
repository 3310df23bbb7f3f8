"""Runs that nobody needs any more, and their going."""

import re
import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, exists, func, select, text
from sqlmodel import Session, col

from app.models import ACTIVE, Experiment, LabClass, Prediction, Run, Share
from app.store.changes import rows_changed
from app.store.sizes import on_sqlite

LOCK = 7_281_954  # any number that nobody else locks in the same database
_SOURCE = re.compile(r'"transfer_from":"([^"]+)"')


def alone(session: Session) -> bool:
    """Begin a transaction in which no other worker deletes runs; False where one is at it."""
    if on_sqlite(session):
        session.execute(delete(Run).where(text("1 = 0")))  # what is read from now on stays true until the commit
        return True
    return bool(session.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar_one())


def expendable(session: Session, limit: int, before: float | None = None) -> list[str]:
    """Ids of ended runs that may go, those first that ended first; with `before` only those that ended before that
    moment (seconds since 1970).

    Those stay that a living link opens, that belong to a mystery or to a lab given to a class, and those whose layers a
    run is to start with that has not ended.
    """
    ended = func.coalesce(Run.finished, Run.created)
    conditions = [*_not_needed(), col(Run.id).not_in(_sources(session))]
    if before is not None:
        conditions.append(ended < before)
    query = select(col(Run.id)).where(*conditions).order_by(ended, col(Run.id)).limit(limit)
    return list(session.execute(query).scalars())


def delete_runs(session: Session, run_ids: Sequence[str]) -> int:
    """Delete those of them that still may go, and the experiments that are left without a run. How many there were."""
    these = col(Run.id).in_(run_ids)
    experiments = list(session.execute(select(col(Run.experiment_id)).where(these).distinct()).scalars())
    gone = rows_changed(session, delete(Run).where(these, *_not_needed()))
    empty = ~exists().where(col(Run.experiment_id) == Experiment.id)
    session.execute(delete(Experiment).where(col(Experiment.id).in_(experiments), empty))
    return gone


def _not_needed() -> list[ColumnElement[bool]]:
    living = col(Share.expires).is_(None) | (col(Share.expires) > time.time())
    report = exists().where(
        col(Share.prediction_id) == Prediction.id, col(Prediction.experiment_id) == Run.experiment_id, living
    )
    return [
        col(Run.status).not_in(ACTIVE),
        col(Run.mystery_id).is_(None),
        ~exists().where(col(Share.run_id) == Run.id, living),
        ~report,
        ~exists().where(col(LabClass.experiment_id) == Run.experiment_id),
    ]


def _sources(session: Session) -> list[str]:
    """Ids of the runs whose layers a run is to start with that has not ended."""
    named = col(Run.spec).contains('"transfer_from":"')
    specs = session.execute(select(col(Run.spec)).where(col(Run.status).in_(ACTIVE), named)).scalars()
    return sorted({source for spec in specs for source in _SOURCE.findall(spec)})
