"""Members of the class, and the browsers in which they are signed in."""

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.links import new_token, token_hash
from app.models import Member, SignIn
from app.store.changes import one_row


def sign_in(session: Session, member_id: str) -> str:
    """A token for the browser, of which only the hash is kept."""
    token = new_token()
    session.add(SignIn(token_hash=token_hash(token), member_id=member_id))
    session.commit()
    return token


def signed_in(session: Session, token: str) -> Member | None:
    """Whose browser holds this token; None for one that is unknown or was signed out."""
    query = select(Member).join(SignIn).where(SignIn.token_hash == token_hash(token))
    return session.exec(query).first()


def delete_all_sign_ins(session: Session) -> None:
    """Everybody has to sign in again."""
    session.execute(delete(SignIn))
    session.commit()


def sign_out(session: Session, token: str) -> None:
    one_row(session, delete(SignIn).where(col(SignIn.token_hash) == token_hash(token)))
