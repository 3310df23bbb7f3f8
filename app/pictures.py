"""Pictures of a run that are drawn once, at its end, and kept with it.

A name holds a version: where the drawing has changed, old runs are drawn anew when someone asks.
"""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app import store
from app.link_preview import link_preview
from app.models import ACTIVE
from app.thumbnails import thumbnail
from ml.records import RunRecord

THUMBNAIL = "thumbnail-1.svg"
PREVIEW = "preview-1.png"
_DRAW: dict[str, Callable[[RunRecord], bytes]] = {THUMBNAIL: thumbnail, PREVIEW: link_preview}

log = logging.getLogger(__name__)


def draw_at_end(session: Session, run_id: str) -> None:
    """Every picture of a run that has just ended. What goes wrong is logged: the run has ended well all the same, and
    its pictures are drawn when they are asked for."""
    try:
        run = store.load_run(session, run_id)
        if run is None or not run.snapshots:
            return
        for name, draw in _DRAW.items():
            _keep(session, run, name, draw(run))
    except Exception:
        log.exception("run %s has no pictures yet", run_id)
        session.rollback()


def picture(session: Session, run: RunRecord, name: str) -> bytes:
    """Of a run that was loaded with its snapshots: the one that is kept; else drawn now, and kept if the run has
    ended."""
    kept = store.artifact(session, run.id, name)
    if kept is not None:
        return kept
    drawn = _DRAW[name](run)
    if run.status not in ACTIVE:
        _keep(session, run, name, drawn)
    return drawn


def _keep(session: Session, run: RunRecord, name: str, drawn: bytes) -> None:
    try:
        store.save_artifact(session, run.id, name, drawn)
    except IntegrityError:  # the run was deleted meanwhile
        session.rollback()


def kept_thumbnails(session: Session, run_ids: Sequence[str]) -> dict[str, bytes]:
    """By the run's id, those that were drawn already."""
    return store.artifacts(session, run_ids, THUMBNAIL)
