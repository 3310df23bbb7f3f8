"""Pictures of a run that are drawn once, at its end, and kept with it.

A name holds a version: where the drawing has changed, old runs are drawn anew when someone asks.
"""

import logging
from collections.abc import Callable, Iterable

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from app import store
from app.i18n import LANGUAGES, language, speaking
from app.link_preview import link_preview
from app.models import ACTIVE
from app.thumbnails import thumbnail
from ml.records import RunRecord

THUMBNAIL = "thumbnail-2-{language}.svg"  # with words in it
PREVIEW = "preview-2.png"
_DRAW: dict[str, Callable[[RunRecord], bytes]] = {THUMBNAIL: thumbnail, PREVIEW: link_preview}

log = logging.getLogger(__name__)


def draw_at_end(session: Session, run_id: str) -> None:
    """Every picture of a run that has just ended, in every language that it is different in. What goes wrong is logged:
    the run has ended well all the same, and its pictures are drawn when they are asked for."""
    try:
        run = store.load_run(session, run_id)
        if run is None or not run.snapshots:
            return
        for code in LANGUAGES:
            with speaking(code):
                for name in _DRAW:
                    picture(session, run, name)
    except Exception:
        log.exception("run %s has no pictures yet", run_id)
        session.rollback()


def picture(session: Session, run: RunRecord, name: str) -> bytes:
    """Of a run that was loaded with its snapshots, in the language in force: the one that is kept; else drawn now, and
    kept if the run has ended."""
    kept = store.artifact(session, run.id, _kept_as(name))
    if kept is not None:
        return kept
    drawn = _DRAW[name](run)
    if run.status not in ACTIVE:
        _keep(session, run, name, drawn)
    return drawn


def thumbnails(
    session: Session, runs: Iterable[RunRecord], load: Callable[[str], RunRecord | None]
) -> dict[str, bytes]:
    """By the run's id: those that are kept, by one query; the others are drawn, from what `load` brings. None for a run
    that has measured nothing yet."""
    runs = list(runs)
    found = store.artifacts(session, [run.id for run in runs], _kept_as(THUMBNAIL))
    for run in runs:
        if run.id not in found and run.attempt and (whole := load(run.id)) and whole.snapshots:
            found[run.id] = picture(session, whole, THUMBNAIL)
    return found


def _keep(session: Session, run: RunRecord, name: str, drawn: bytes) -> None:
    try:
        store.save_artifact(session, run.id, _kept_as(name), drawn)
    except IntegrityError:  # the run was deleted meanwhile
        session.rollback()


def _kept_as(name: str) -> str:
    return name.format(language=language())
