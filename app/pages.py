"""The HTML pages. Every one works as links and forms first; the scripts only add to them."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlmodel import Session

from app import actions, forms, i18n, missing, offline, sharing, speaking, store, wording
from app.db import SessionDep
from app.figures import PAGE
from app.messages import script_words
from app.models import ACTIVE, Share
from app.page_state import page_state
from app.repair_view import Tried, tried_view
from app.run_view import run_view
from app.settings import PROJECT, Settings, is_loopback
from app.statics import static
from app.viewer import may_change, may_teach, who_asks
from ml.records import RunRecord
from ml.words import words


async def _typed(request: Request) -> dict[str, str]:
    """The form's fields, without the character that PostgreSQL takes in no text."""
    form = await request.form()
    return {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str)}


TypedDep = Annotated[dict[str, str], Depends(_typed)]

router = APIRouter(include_in_schema=False)

templates = Jinja2Templates(PROJECT / "templates")
templates.env.filters |= {
    "ago": wording.ago, "status": wording.status, "duration": wording.duration, "iso": wording.iso,
    "sentence": wording.sentence, "query": forms.query, "successor_query": forms.successor_query, "typed": forms.typed,
    "number": i18n.number, "percent": i18n.percent, "moment": i18n.moment,
}  # fmt: skip
templates.env.globals |= {
    "summary": wording.summary, "ACTIVE": ACTIVE, "LANGUAGES": i18n.LANGUAGES, "_": i18n.gettext,
    "_html": i18n.gettext_html, "ngettext": i18n.ngettext, "language": i18n.language,
    "in_language": speaking.in_language, "script_words": script_words, "static": static, "LASTING": sharing.LASTING,
    "run_colour": PAGE.run_colour, "may_change": may_change, "may_teach": may_teach,
    "who_asks": who_asks,
}  # fmt: skip


# --- one run ---


@router.get("/runs/{run_id}.html")
def offline_file(request: Request, run_id: str, session: SessionDep) -> Response:
    """The run as one file that works without a server."""
    run = load(request, session, run_id)
    headers = {"Content-Disposition": f'attachment; filename="layerscope-{run.id}.html"'}
    return Response(offline.page(templates.env, run), media_type="text/html", headers=headers)


@router.get("/runs/{run_id}")
def run_page(request: Request, run_id: str, session: SessionDep) -> Response:
    """The run, live while it goes on, as the query string wants it shown."""
    return render_run(request, session, load(request, session, run_id))


@router.post("/runs/{run_id}/cancel")
def cancel(request: Request, run_id: str, session: SessionDep) -> Response:
    """Stop the run; what it has measured stays."""
    _check_there(session, run_id)
    actions.cancel(session, request.app.state.queue, run_id)
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/runs/{run_id}/delete")
def delete(request: Request, run_id: str, session: SessionDep) -> Response:
    """Delete the run and everything it left; one that trains is stopped first."""
    _check_there(session, run_id)
    actions.delete(session, request.app.state.queue, run_id)
    return RedirectResponse("/", status_code=303)


@router.post("/runs/{run_id}/show")
def show(run_id: str, values: TypedDep, session: SessionDep) -> Response:
    """Let the class look at the run, or nobody any more."""
    _check_there(session, run_id)
    store.show_run(session, run_id, values.get("shown") == "1")
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/runs/{run_id}/shares")
def share(request: Request, run_id: str, values: TypedDep, session: SessionDep) -> Response:
    """Make a link and show it, this once: only its hash is kept."""
    run = load(request, session, run_id)
    _, token = store.create_share(session, run_id, sharing.expires_at(values.get("lasting", "")))
    return render_run(request, session, run, f"{public_url(request)}/s/{token}")


def _check_there(session: Session, run_id: str) -> None:
    if store.find_run(session, run_id) is None:
        raise HTTPException(404, i18n.gettext(missing.RUN))


def load(request: Request, session: Session, run_id: str) -> RunRecord:
    """The run with its snapshots."""
    run: RunRecord | None = request.app.state.cache.load(session, run_id)
    if run is None:
        raise HTTPException(404, i18n.gettext(missing.RUN))
    return run


def load_repairs(request: Request, session: Session, run: RunRecord) -> list[RunRecord]:
    """What was tried on the run, with its snapshots, in the order in which it was queued."""
    found = (request.app.state.cache.load(session, repair.id) for repair in store.repairs_of(session, run.id))
    return [repair for repair in found if repair]


def _tried(request: Request, session: Session, run: RunRecord) -> Tried | None:
    original = request.app.state.cache.load(session, run.repair_of) if run.repair_of else None
    return tried_view(run, original, load_repairs(request, session, run))


def render_run(request: Request, session: Session, run: RunRecord, link: str = "") -> Response:
    """The run's page; `link` is one that was made just now."""
    shown = run_view(run, page_state(request)) | share_section(request, store.list_shares(session, run.id), link)
    context = shown | {
        "base": f"/api/runs/{run.id}",
        "live": store.live_state(session, run.id),
        "repairs": _tried(request, session, run),
        "experiment": run.experiment_id and store.find_experiment(session, run.experiment_id),
    }
    return templates.TemplateResponse(request, "run.html", context)


def share_section(request: Request, shares: Sequence[Share], link: str) -> dict[str, Any]:
    """What _shares.html shows of the links to something; `link` is one that was made just now."""
    return {
        "shares": list(map(sharing.listed, shares)),
        "link": link,
        "qr": sharing.qr_code(link) if link else "",
        "only_here": is_loopback(urlsplit(public_url(request)).hostname or ""),
    }


def public_url(request: Request) -> str:
    """The address that links name: PUBLIC_URL, or the one this request came by."""
    settings: Settings = request.app.state.settings
    return settings.public_url or str(request.base_url).rstrip("/")


# --- pages that other modules answer with ---


def render_share(request: Request, session: Session, run: RunRecord, base: str) -> Response:
    """The run to read, with nothing on the page that leads elsewhere; `base` is the address of its JSON."""
    shown = run_view(run, page_state(request))
    context = shown | {
        "base": base,
        "live": store.live_state(session, run.id),
        "address": public_url(request) + base,
        "description": sharing.description(run, shown["diagnosis"]),
        "may_launch": may_launch(request),
    }
    return templates.TemplateResponse(request, "share.html", context)


def may_launch(request: Request) -> bool:
    """Whether the form would open for whoever asks."""
    settings: Settings = request.app.state.settings
    if settings.class_mode:
        return who_asks(request) is not None
    return is_loopback(request.url.hostname or "")


def render_error(request: Request, status: int, detail: Any = "", headers: dict[str, str] | None = None) -> Response:
    """What went wrong, in a sentence, and the way back."""
    titles = {404: words("There is nothing here"), 413: words("That is too large"), 429: words("Not now")}
    title = titles.get(status) or words("That did not work")
    context = {"status": status, "title": i18n.gettext(title), "detail": detail}
    return templates.TemplateResponse(request, "error.html", context, status, headers)
