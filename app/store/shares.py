"""Share links."""

import secrets
import time

from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.links import new_token, token_hash
from app.models import Share


def create_share(session: Session, run_id: str, expires: float | None = None) -> tuple[Share, str]:
    """A new link to a run, and its token: 192 random bits, which are not kept."""
    token = new_token()
    share = Share(id=secrets.token_hex(6), run_id=run_id, token_hash=token_hash(token), expires=expires)
    session.add(share)
    session.commit()
    session.refresh(share)
    return share, token


def list_shares(session: Session, run_id: str) -> list[Share]:
    return list(session.exec(select(Share).where(Share.run_id == run_id).order_by(col(Share.created))))


def revoke_share(session: Session, share_id: str) -> str | None:
    """Close a link for good. The run it opened; None if there was no such link."""
    run_id = session.execute(delete(Share).where(col(Share.id) == share_id).returning(col(Share.run_id))).scalar()
    session.commit()
    return run_id


def open_share(session: Session, token: str) -> Share | None:
    """What a token opens; None for one that is unknown, malformed, expired or revoked."""
    share = session.exec(select(Share).where(Share.token_hash == token_hash(token))).first()
    return None if share is None or (share.expires is not None and share.expires < time.time()) else share
