"""Pictures of a run, and the sentence about it, that are made once, at its end, and kept with it.

A name holds a version: where the drawing or the rules have changed, old runs are drawn anew when someone asks.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable
from functools import cache

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session

from app import store
from app.diagnosis import Headline
from app.i18n import LANGUAGES, language, speaking
from app.link_preview import link_preview
from app.models import ACTIVE
from app.patience import is_away
from app.settings import PROJECT
from app.thumbnails import thumbnail
from ml.records import RunRecord

THUMBNAIL = "thumbnail-3-{language}.svg"  # with words in it
PREVIEW = "preview-3-{rules}-{language}.png"
HEADLINE = "headline-1-{rules}-{language}.txt"

_DRAW: dict[str, Callable[[RunRecord], bytes]] = {
    THUMBNAIL: thumbnail, PREVIEW: link_preview, HEADLINE: lambda run: bytes(Headline.of(run)),
}  # fmt: skip

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


def pictures(
    session: Session, runs: Iterable[RunRecord], name: str, load: Callable[[str], RunRecord | None]
) -> dict[str, bytes]:
    """By the run's id: those that are kept, by one query; the others are drawn, from what `load` brings. None for a run
    that has measured nothing yet."""
    runs = list(runs)
    found = store.artifacts(session, [run.id for run in runs], _kept_as(name))
    for run in runs:
        if run.id not in found and run.attempt and (whole := load(run.id)) and whole.snapshots:
            found[run.id] = picture(session, whole, name)
    return found


def _keep(session: Session, run: RunRecord, name: str, drawn: bytes) -> None:
    """For the next time: a page that shows pictures must not wait for a database that can only be read now."""
    if session.info.get("read only"):
        return
    try:
        store.save_artifact(session, run.id, _kept_as(name), drawn)
    except IntegrityError:  # the run was deleted meanwhile
        session.rollback()
    except SQLAlchemyError as error:
        session.rollback()
        session.info["read only"] = True
        if not is_away(error):
            raise


def _kept_as(name: str) -> str:
    return name.format(language=language(), rules=_rules())


@cache
def _rules() -> str:
    """The version of the rules: a run that was diagnosed before one of them changed is diagnosed anew."""
    files = sorted((PROJECT / "ml" / "rules").glob("*.py"))
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=4).hexdigest()
