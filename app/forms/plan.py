"""What the form asks for as a whole: one run, or an experiment of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.forms.tables import LABELS
from app.forms.text import default, encoded, parse, typed
from app.forms.vary import is_row, parse_vary, row_numbers, typed_vary
from app.i18n import gettext as _
from ml.grid import GridRun, ImpossibleGrid, grid
from ml.problems import Problem, problems
from ml.spec import RunSpec
from ml.words import words


class Wrong(ValueError):
    """The form can't be launched as it is."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


@dataclass(frozen=True)
class Plan:
    """`runs` are those of the grid; without `vary` and with one seed it is the base alone."""

    base: RunSpec
    vary: Mapping[str, Sequence[Any]]
    seeds: int
    runs: Sequence[GridRun]

    @property
    def is_experiment(self) -> bool:
        return bool(self.vary) or self.seeds > 1


def plan(values: Mapping[str, str]) -> Plan:
    """What was typed. Raises Wrong, with everything that is wrong with it."""
    vary, found = parse_vary(values)
    seeds = _seeds(values.get("seeds", ""))
    if seeds is None:
        found.append(Problem("seeds", words("must be a whole number"), words("for example {value}", value="3")))
    settings = {name: text for name, text in values.items() if name != "seeds" and not is_row(name)}
    try:
        base = RunSpec.model_validate(parse(settings))
    except ValidationError as error:
        raise Wrong([*problems(error), *found]) from None
    if found or seeds is None:
        raise Wrong(found)
    try:
        return Plan(base, vary, seeds, grid(base, vary, seeds) if vary or seeds != 1 else [GridRun(base, {})])
    except ImpossibleGrid as impossible:
        raise Wrong(impossible.problems) from None


def _seeds(text: str) -> int | None:
    try:
        return int(text.strip() or 1)
    except ValueError:
        return None


def plan_query(base: RunSpec, vary: Mapping[str, Sequence[Any]], seeds: int) -> str:
    """The query string that fills in the form with an experiment."""
    return encoded(typed(base) | typed_vary(vary) | ({"seeds": str(seeds)} if seeds > 1 else {}))


def shortened(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed, without what stands there anyway."""
    return {name: text.strip() for name, text in values.items() if text.strip() not in ("", _at_first(name))}


def _at_first(name: str) -> str:
    return {"seeds": "1"}.get(name, default(name) if name in LABELS else "")


@dataclass(frozen=True)
class Complaint:
    """A problem as the list above the form tells it: `anchor` is the id of the field, empty where it has none."""

    anchor: str
    label: str
    problem: Problem


def complaints(values: Mapping[str, str], found: Sequence[Problem]) -> list[Complaint]:
    return [_complaint(values, problem) for problem in found]


def _complaint(values: Mapping[str, str], problem: Problem) -> Complaint:
    field = problem.field.removeprefix("vary.")
    if field != problem.field:
        rows = (number for number in row_numbers(values) if values.get(f"vary{number}", "").strip() == field)
        label = _("Vary {field}", field=_(LABELS.get(field, field)))
        return Complaint(f"values{next(rows, 1)}", label, problem)
    if is_row(field):
        return Complaint(field, _("Vary"), problem)
    if field == "seeds":
        return Complaint(field, _("How many seeds"), problem)
    return Complaint(field if field in LABELS else "", _(LABELS.get(field, field)), problem)
