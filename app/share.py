"""What a share link opens: one run or one lab report, to read, without an account. Nothing else is below /s/."""

import math

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from app import pages, store
from app.db import SessionDep
from app.labs.reports import read_only_report
from app.links import headers_at
from app.live import Opened
from app.reading import reading_routes

router = APIRouter(prefix="/s/{token}", tags=["share"])


class NoSuchShare(Exception):
    """Of a share or of a mystery. Unknown, malformed, expired or revoked: which one is nobody's business."""


def open_share(token: str, session: SessionDep) -> Opened:
    share = store.open_share(session, token)
    if share is None or share.run_id is None:
        raise NoSuchShare
    return Opened(share.run_id, share.token_hash, share.expires or math.inf)


@router.get("", response_class=Response, responses={200: {"content": {"text/html": {}}}})
def shared_page(request: Request, token: str, session: SessionDep) -> Response:
    """The read-only page of the run, or the lab report."""
    share = store.open_share(session, token)
    if share is not None and share.prediction_id is not None:
        return _shared_report(request, session, share.prediction_id)
    opened = open_share(token, session)
    run = request.app.state.cache.load(session, opened.run_id)
    if run is None:
        raise NoSuchShare
    return pages.render_share(request, session, run, f"/s/{token}")


def _shared_report(request: Request, session: Session, prediction_id: str) -> Response:
    prediction = store.find_prediction(session, prediction_id)
    if prediction is None:
        raise NoSuchShare
    return read_only_report(request, session, prediction)


router.include_router(reading_routes(open_share))


def no_such_share(request: Request, _error: Exception) -> Response:
    """The same answer, byte for byte, whatever was wrong with the link and whoever asks: so in both languages."""
    request.session.get("sign_in")  # an answer says (Vary) whether that was read; a route reads it
    return Response(_NOTHING, 404, media_type="text/html", headers=headers_at(request.scope["path"]))


# Needs no other file.
_NOTHING = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not found · No encontrado</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; }
  body { margin: 0; }
  main { min-height: 100vh; display: grid; place-content: center; gap: 32px; padding: 24px; box-sizing: border-box;
    font: 16px/1.5 system-ui, sans-serif; text-align: center;
    color: light-dark(#15181d, #e8eaee); background: light-dark(#f6f6f3, #0f1216); }
  svg { width: 64px; margin: auto; stroke: light-dark(#5b6470, #9ba5b1); fill: none; stroke-width: 2; }
  h1, h2 { margin: 0; font-size: 22px; line-height: 1.3; }
  p { margin: 4px 0 0; color: light-dark(#5b6470, #9ba5b1); }
</style>
<main>
<div>
  <svg viewBox="0 0 48 24" aria-hidden="true"><path d="M2 22C14 22 18 2 24 2" /><path d="M46 22C34 22 30 2 24 2"
    stroke-dasharray="3 4" /></svg>
  <h1>This link opens nothing</h1>
  <p>It may have ended. Ask whoever sent it for a new one.</p>
</div>
<section lang="es">
  <h2>Este enlace no abre nada</h2>
  <p>Quizá haya caducado. Pide uno nuevo a quien te lo envió.</p>
</section>
</main>
</html>
"""
