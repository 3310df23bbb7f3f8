"""Runs found and listed, newest first; and found by the end of their id."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, col, select

from app import rows
from app.models import Experiment, Run, Snapshot
from app.store import specs
from app.store.runs import not_hidden
from app.viewer import viewer_of
from ml.records import Metrics, RunRecord

SHORTEST_END = 6  # characters of an id: its random ones


def list_runs(
    session: Session, *, limit: int = 20, cursor: str | None = None, newer_than: str | None = None, q: str = "",
    status: str | None = None, dataset: str | None = None, experiment: str | None = None, of_labs: bool = True,
    whose: str = "",
) -> list[RunRecord]:  # fmt: skip
    """Newest first, without snapshots.

    `cursor` is the id of the last run of the page before, `newer_than` of the first run of the page after: the `limit`
    runs next to it. `q` are words, each of which the name or a setting's value must contain (`tanh digits`). `of_labs`:
    those of labs too. `whose`: "mine" are the viewer's, "class" what is shown to everybody (to a teacher all).
    """
    query = select(Run).where(not_hidden(), *_words(q), *_whose(session, whose))
    if cursor:
        query = query.where(col(Run.id) < cursor)
    if newer_than:
        query = query.where(col(Run.id) > newer_than)
    if status:
        query = query.where(Run.status == status)
    if experiment:
        query = query.where(Run.experiment_id == experiment)
    if dataset:
        query = query.where(specs.dataset() == dataset)
    if not of_labs:
        query = query.where(col(Run.arm).is_(None))
    order = col(Run.id).asc() if newer_than else col(Run.id).desc()
    found = [rows.run_record(run) for run in session.exec(query.order_by(order).limit(limit))]
    return found[::-1] if newer_than else found


def _whose(session: Session, whose: str) -> list[ColumnElement[bool]]:
    viewer = viewer_of(session)
    if viewer and whose == "mine":
        return [col(Run.owner_id) == viewer.id]
    return [col(Run.shown).is_(True)] if viewer and whose == "class" and not viewer.teaches else []


def _words(q: str) -> list[ColumnElement[bool]]:
    """One condition for each word."""
    return [
        or_(col(Run.name).icontains(word, autoescape=True), col(Run.id) == word, specs.says(word)) for word in q.split()
    ]


def last_metrics(session: Session, run_ids: Sequence[str]) -> dict[str, Metrics]:
    """The newest metrics of each of these runs that has any."""
    newest = select(Snapshot.run_id, func.max(Snapshot.step).label("step")).where(col(Snapshot.run_id).in_(run_ids))
    last = newest.group_by(col(Snapshot.run_id)).subquery()
    query = select(Snapshot).join(last, (col(Snapshot.run_id) == last.c.run_id) & (col(Snapshot.step) == last.c.step))
    return {row.run_id: rows.metrics(row) for row in session.exec(query)}


def experiment_names(session: Session, limit: int = 50) -> dict[str, str]:
    """The newest experiments: name by id."""
    query = select(Experiment.id, Experiment.name).order_by(col(Experiment.created).desc()).limit(limit)
    return dict(session.exec(query).all())


def ids_ending(session: Session, end: str) -> list[str]:
    """Ids of the runs whose id is `end` or ends with it: two of them where it is ambiguous."""
    query = select(Run.id).where(not_hidden(), col(Run.id).endswith(end, autoescape=True))
    return list(session.exec(query.limit(2)))


def shortest_end(session: Session, run_id: str) -> str:
    """The shortest end of the id, of at least SHORTEST_END characters, that no other id has."""
    lengths = range(SHORTEST_END, len(run_id))
    return next((end for n in lengths if len(ids_ending(session, end := run_id[-n:])) < 2), run_id)
