"""Share links."""

import secrets
import time

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.links import new_token, token_hash
from app.models import Share
from app.store.changes import one_row


def create_share(session: Session, run_id: str, expires: float | None = None) -> tuple[Share, str]:
    """A new link to a run, and its token: 192 random bits, which are not kept."""
    return _with_token(session, Share(id=secrets.token_hex(6), run_id=run_id, token_hash="", expires=expires))


def create_report_share(session: Session, prediction_id: str, expires: float | None = None) -> tuple[Share, str]:
    """The same to the report on a prediction."""
    return _with_token(
        session, Share(id=secrets.token_hex(6), prediction_id=prediction_id, token_hash="", expires=expires)
    )


def _with_token(session: Session, share: Share) -> tuple[Share, str]:
    token = new_token()
    share.token_hash = token_hash(token)
    session.add(share)
    session.commit()
    session.refresh(share)
    return share, token


def list_shares(session: Session, run_id: str) -> list[Share]:
    return list(session.exec(select(Share).where(Share.run_id == run_id).order_by(col(Share.created))))


def list_report_shares(session: Session, prediction_id: str) -> list[Share]:
    query = select(Share).where(Share.prediction_id == prediction_id)
    return list(session.exec(query.order_by(col(Share.created))))


def find_share(session: Session, share_id: str) -> Share | None:
    """None if there is no such link."""
    return session.get(Share, share_id)


def revoke_share(session: Session, share_id: str) -> Share | None:
    """Close a link for good. What it was; None if there was no such link."""
    share = find_share(session, share_id)
    gone = one_row(session, delete(Share).where(col(Share.id) == share_id))
    return share if gone else None


def open_share(session: Session, token: str) -> Share | None:
    """What a token opens; None for one that is unknown, malformed, expired or revoked."""
    share = session.exec(select(Share).where(Share.token_hash == token_hash(token))).first()
    return None if share is None or (share.expires is not None and share.expires < time.time()) else share
