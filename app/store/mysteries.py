"""Mysteries: a run whose spec is hidden, and what a class answers."""

import secrets
from typing import NamedTuple

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from app import rows
from app.links import derived_token, new_token, token_hash
from app.models import Answer, Mystery, Run
from app.store.changes import one_row
from app.store.runs import new_run
from ml.records import RunRecord
from ml.spec import RunSpec


def create_mystery(session: Session, spec: RunSpec, title: str, fault: str | None) -> tuple[str, RunRecord]:
    """The teacher's token, which is not kept, and the queued run of the patient."""
    token = new_token()
    mystery = Mystery(
        id=secrets.token_hex(6), teacher_hash=token_hash(token), class_hash=token_hash(class_token(token)),
        title=title, fault=fault,
    )  # fmt: skip
    patient = _hidden_run(spec, mystery.id)
    session.add(mystery)
    session.flush()
    session.add(patient)
    session.commit()
    return token, rows.run_record(patient)


def class_token(token: str) -> str:
    """The class's, by the teacher's, so that whoever has that can show it although it is not kept."""
    return derived_token(token, "class")


def open_as_teacher(session: Session, token: str) -> Mystery | None:
    """None for a token that is unknown or malformed."""
    return session.exec(select(Mystery).where(Mystery.teacher_hash == token_hash(token))).first()


def open_as_class(session: Session, token: str) -> Mystery | None:
    """None for a token that is unknown or malformed."""
    return session.exec(select(Mystery).where(Mystery.class_hash == token_hash(token))).first()


def count_mysteries(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Mystery)).one()


def find_patient(session: Session, mystery_id: str) -> RunRecord | None:
    """The run whose spec is hidden, without its snapshots; None where the mystery was deleted."""
    found = session.exec(select(Run).where(Run.mystery_id == mystery_id, col(Run.repair_of).is_(None))).first()
    return rows.run_record(found) if found else None


def mystery_runs(session: Session, mystery_id: str) -> list[str]:
    """Ids of the patient and of the cures that were tried on it, oldest first."""
    return list(session.exec(select(Run.id).where(Run.mystery_id == mystery_id).order_by(Run.id)))


def reveal(session: Session, mystery_id: str, now: float) -> None:
    """From `now` on (seconds since 1970) the class sees the spec; the first time counts."""
    hidden = update(Mystery).where(col(Mystery.id) == mystery_id, col(Mystery.revealed).is_(None))
    one_row(session, hidden.values(revealed=now))


def delete_mystery(session: Session, mystery_id: str) -> None:
    """Its runs and answers go with it."""
    one_row(session, delete(Mystery).where(col(Mystery.id) == mystery_id))


# --- answers ---


class Said(NamedTuple):
    """Who said what is wrong (a rule) and what would cure it."""

    name: str
    rule: str
    cure: str


def add_answer(
    session: Session, mystery_id: str, patient_id: str, said: Said, spec: RunSpec | None
) -> tuple[Answer, RunRecord | None]:
    """The answer and, where nobody has tried its cure yet, the queued run that does: the same cure of the same patient
    comes out the same. `spec` is that of the cured patient, None where there is nothing to try."""
    answer = Answer(id=secrets.token_hex(6), mystery_id=mystery_id, **said._asdict())
    answer.run_id = _tried(session, answer) if spec else None
    new = _hidden_run(spec, mystery_id, patient_id) if spec and answer.run_id is None else None
    if new:
        session.add(new)
        session.flush()
        answer.run_id = new.id
    session.add(answer)
    session.commit()
    session.refresh(answer)
    return answer, rows.run_record(new) if new else None


def _tried(session: Session, new: Answer) -> str | None:
    """The run of an earlier answer with the same cure."""
    query = select(Answer.run_id).where(Answer.mystery_id == new.mystery_id, Answer.cure == new.cure)
    return session.exec(query.where(col(Answer.run_id).is_not(None)).limit(1)).first()


def _hidden_run(spec: RunSpec, mystery_id: str, repair_of: str | None = None) -> Run:
    run = new_run(spec, colour=0)
    run.mystery_id, run.repair_of = mystery_id, repair_of
    return run


def list_answers(session: Session, mystery_id: str) -> list[Answer]:
    """Newest first."""
    query = select(Answer).where(Answer.mystery_id == mystery_id)
    return list(session.exec(query.order_by(col(Answer.created).desc(), Answer.id)))


def find_answer(session: Session, mystery_id: str, answer_id: str) -> Answer | None:
    """None if the mystery has no such answer."""
    return session.exec(select(Answer).where(Answer.mystery_id == mystery_id, Answer.id == answer_id)).first()


def answers_since(session: Session, mystery_id: str, moment: float) -> list[float]:
    """When the answers after a moment came (seconds since 1970), the first one first."""
    query = select(Answer.created).where(Answer.mystery_id == mystery_id, Answer.created > moment)
    return list(session.exec(query.order_by(col(Answer.created))))
