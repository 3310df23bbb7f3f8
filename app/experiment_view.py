"""What the page of an experiment shows: a table like Glorot & Bengio's Table 1. Pure functions over records."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from app.figures import PAGE, layer_dash
from app.figures.groups import GroupCurve, group_colour
from app.models import ACTIVE
from app.store import ErrorCurve, ExperimentRecord
from app.wording import summary
from ml.grid import told
from ml.records import Metrics, RunRecord
from ml.spec import RunSpec

SEPARATOR = " · "  # between the parts of a summary
QUANTITIES = ("train_loss", "val_loss", "val_error")


@dataclass(frozen=True)
class Mean:
    """Over `count` runs; `std` is the sample's (ddof 1), None for a single run."""

    mean: float
    std: float | None
    count: int


@dataclass(frozen=True)
class Combination:
    """The runs of one combination, which differ in their seed alone.

    `values` are those of the varied fields, `label` names them. The means are of the runs that finished with finite
    losses, None where none did. `diverged` counts those that finished without; `best` marks the least mean error.
    """

    values: tuple[Any, ...]
    label: str
    runs: tuple[RunRecord, ...]
    finished: int
    failed: int
    diverged: int
    train_loss: Mean | None
    val_loss: Mean | None
    val_error: Mean | None
    best: bool = False


@dataclass(frozen=True)
class Table:
    """Of an experiment that varies one or two fields: `cells[row][column]`; with one field there is one column, without
    a heading."""

    row_field: str
    column_field: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Combination, ...], ...]


def mean_of(values: Sequence[float]) -> Mean | None:
    """None of nothing."""
    if not values:
        return None
    std = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Mean(float(np.mean(values)), std, len(values))


def combinations(
    experiment: ExperimentRecord, runs: Sequence[RunRecord], last: Mapping[str, Metrics]
) -> list[Combination]:
    """Every combination of the experiment in its order, also one whose runs are gone; `last` holds the newest metrics
    of each run."""
    groups: dict[tuple[Any, ...], list[RunRecord]] = {values: [] for values in product(*experiment.vary.values())}
    for run in runs:
        groups.setdefault(tuple(getattr(run.spec, field) for field in experiment.vary), []).append(run)
    found = [_combination(values, tuple(group), last) for values, group in groups.items()]
    least = min((one.val_error.mean for one in found if one.val_error), default=None)
    return [_marked(one, least) for one in found] if len(found) > 1 else found


def _combination(values: tuple[Any, ...], runs: tuple[RunRecord, ...], last: Mapping[str, Metrics]) -> Combination:
    ended = [last[run.id] for run in runs if run.status == "finished" and run.id in last]
    sound = [metrics for metrics in ended if math.isfinite(metrics.train_loss) and math.isfinite(metrics.val_loss)]
    train_loss, val_loss, val_error = (mean_of([getattr(one, name) for one in sound]) for name in QUANTITIES)
    return Combination(
        values=values, label=", ".join(map(told, values)), runs=runs,
        finished=sum(run.status == "finished" for run in runs), failed=sum(run.status == "failed" for run in runs),
        diverged=len(ended) - len(sound), train_loss=train_loss, val_loss=val_loss, val_error=val_error,
    )  # fmt: skip


def _marked(one: Combination, least: float | None) -> Combination:
    return replace(one, best=one.val_error is not None and one.val_error.mean == least)


def table(experiment: ExperimentRecord, found: Sequence[Combination]) -> Table | None:
    """None where the experiment varies nothing, or more than a table has sides."""
    fields = tuple(experiment.vary)
    if not 1 <= len(fields) <= 2:
        return None
    sides = [tuple(map(told, experiment.vary[field])) for field in fields]
    rows, columns = sides[0], sides[1] if len(sides) > 1 else ("",)
    cells = tuple(tuple(found[i * len(columns) : (i + 1) * len(columns)]) for i in range(len(rows)))
    return Table(fields[0], fields[1] if len(fields) > 1 else "", rows, columns, cells)


def group_curves(found: Sequence[Combination], curves: Mapping[str, ErrorCurve]) -> list[GroupCurve]:
    """One for each combination of which a run has finished: they all have the same epochs."""
    groups = []
    for number, one in enumerate(found):
        ended = [curves[run.id] for run in one.runs if run.status == "finished" and run.id in curves]
        if ended:
            errors = np.array([curve.errors for curve in ended], dtype=np.float64)
            groups.append(GroupCurve(one.label, number, len(found), np.array(ended[0].epochs), errors))
    return groups


@dataclass(frozen=True)
class LegendEntry:
    """Which line of the figure is a combination's."""

    number: int
    label: str
    colour: str
    dashes: str


def legend(found: Sequence[Combination]) -> list[LegendEntry]:
    entries = []
    for number, one in enumerate(found):
        dash = layer_dash(number)
        dashes = "" if dash == "solid" else dash.replace("px", "")
        entries.append(LegendEntry(number + 1, one.label, group_colour(PAGE, number, len(found)), dashes))
    return entries


def in_common(base: RunSpec, runs: Sequence[RunRecord]) -> str:
    """What is the same in all runs, in one line."""
    told_of_each = [set(_parts(run.spec)) for run in runs]
    return SEPARATOR.join(part for part in _parts(base) if all(part in parts for parts in told_of_each))


def _parts(spec: RunSpec) -> list[str]:
    return summary(spec).split(SEPARATOR)


@dataclass(frozen=True)
class Progress:
    runs: int
    ended: int
    finished: int
    active: bool


def progress(runs: Sequence[RunRecord]) -> Progress:
    waiting = sum(run.status in ACTIVE for run in runs)
    return Progress(len(runs), len(runs) - waiting, sum(run.status == "finished" for run in runs), waiting > 0)
