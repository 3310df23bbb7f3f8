"""The overview of the share links, and what their owners do with one: close it, or replace it."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import missing, pages, sharing, store
from app.db import SessionDep
from app.forms import whole_number
from app.i18n import gettext as _
from app.labs.reports import render_report
from app.pages import TypedDep, public_url, templates

router = APIRouter(prefix="/shares", include_in_schema=False)

LAST_PAGE = sharing.LAST_SHARE // sharing.ON_A_PAGE


@router.get("")
def overview(request: Request, session: SessionDep, page: Annotated[int, Query(ge=1, le=LAST_PAGE)] = 1) -> Response:
    """Every link that the viewer may close, the newest first."""
    return _overview(request, session, page)


@router.post("/{share_id}/revoke")
def revoke(share_id: str, values: TypedDep, session: SessionDep) -> Response:
    """Close a share link for good."""
    share = store.revoke_share(session, share_id)
    if share is None:
        raise HTTPException(404, _(missing.SHARE))
    page = _page_of_overview(values)
    return RedirectResponse(f"/shares?page={page}" if page else f"{sharing.page_of(share)}#share", status_code=303)


@router.post("/{share_id}/rotate")
def rotate(request: Request, share_id: str, values: TypedDep, session: SessionDep) -> Response:
    """Replace a link by a new one, and show that, this once: only its hash is kept."""
    share, token = sharing.replaced(session, share_id)
    link = f"{public_url(request)}/s/{token}"
    if page := _page_of_overview(values):
        return _overview(request, session, page, link, share.id)
    if share.run_id:
        return pages.render_run(request, session, pages.load(request, session, share.run_id), link)
    return render_report(request, session, str(share.prediction_id), link)


def _page_of_overview(values: dict[str, str]) -> int | None:
    """On which the form stood; None where it stood on the page of what is shared."""
    page = whole_number(values.get("page", ""))
    return None if page is None else min(max(page, 1), LAST_PAGE)


def _overview(request: Request, session: Session, page: int, link: str = "", replaced: str = "") -> Response:
    """`link` is the new one in the place of that whose id is `replaced`."""
    found = store.list_all_shares(session, sharing.ON_A_PAGE + 1, (page - 1) * sharing.ON_A_PAGE)
    record = store.share_record(session, replaced)
    context = pages.share_section(request, [], link) | {
        "entries": list(map(sharing.entry, found[: sharing.ON_A_PAGE])),
        "opened": sharing.title(record) if record else "",
        "page": page,
        "more": len(found) > sharing.ON_A_PAGE,
    }
    return templates.TemplateResponse(request, "shares.html", context)
