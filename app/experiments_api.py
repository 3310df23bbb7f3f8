"""The JSON routes of experiments."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field, ValidationError, WithJsonSchema, field_validator
from sqlmodel import Session

from app import actions, store
from app.answers import LAUNCH, Detail, Problems, RunOut, ShownIn, moment, run_out
from app.api import ShownDep
from app.db import SessionDep
from app.experiment_view import Combination, Mean
from app.experiments import combinations_of, find
from app.store import ExperimentRecord
from ml.fields import NO_NUL
from ml.grid import MAX_RUNS, ImpossibleGrid, grid
from ml.problems import Problem, problems
from ml.spec import RunSpec

router = APIRouter(prefix="/api/experiments", tags=["api"], responses={400: {"model": Detail}, 413: {"model": Detail}})
NO_EXPERIMENT: dict[int | str, dict[str, Any]] = {404: {"model": Detail}}


class ExperimentIn(BaseModel):
    """`base` is checked with the grid, so that what is wrong with it is told by its field."""

    name: str = Field("", max_length=120, pattern=NO_NUL, description="Empty: named as its base, or by what it varies")
    base: Annotated[dict[str, Any], WithJsonSchema(RunSpec.model_json_schema())] = Field(
        default_factory=dict, description="What all runs have in common"
    )
    vary: dict[str, list[Any]] = Field(
        default_factory=dict, description="The values to try of each field; null is its default",
        examples=[{"init": ["standard", "xavier_uniform"]}],
    )  # fmt: skip
    seeds: int = Field(
        1, strict=True, ge=1, le=MAX_RUNS, description="Runs of each combination: base.seed, base.seed + 1, ..."
    )

    @field_validator("base", "vary")
    @classmethod
    def _can_be_written(cls, values: dict[str, Any]) -> dict[str, Any]:
        """JSON may name half a character: no answer could repeat it. UnicodeEncodeError is a ValueError."""
        json.dumps(values, ensure_ascii=False).encode()
        return values


class ExperimentOut(BaseModel):
    """An experiment without its runs."""

    id: str
    name: str
    url: str = Field(description="Its page")
    base: RunSpec
    vary: dict[str, list[Any]]
    seeds: int
    lab: str | None = Field(description="The lab whose runs these are")
    created: datetime
    statuses: dict[str, int] = Field(description="How many of its runs have each status")
    owner: str | None = Field(description="Who launched it, where students sign in")
    shown: bool = Field(description="Whether everybody who signs in may look at it")


class ExperimentList(BaseModel):
    experiments: list[ExperimentOut]
    cursor: str | None = Field(description="Give it back to get the next page; null on the last one")


class NewExperiment(ExperimentOut):
    runs: list[RunOut]


class MeanOut(BaseModel):
    """Over the runs that finished with finite losses; `std` is the sample's (ddof 1), null for a single run."""

    mean: float
    std: float | None
    count: int


class CombinationOut(BaseModel):
    values: dict[str, Any]
    runs: list[str]
    finished: int
    failed: int
    diverged: int
    train_loss: MeanOut | None
    val_loss: MeanOut | None
    val_error: MeanOut | None
    best: bool


class WholeExperiment(NewExperiment):
    table: list[CombinationOut] = Field(description="One row for each combination")


@router.post("", status_code=201, response_model=NewExperiment, responses=LAUNCH)
def launch(request: Request, asked: ExperimentIn, session: SessionDep, shown: ShownDep = False) -> NewExperiment:
    """Queue every combination of the values, each from as many seeds."""
    if shown:
        store.show_what_is_made(session)
    try:
        base = RunSpec.model_validate({**asked.base, "name": asked.name or asked.base.get("name", "")})
        runs = grid(base, asked.vary, asked.seeds)
        experiment, records = actions.launch_experiment(session, request.app.state.queue, base, asked.vary, runs)
    except ValidationError as error:
        raise _refused(problems(error)) from None
    except ImpossibleGrid as impossible:
        raise _refused(impossible.problems) from None
    return NewExperiment(**described(session, experiment), runs=list(map(run_out, records)))


