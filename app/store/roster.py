"""The class as its teachers see it: who is in it, what they run, and what they have said."""

from dataclasses import dataclass

from sqlalchemy import case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from app import rows
from app.models import ACTIVE, Answer, Experiment, Member, Mystery, Prediction, Run
from app.store.runs import not_hidden
from ml.records import RunRecord


@dataclass(frozen=True)
class MemberRecord:
    """`seen` is when the last sign-in was (seconds since 1970), `chosen` whether there is a password of their own."""

    id: str
    name: str
    teaches: bool
    seen: float
    chosen: bool
    runs: int
    waiting: int
    training: int


def member_record(session: Session, member_id: str) -> MemberRecord | None:
    """None if there is no such member."""
    return next(iter(list_members(session, member_id)), None)


def list_members(session: Session, member_id: str | None = None) -> list[MemberRecord]:
    """Students and teachers, by name; or the one of this id."""
    counts = [func.count(col(Run.id)), *(func.sum(case((col(Run.status) == status, 1), else_=0)) for status in ACTIVE)]
    query = select_columns(Member, *counts).join(Run, col(Run.owner_id) == col(Member.id), isouter=True)
    if member_id is not None:
        query = query.where(col(Member.id) == member_id)
    found = session.execute(query.group_by(col(Member.id)).order_by(col(Member.key)))
    return [_record(one, *counted) for one, *counted in found]


def _record(one: Member, runs: int, waiting: int, training: int) -> MemberRecord:
    chosen = one.password_hash is not None
    return MemberRecord(one.id, one.name, one.role == "teacher", one.seen, chosen, runs, waiting, training)


# --- runs ---


def newest_runs(session: Session, limit: int, owner_id: str | None = None) -> list[RunRecord]:
    """Everybody's, or those of one member."""
    query = select(Run).where(not_hidden())
    if owner_id is not None:
        query = query.where(Run.owner_id == owner_id)
    return [rows.run_record(run) for run in session.exec(query.order_by(col(Run.id).desc()).limit(limit))]


def queue(session: Session, limit: int) -> list[RunRecord]:
    """What is trained now, then what waits, in the order in which it comes: also what a mystery hides."""
    query = select(Run).where(col(Run.status).in_(ACTIVE))
    ordered = query.order_by(col(Run.status).desc(), col(Run.turn), col(Run.id))
    return [rows.run_record(run) for run in session.exec(ordered.limit(limit))]


# --- what they have said ---


@dataclass(frozen=True)
class Predicted:
    """An experiment of a lab about which predictions were made, the newest at `newest` (seconds since 1970)."""

    experiment_id: str
    lab: str
    count: int
    newest: float


def predicted_labs(session: Session, limit: int) -> list[Predicted]:
    """Those with the newest predictions first."""
    newest = func.max(Prediction.created)
    query = select(Experiment.id, Experiment.lab, func.count(), newest).join(Prediction)
    grouped = query.where(col(Experiment.lab).is_not(None)).group_by(col(Experiment.id))
    found = session.exec(grouped.order_by(newest.desc()).limit(limit))
    return [Predicted(one, str(lab), count, last) for one, lab, count, last in found]


def mysteries(session: Session, limit: int) -> list[tuple[Mystery, int]]:
    """The newest, each with how many answers it has."""
    query = select(Mystery, func.count(col(Answer.id))).join(Answer, isouter=True).group_by(col(Mystery.id))
    return [(one, count) for one, count in session.exec(query.order_by(col(Mystery.created).desc()).limit(limit))]


def find_mystery(session: Session, mystery_id: str) -> Mystery | None:
    return session.get(Mystery, mystery_id)


def predictions_of(session: Session, member_id: str) -> list[tuple[Prediction, str]]:
    """What a member has predicted, the newest first, each with its lab."""
    query = select(Prediction, Experiment.lab).join(Experiment).where(Prediction.owner_id == member_id)
    return [(one, str(lab)) for one, lab in session.exec(query.order_by(col(Prediction.created).desc()))]


def answers_of(session: Session, member_id: str) -> list[tuple[Answer, Mystery]]:
    """What a member has answered, the newest first, each with its mystery."""
    query = select(Answer, Mystery).join(Mystery).where(Answer.owner_id == member_id)
    return [(one, mystery) for one, mystery in session.exec(query.order_by(col(Answer.created).desc()))]
