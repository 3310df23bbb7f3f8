"""The pages of repairs: a change is tried on a run, and judged."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from app import actions, pages, store
from app.db import SessionDep
from app.i18n import gettext as _
from app.repair_pair import pair_view
from app.repair_view import Repair, judged_repairs, ranked, repair
from ml.records import RunRecord
from ml.rules import RULES

router = APIRouter(prefix="/runs/{run_id}/repairs", include_in_schema=False)


async def _asked(request: Request) -> tuple[str, list[str]]:
    """The rule, and every cure that the form names."""
    form = await request.form()
    return str(form.get("rule", "")), [value for value in form.getlist("cure") if isinstance(value, str)]


AskedDep = Annotated[tuple[str, list[str]], Depends(_asked)]


@router.post("")
def launch(request: Request, run_id: str, asked: AskedDep, session: SessionDep) -> Response:
    """Queue a run for each cure against what the rule found, and lead to what comes of it."""
    run, (rule, cures) = pages.load(request, session, run_id), asked
    made = actions.launch_repairs(session, request.app.state.queue, run, rule, cures)
    one = repair(run, made[0], rule).address if len(cures) == 1 else f"/runs/{run_id}/repairs"
    return RedirectResponse(one, status_code=303)


@router.get("")
def tried(request: Request, run_id: str, session: SessionDep) -> Response:
    """All that was tried on the run, the best first."""
    run = pages.load(request, session, run_id)
    repairs = ranked(judged(request, session, run))
    context = {"run": run, "repairs": repairs, "active": any(one.active for one in repairs)}
    return pages.templates.TemplateResponse(request, "repairs.html", context)


@router.get("/{repair_id}")
def pair(
    request: Request, run_id: str, repair_id: str, session: SessionDep,
    rule: Annotated[str, Query(max_length=40, description="By which it is judged; empty: the one it was for")] = "",
) -> Response:  # fmt: skip
    """The run beside its repair: the verdict, once both have ended."""
    before, after = pages.load(request, session, run_id), pages.load(request, session, repair_id)
    judging = rule or after.repair_rule
    if after.repair_of != before.id or judging not in RULES:
        raise HTTPException(404, _("There is no such repair of this run."))
    context = pair_view(repair(before, after, judging), store.repairs_of(session, run_id))
    return pages.templates.TemplateResponse(request, "repair.html", context)


def judged(request: Request, session: Session, run: RunRecord) -> list[Repair]:
    """All that was tried on the run, in the order in which it was queued."""
    return judged_repairs(run, pages.load_repairs(request, session, run))
