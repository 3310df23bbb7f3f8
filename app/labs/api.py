"""The JSON routes of labs."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app import store
from app.answers import LAUNCH, Detail, RunOut, run_out
from app.answers.shapes import Number
from app.db import SessionDep
from app.experiments_api import ExperimentOut, NewExperiment, described
from app.i18n import gettext as _
from app.i18n import is_number
from app.labs import index, joining
from app.labs.pages import find, find_lab, load_runs
from app.labs.seeds import runs_by_seed
from ml.labs import LABS, Expected, Lab, Reading, Verdict, judge
from ml.labs.verdict import WORDS, Word
from ml.spec import RunSpec

router = APIRouter(prefix="/api/labs", tags=["api"], responses={400: {"model": Detail}, 413: {"model": Detail}})
NO_LAB: dict[int | str, dict[str, Any]] = {404: {"model": Detail}}


class LabOut(BaseModel):
    """A claim that can be tried, in the language of the request."""

    name: str
    url: str = Field(description="Its page")
    title: str
    question: str
    claim: str
    topic: str = Field(description="The lecture's slide")
    paper: str
    learn: str = Field(description="The page that explains it")
    newest: str | None = Field(description="Page of the runs of it that were launched last")


class ArmOut(BaseModel):
    label: str
    after: str = Field(description="The arm whose layers it starts with, if there is one")
    spec: RunSpec


class MeasureOut(BaseModel):
    """A number that follows from the runs of one seed. What the claim says of it lies between the two bounds."""

    label: str
    formula: str
    unit: Literal["", "share", "points", "steps", "times"]
    above: Number
    below: Number


class WholeLab(LabOut):
    choices: list[str] = Field(description="What may be predicted of the first measure")
    arms: dict[str, ArmOut]
    measures: list[MeasureOut]


class ReadingOut(MeasureOut):
    values: list[Number] = Field(description="One for each seed; null where it can't be told, or never came")
    holds: list[bool]


class LabVerdictOut(BaseModel):
    """`word` is undecided while no seed has finished all of its runs."""

    word: Word = Field(description=", ".join(WORDS))
    why: str
    seeds: list[int] = Field(description="Those whose runs have all finished")
    readings: list[ReadingOut]
    outcome: int | None = Field(description="Which of the lab's choices came true")


class LabResultOut(BaseModel):
    experiment: ExperimentOut
    verdict: LabVerdictOut
    runs: list[RunOut]


@router.get("", response_model=list[LabOut])
def list_labs(session: SessionDep) -> list[LabOut]:
    """All of them, in the order of the lecture, then of the paper."""
    standings = index.standings(session)
    return [LabOut(**_head(name, lab, standings.get(name))) for name, lab in LABS.items()]


@router.get("/{name}", response_model=WholeLab, responses=NO_LAB)
def read_lab(name: str, session: SessionDep) -> WholeLab:
    """What it asks, trains and measures."""
    lab = find_lab(name)
    arms = {key: ArmOut(label=_(arm.label), after=arm.after, spec=arm.spec) for key, arm in lab.arms.items()}
    measures = [MeasureOut(**_measure(Reading(one, ()))) for one in lab.measures]
    choices = [_(choice.text) for choice in lab.choices]
    head = _head(name, lab, index.standings(session).get(name))
    return WholeLab(**head, choices=choices, arms=arms, measures=measures)


@router.post("/{name}", status_code=201, response_model=NewExperiment, responses={**NO_LAB, **LAUNCH})
def launch(request: Request, name: str, session: SessionDep) -> NewExperiment:
    """The runs of it that are there already or, without any, new ones."""
    find_lab(name)
    experiment = joining.join_or_launch(session, request.app.state.queue, name)
    runs = store.experiment_runs(session, experiment.id)
    return NewExperiment(**described(session, experiment), runs=list(map(run_out, runs)))


@router.get("/{name}/{experiment_id}", response_model=LabResultOut, responses=NO_LAB)
def read_result(request: Request, name: str, experiment_id: str, session: SessionDep) -> LabResultOut:
    """The verdict on the runs of one experiment, with its numbers."""
    experiment = find(session, name, experiment_id)
    runs = load_runs(request, session, experiment)
    verdict = judge(LABS[name], runs_by_seed(runs))
    described_as = ExperimentOut(**described(session, experiment))
    return LabResultOut(experiment=described_as, verdict=_verdict(verdict), runs=list(map(run_out, runs)))


def _head(name: str, lab: Lab, standing: index.Standing | None) -> dict[str, Any]:
    told = {field: _(getattr(lab, field)) for field in ("title", "question", "claim", "topic", "paper")}
    newest = standing.address if standing else None
    return {"name": name, "url": f"/labs/{name}", "learn": f"/learn/{lab.learn}", "newest": newest, **told}


def _measure(reading: Reading) -> dict[str, Any]:
    measure = reading.measure
    bounds = {name: _finite(getattr(measure.expected, name)) for name in Expected._fields}
    return {"label": _(measure.label), "formula": measure.formula, "unit": measure.unit, **bounds}


def _finite(value: float) -> float | None:
    return value if is_number(value) else None


def _verdict(verdict: Verdict) -> LabVerdictOut:
    readings = [
        ReadingOut(**_measure(one), values=list(map(_finite, one.values)), holds=list(one.holds))
        for one in verdict.readings
    ]
    return LabVerdictOut(
        word=verdict.word, why=_(verdict.why), seeds=list(verdict.seeds), readings=readings, outcome=verdict.outcome
    )