def _refused(found: list[Problem]) -> HTTPException:
    return HTTPException(422, [asdict(problem) for problem in found])


@router.get("", response_model=ExperimentList)
def list_experiments(
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=40)] = None,
) -> ExperimentList:
    """Newest first."""
    found = store.list_experiments(session, limit + 1, cursor)
    page = found[:limit]
    counts = store.count_runs_by_status(session, [one.id for one in page])
    shown = [ExperimentOut(**_described(one, counts.get(one.id, {}))) for one in page]
    return ExperimentList(experiments=shown, cursor=page[-1].id if len(found) > limit else None)


@router.get("/{experiment_id}", response_model=WholeExperiment, responses=NO_EXPERIMENT)
def read_experiment(experiment_id: str, session: SessionDep) -> WholeExperiment:
    """What varies, the runs, and the table of what came out."""
    experiment = find(session, experiment_id)
    runs = store.experiment_runs(session, experiment_id)
    table = [_combination_out(experiment, one) for one in combinations_of(session, experiment, runs)]
    return WholeExperiment(**described(session, experiment), runs=list(map(run_out, runs)), table=table)


@router.post("/{experiment_id}/cancel", response_model=ExperimentOut, responses=NO_EXPERIMENT)
def cancel(request: Request, experiment_id: str, session: SessionDep) -> ExperimentOut:
    """Stop every run that waits or trains; what they have measured stays."""
    experiment = find(session, experiment_id)
    actions.cancel_experiment(session, request.app.state.queue, experiment_id)
    return ExperimentOut(**described(session, experiment))


@router.put(
    "/{experiment_id}/shown", response_model=ExperimentOut, responses={**NO_EXPERIMENT, 422: {"model": Problems}}
)
def show(experiment_id: str, wish: ShownIn, session: SessionDep) -> ExperimentOut:
    """Let everybody who signs in look at its runs, or nobody but its owner and teachers."""
    find(session, experiment_id)
    store.show_experiment(session, experiment_id, wish.shown)
    return ExperimentOut(**described(session, find(session, experiment_id)))


@router.delete("/{experiment_id}", status_code=204, responses=NO_EXPERIMENT)
def delete(request: Request, experiment_id: str, session: SessionDep) -> None:
    """Delete the experiment with all of its runs; those that train are stopped first."""
    find(session, experiment_id)
    actions.delete_experiment(session, request.app.state.queue, experiment_id)


def described(session: Session, experiment: ExperimentRecord) -> dict[str, Any]:
    """What ExperimentOut is made of."""
    return _described(experiment, store.count_runs_by_status(session, [experiment.id]).get(experiment.id, {}))


def _described(experiment: ExperimentRecord, statuses: dict[str, int]) -> dict[str, Any]:
    return {
        "id": experiment.id, "name": experiment.name, "url": f"/experiments/{experiment.id}", "base": experiment.base,
        "vary": experiment.vary, "seeds": experiment.seeds, "created": moment(experiment.created), "statuses": statuses,
        "lab": experiment.lab, "owner": experiment.owner, "shown": experiment.shown,
    }  # fmt: skip


def _combination_out(experiment: ExperimentRecord, one: Combination) -> CombinationOut:
    means = {name: _mean_out(getattr(one, name)) for name in ("train_loss", "val_loss", "val_error")}
    return CombinationOut(
        values=dict(zip(experiment.vary, one.values, strict=True)), runs=[run.id for run in one.runs],
        finished=one.finished, failed=one.failed, diverged=one.diverged, best=one.best, **means,
    )  # fmt: skip


def _mean_out(mean: Mean | None) -> MeanOut | None:
    return MeanOut(mean=mean.mean, std=mean.std, count=mean.count) if mean else None
