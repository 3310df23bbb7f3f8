"""What a share link opens: one run, to read, without an account. Nothing else is below /s/."""

import math

from fastapi import APIRouter, Request, Response

from app import pages, store
from app.db import SessionDep
from app.i18n import gettext as _
from app.i18n import language
from app.live import Opened
from app.reading import reading_routes

router = APIRouter(prefix="/s/{token}", tags=["share"])

# A link's token must not travel on: not to another site, not into a search engine, not into a cache.
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "no-store"}


class NoSuchShare(Exception):
    """Unknown, malformed, expired or revoked: which one is nobody's business."""


def open_share(token: str, session: SessionDep) -> Opened:
    share = store.open_share(session, token)
    if share is None:
        raise NoSuchShare
    return Opened(share.run_id, share.token_hash, share.expires or math.inf)


@router.get("", response_class=Response, responses={200: {"content": {"text/html": {}}}})
def shared_page(request: Request, token: str, session: SessionDep) -> Response:
    """The read-only page of the run."""
    opened = open_share(token, session)
    run = request.app.state.cache.load(session, opened.run_id)
    if run is None:
        raise NoSuchShare
    return pages.render_share(request, session, run, f"/s/{token}")


router.include_router(reading_routes(open_share))


def no_such_share(_request: Request, _error: Exception) -> Response:
    """The same answer, byte for byte, whatever was wrong with the link."""
    title, heading, advice = _("Not found"), _("This link opens nothing"), _("Ask whoever sent it for a new one.")
    text = (
        f"<!doctype html><html lang={language()}><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    )
    text += f"<title>{title}</title><h1>{heading}</h1><p>{advice}</p></html>"
    return Response(text, 404, media_type="text/html", headers=HEADERS)
