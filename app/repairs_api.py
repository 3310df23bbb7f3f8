"""The JSON routes of repairs."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field
from sqlmodel import Session

from app import actions, missing
from app.answers import LAUNCH, Detail, RunOut, run_out
from app.answers.shapes import Number
from app.db import SessionDep
from app.i18n import gettext as _
from app.i18n import is_number
from app.repair_view import Repair, repair
from app.repairs import judged
from ml.records import RunRecord
from ml.repairs import CURES
from ml.rules import RULES
from ml.verdict import WORDS, Verdict

router = APIRouter(
    prefix="/api/runs/{run_id}/repairs", tags=["api"],
    responses={400: {"model": Detail}, 404: {"model": Detail}, 413: {"model": Detail}},
)  # fmt: skip

Name = Annotated[str, Field(max_length=40)]


class RepairIn(BaseModel):
    rule: Name = Field(description="Whose finding is to be cured", examples=list(RULES)[:1])
    cures: list[Name] = Field(min_length=1, max_length=len(CURES), description="A run each", examples=[list(CURES)[:1]])


class VerdictOut(BaseModel):
    """`before` and `after` are the quantity of the rule by `formula`, out of bounds of `threshold` while it is above it
    (or else below); errors are of the validation set, 1 for a run that diverged."""

    word: str = Field(description=", ".join(WORDS))
    formula: str
    threshold: float
    above: bool
    before: Number
    after: Number
    error_before: Number
    error_after: Number


class RepairOut(BaseModel):
    """A change that is tried on a run. `verdict` is null until both have ended."""

    run: RunOut = Field(description="The run with the change")
    url: str = Field(description="The page of the pair")
    rule: str
    label: str = Field(description="What was changed, in words")
    changes: dict[str, Any] = Field(description="The settings that differ", examples=[{"lr": 0.001}])
    verdict: VerdictOut | None


@router.post("", status_code=201, response_model=list[RepairOut], responses=LAUNCH)
def launch(request: Request, run_id: str, asked: RepairIn, session: SessionDep) -> list[RepairOut]:
    """Queue a run for each cure. One that was tried already is answered as it stands, and not queued again."""
    run = _load(request, session, run_id)
    made = actions.launch_repairs(session, request.app.state.queue, run, asked.rule, asked.cures)
    whole = [request.app.state.cache.load(session, one.id) for one in made]
    return [_repair_out(repair(run, one, asked.rule)) for one in whole]


@router.get("", response_model=list[RepairOut])
def list_repairs(request: Request, run_id: str, session: SessionDep) -> list[RepairOut]:
    """All that was tried on the run, in the order in which it was queued."""
    return [_repair_out(one) for one in judged(request, session, _load(request, session, run_id))]


def _load(request: Request, session: Session, run_id: str) -> RunRecord:
    run: RunRecord | None = request.app.state.cache.load(session, run_id)
    if run is None:
        raise HTTPException(404, _(missing.RUN))
    return run


def _repair_out(one: Repair) -> RepairOut:
    was, now = one.before.spec.model_dump(), one.run.spec.model_dump()
    changes = {field: now[field] for field in now if field != "name" and now[field] != was[field]}
    return RepairOut(
        run=run_out(one.run), url=one.address, rule=one.rule.name, label=one.label, changes=changes,
        verdict=_verdict_out(one.verdict) if one.verdict else None,
    )  # fmt: skip


def _verdict_out(v: Verdict) -> VerdictOut:
    numbers = {name: getattr(v, name) for name in ("before", "after", "error_before", "error_after")}
    finite = {name: value if is_number(value) else None for name, value in numbers.items()}
    return VerdictOut(word=v.word, formula=v.formula, threshold=v.limit.threshold, above=v.limit.above, **finite)
