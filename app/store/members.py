"""Members of the class, the browsers in which they are signed in, and the password that lets them in."""

import secrets
import time

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.links import new_token, token_hash
from app.models import ClassPassword, Member, Prediction, Run, Share, SignIn
from app.names import name_key
from app.store.changes import one_row, rows_changed

SIGN_IN_SECONDS = 30 * 24 * 3600  # after which somebody who is signed in has to sign in again


def find_member(session: Session, name: str) -> Member | None:
    """Whose name it is, however they write it."""
    return session.exec(select(Member).where(Member.key == name_key(name))).first()


def take_name(session: Session, name: str, password_hash: str) -> Member | None:
    """The student of this name, with this password from now on; None where somebody has chosen one before."""
    free = update(Member).where(
        col(Member.key) == name_key(name), col(Member.role) == "student", col(Member.password_hash).is_(None)
    )
    if one_row(session, free.values(password_hash=password_hash)):
        return find_member(session, name)
    return _add_member(session, name, "student", password_hash)


def teacher_named(session: Session, name: str) -> Member | None:
    """The teacher of this name; None where it is a student's."""
    _add_member(session, name, "teacher")
    found = find_member(session, name)
    return found if found and found.role == "teacher" else None


def _add_member(session: Session, name: str, role: str, password_hash: str | None = None) -> Member | None:
    """None where there is somebody of this name; two who come at the same time don't both get it."""
    member = Member(id=secrets.token_hex(6), name=name, key=name_key(name), role=role, password_hash=password_hash)
    session.add(member)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return None
    return member


# --- browsers ---


def sign_in(session: Session, member_id: str) -> str:
    """A token for the browser, of which only the hash is kept."""
    token, now = new_token(), time.time()
    session.add(SignIn(token_hash=token_hash(token), member_id=member_id, created=now))
    session.execute(delete(SignIn).where(col(SignIn.created) < now - SIGN_IN_SECONDS))
    session.execute(update(Member).where(col(Member.id) == member_id).values(seen=now))
    session.commit()
    return token


def signed_in(session: Session, token: str) -> Member | None:
    """Whose browser holds this token; None for one that is unknown, was signed out or is too old."""
    since = time.time() - SIGN_IN_SECONDS
    query = select(Member).join(SignIn).where(SignIn.token_hash == token_hash(token), SignIn.created >= since)
    return session.exec(query).first()


def delete_all_sign_ins(session: Session) -> None:
    """Everybody has to sign in again."""
    session.execute(delete(SignIn))
    session.commit()


def sign_out(session: Session, token: str) -> None:
    one_row(session, delete(SignIn).where(col(SignIn.token_hash) == token_hash(token)))


# --- what a teacher does ---


def remove_student(session: Session, member_id: str) -> bool:
    """Free the name. Their browsers are signed out and the links to what is theirs are closed; their runs stay, and are
    nobody's. Whether there was such a student."""
    student = select(Member.id).where(Member.id == member_id, Member.role == "student")
    runs = select(Run.id).where(col(Run.owner_id).in_(student))
    predictions = select(Prediction.id).where(col(Prediction.owner_id).in_(student))
    session.execute(delete(Share).where(col(Share.run_id).in_(runs) | col(Share.prediction_id).in_(predictions)))
    return one_row(session, delete(Member).where(col(Member.id) == member_id, col(Member.role) == "student"))


def forget_password(session: Session, member_id: str) -> bool:
    """Let the student choose another password at the next sign-in; all their browsers are signed out. Whether there was
    such a student."""
    student = update(Member).where(col(Member.id) == member_id, col(Member.role) == "student")
    if there := rows_changed(session, student.values(password_hash=None)) == 1:
        session.execute(delete(SignIn).where(col(SignIn.member_id) == member_id))
    session.commit()
    return there


def class_password(session: Session) -> ClassPassword | None:
    """What a teacher has put in the place of the setting, if one has."""
    return session.get(ClassPassword, 1)


def change_class_password(session: Session, password_hash: str, setting_hash: str) -> None:
    """From now on; all browsers are signed out."""
    session.merge(ClassPassword(password_hash=password_hash, setting_hash=setting_hash))
    delete_all_sign_ins(session)


def forget_class_password(session: Session) -> None:
    one_row(session, delete(ClassPassword))
