"""What the pages say and show of share links: how long one lasts, what it opens, its QR code, what a messenger shows
beside it."""

import time
from dataclasses import dataclass
from datetime import timedelta

import segno
from babel import dates
from fastapi import HTTPException
from markupsafe import Markup
from sqlmodel import Session

from app import i18n, missing, store, wording
from app.diagnosis_view import Diagnosis
from app.forms import whole_number
from app.i18n import gettext as _
from app.models import Share
from app.store import ShareRecord, has_ended
from ml.labs import LABS
from ml.records import RunRecord
from ml.words import words

ENDED = words("That link has ended, so there is nothing to replace. Make another one.")
ON_A_PAGE = 50  # of the overview
LAST_SHARE = 1_000_000  # that anybody may ask for
HOUR, DAY = 3_600, 86_400
LONGEST = 366 * DAY
# What the form offers, in seconds; 0 is for good. The labels are translated where they are shown.
LASTING = {0: "until I revoke it", HOUR: "1 hour", DAY: "1 day", 7 * DAY: "1 week", 30 * DAY: "1 month"}


@dataclass(frozen=True)
class Listed:
    """A link as its owner sees it."""

    id: str
    made: str
    ends: str
    ended: bool


@dataclass(frozen=True)
class Entry:
    """A link in the overview, and what it opens: its title and where that was shared. `owner` is whose it is."""

    link: Listed
    title: str
    page: str
    owner: str | None


def listed(share: Share) -> Listed:
    now = time.time()
    made = _("made {ago}", ago=i18n.ago(now - share.created))
    return Listed(share.id, made, _ends(share.expires, now), has_ended(share))


def entry(found: ShareRecord) -> Entry:
    return Entry(listed(found.share), title(found), page_of(found.share), found.owner)


def title(found: ShareRecord) -> str:
    """Of what a link opens."""
    if found.lab is None:
        return found.title or ""
    lab = _(LABS[found.lab].title) if found.lab in LABS else found.lab
    return ", ".join(filter(None, (f"{_('Lab report')}: {lab}", found.name)))


def page_of(share: Share) -> str:
    """Where the link was made."""
    return f"/runs/{share.run_id}" if share.run_id else f"/labs/reports/{share.prediction_id}"


def _ends(expires: float | None, now: float) -> str:
    if expires is None:
        return _("works until it is revoked")
    if expires < now:
        return _("has ended")
    left = dates.format_timedelta(timedelta(seconds=expires - now), threshold=1.5, locale=i18n.language())
    return _("ends in {time}", time=left)


def expires_at(lasting: str) -> float | None:
    """When a link ends for which the form sent this; never, where it is none of what is offered."""
    seconds = whole_number(lasting)
    return time.time() + seconds if seconds in LASTING and seconds else None


def replaced(session: Session, share_id: str) -> tuple[Share, str]:
    """The link with its new token. Raises HTTPException where there is no such link, or where it has ended."""
    if store.find_share(session, share_id) is None:
        raise HTTPException(404, _(missing.SHARE))
    found = store.replace_share(session, share_id)
    if found is None:
        raise HTTPException(409, _(ENDED))
    return found


def qr_code(link: str) -> Markup:
    """An <svg> element, black on white with its quiet zone: scanners need both, in a dark page too."""
    code = segno.make(link, error="m", micro=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn.replace("<svg", '<svg role="img" aria-label="QR"', 1))


def description(run: RunRecord, diagnosis: Diagnosis | None) -> str:
    """The diagnosis in a sentence, and the run's numbers."""
    return f"{_told(diagnosis)} {_came_to(run)}".strip()


def _told(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None or diagnosis.mood == "waiting":
        return ""
    return f"{diagnosis.title}: {diagnosis.text}" if diagnosis.cards else f"{diagnosis.title}."


def _came_to(run: RunRecord) -> str:
    summary = wording.summary(run.spec)
    last = run.snapshots[-1] if run.snapshots else None
    if last is None or not i18n.is_number(last.metrics.val_error):
        return summary
    numbers = {"error": i18n.percent(last.metrics.val_error), "epoch": last.epoch}
    return _("{error} validation error after epoch {epoch:.4g}: {summary}", **numbers, summary=summary)
