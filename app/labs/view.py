"""What the pages of a lab show besides its result: what would be trained, what to read, what to try next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import forms, wording
from app.figures.compare import MOST_RUNS
from app.i18n import gettext as _
from app.labs import panels, predictions
from app.labs.panels import Arm
from app.labs.result_view import LabResult
from app.models import Prediction
from ml import cost
from ml.grid import VARIABLE
from ml.labs import LABS, SEEDS, Lab
from ml.spec import RunSpec


@dataclass(frozen=True)
class Planned:
    """An arm before it is run: `after` is the label of the one whose layers it starts with."""

    arm: Arm
    summary: str
    after: str


@dataclass(frozen=True)
class Variation:
    """A form that is filled in with something of the lab, to be changed."""

    label: str
    query: str


def planned(lab: Lab) -> list[Planned]:
    found = []
    for arm in panels.arms(lab, ()):
        after = lab.arms[arm.name].after
        told = wording.summary(lab.arms[arm.name].spec).rpartition(" · ")[0]  # the seed is told for all of them
        found.append(Planned(arm, told, _(lab.arms[after].label) if after else ""))
    return found


def about(name: str) -> dict[str, Any]:
    """The template's variables of a lab that are the same whether it was run or not."""
    lab = LABS[name]
    seconds = len(SEEDS) * sum(cost.run_seconds(arm.spec) for arm in lab.arms.values())
    return {
        "name": name,
        "lab": lab,
        "planned": planned(lab),
        "first_seeds": SEEDS,
        "count": len(SEEDS) * len(lab.arms),
        "duration": wording.duration(seconds) if seconds < 10 else wording.duration(round(seconds, -1)),
    }


def predicted(result: LabResult, everybody: Sequence[Prediction], said: Prediction | None) -> dict[str, Any]:
    """The template's variables of the result beside what `everybody` expected of it, and this reader."""
    return {
        "result": result,
        "said": said,
        "predicted": len(everybody),
        "tallies": predictions.tallies(result.lab, everybody, said, result.verdict.outcome),
    }


def variations(result: LabResult) -> list[Variation]:
    """A run with the settings of each arm and, where the arms differ in a single setting, all of them as an
    experiment."""
    specs = [_spec(result, arm) for arm in result.arms]
    found = [Variation(arm.label, forms.query(spec)) for arm, spec in zip(result.arms, specs, strict=True)]
    field = _only_difference(specs)
    if field:
        vary = {field: [getattr(spec, field) for spec in specs]}
        base = specs[0].model_copy(update={"name": _(result.lab.title)})
        found.append(Variation(_("all of them, with other values"), forms.plan_query(base, vary, len(SEEDS))))
    return found


def _spec(result: LabResult, arm: Arm) -> RunSpec:
    """With the layers of the run that it started with, where there is one; a changed one wants another name."""
    spec = arm.runs[0].spec if arm.runs else result.lab.arms[arm.name].spec
    return spec.model_copy(update={"name": ""})


def _only_difference(specs: Sequence[RunSpec]) -> str:
    """The setting, among those that a form can vary, in which they differ; empty where there is none or several."""
    told = [spec.model_dump(exclude={"name", "seed"}) for spec in specs]
    differ = [field for field in told[0] if any(other[field] != told[0][field] for other in told)]
    return differ[0] if len(differ) == 1 and differ[0] in VARIABLE else ""


def compared(result: LabResult) -> list[str]:
    """Ids of the runs that one comparison can show: those of the seed that the charts are of."""
    of_seed = [run.id for run in result.runs if run.spec.seed == result.shown]
    return of_seed[:MOST_RUNS]
