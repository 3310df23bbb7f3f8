"""Share links."""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from app.links import new_token, token_hash
from app.models import Experiment, Member, Prediction, Run, Share
from app.store.changes import one_row

_OPENED: Any = (Run.name, Experiment.lab, Prediction.name, Member.name)


@dataclass(frozen=True)
class ShareRecord:
    """A share link and what it opens: the run `title`, or the report on what `name` predicted of `lab`. `owner` is
    whose it is; None where nobody signs in."""

    share: Share
    title: str | None
    lab: str | None
    name: str | None
    owner: str | None


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


def list_all_shares(session: Session, limit: int, offset: int = 0) -> list[ShareRecord]:
    """Of every run and report whose links the viewer may close, the newest first."""
    newest_first = _with_opened().order_by(col(Share.created).desc(), col(Share.id)).limit(limit).offset(offset)
    return [ShareRecord(*found) for found in session.execute(newest_first)]


def share_record(session: Session, share_id: str) -> ShareRecord | None:
    """None if there is no such link."""
    found = session.execute(_with_opened().where(col(Share.id) == share_id)).first()
    return ShareRecord(*found) if found else None


def _with_opened() -> Select[Any]:
    owner = func.coalesce(Run.owner_id, Prediction.owner_id)
    return (
        select_columns(Share, *_OPENED)
        .outerjoin(Run, col(Run.id) == col(Share.run_id))
        .outerjoin(Prediction, col(Prediction.id) == col(Share.prediction_id))
        .outerjoin(Experiment, col(Experiment.id) == col(Prediction.experiment_id))
        .outerjoin(Member, col(Member.id) == owner)
    )


def find_share(session: Session, share_id: str) -> Share | None:
    """None if there is no such link."""
    return session.get(Share, share_id)


def find_shared(session: Session, share_id: str) -> Run | Prediction | None:
    """What a link opens; None if there is no such link."""
    share = find_share(session, share_id)
    if share is None:
        return None
    return session.get(Run, share.run_id) if share.run_id else session.get(Prediction, share.prediction_id)


def revoke_share(session: Session, share_id: str) -> Share | None:
    """Close a link for good. What it was; None if there was no such link."""
    share = find_share(session, share_id)
    gone = one_row(session, delete(Share).where(col(Share.id) == share_id))
    return share if gone else None


def replace_share(session: Session, share_id: str) -> tuple[Share, str] | None:
    """Give a link another token, until the same end; the one that it had opens nothing from now on. None if there is no
    such link, or if it has ended."""
    token = new_token()
    change = update(Share).where(col(Share.id) == share_id, is_open()).values(token_hash=token_hash(token))
    share = find_share(session, share_id) if one_row(session, change) else None
    return (share, token) if share else None


def has_ended(share: Share) -> bool:
    return share.expires is not None and share.expires < time.time()


def is_open() -> ColumnElement[bool]:
    """Of links that have not ended."""
    return or_(col(Share.expires).is_(None), col(Share.expires) >= time.time())


def open_share(session: Session, token: str) -> Share | None:
    """What a token opens; None for one that is unknown, malformed, expired or revoked."""
    share = session.exec(select(Share).where(Share.token_hash == token_hash(token))).first()
    return None if share is None or has_ended(share) else share
