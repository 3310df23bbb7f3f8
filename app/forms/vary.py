"""The rows `vary [field] over [values]` of the form: in the URL `vary1=init&values1=standard, xavier_uniform`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.forms.tables import CHOICES, GROUPS, LABELS, LISTS, PER_LAYER
from app.forms.text import as_text, parsed
from app.i18n import gettext as _
from ml.grid import VARIABLE
from ml.problems import Problem
from ml.spec import RunSpec
from ml.words import words

DEFAULT = "default"  # stands for a field that is left out
ROWS = 2  # that are shown, if not more are filled in


@dataclass(frozen=True)
class VaryOption:
    """A field that can be varied; `hint` tells what its values can be."""

    name: str
    label: str
    hint: str


@dataclass(frozen=True)
class VaryRow:
    """What the page shows of one row. `field` is empty where none is chosen; `hint` belongs to it."""

    number: int
    field: str
    values: str
    hint: str
    problem: Problem | None


def row_numbers(values: Mapping[str, str]) -> list[int]:
    """Of the rows in which something was typed, in order."""
    found = (re.fullmatch(r"(?:vary|values)([1-9])", name) for name, text in values.items() if text.strip())
    return sorted({int(match[1]) for match in found if match})


def rows(values: Mapping[str, str], problems: Iterable[Problem]) -> list[VaryRow]:
    """Those that were filled in, and at least one that is empty."""
    by_field = {problem.field: problem for problem in problems}
    filled = row_numbers(values)
    last = max(ROWS, max(filled, default=0) + 1)
    return [_row(number, values, by_field) for number in range(1, min(last, 9) + 1)]


def _row(number: int, values: Mapping[str, str], problems: Mapping[str, Problem]) -> VaryRow:
    field = values.get(f"vary{number}", "").strip()
    problem = problems.get(f"vary{number}")
    # Of a field that stands in two rows, the second has the problem of its own.
    if problem is None and field and _first_row(field, values) == number:
        problem = problems.get(f"vary.{field}")
    shown = value_hint(field) if field in VARIABLE else ""
    return VaryRow(number, field, values.get(f"values{number}", ""), shown, problem)


def _first_row(field: str, values: Mapping[str, str]) -> int:
    return next(number for number in row_numbers(values) if values.get(f"vary{number}", "").strip() == field)


def options() -> list[tuple[str, list[VaryOption]]]:
    """Every field that can be varied, in the form's groups."""
    return [(_(title), [_option(name) for name in names if name in VARIABLE]) for title, names in GROUPS.items()]


def _option(name: str) -> VaryOption:
    return VaryOption(name, _(LABELS[name]), value_hint(name))


def value_hint(name: str) -> str:
    """What the values of a field can be."""
    choices = "no, yes" if name == "transfer_freeze" else ", ".join(CHOICES.get(name, ()))
    if name in PER_LAYER:
        return _("Out of {choices}. One for each layer: with ; between the lists.", choices=choices)
    if choices:
        return _("Out of {choices}.", choices=choices)
    if name in LISTS:
        return _("Lists with ; between them, for example {example}.", example=_LISTS[name])
    info = RunSpec.model_fields[name]
    if not info.examples:
        return _("Ids of runs with commas between them.")
    numbers = _("Numbers with commas between them, for example {example}.", example=as_text(info.examples[0]))
    return numbers if info.default is not None else numbers + " " + _("The word default leaves it empty.")


_LISTS = {"hidden": "100; 100, 100; 300, 100", "channels": "8, 16; 16, 32", "classes": "0, 1; 0, 1, 2, 3"}


def parse_vary(values: Mapping[str, str]) -> tuple[dict[str, list[Any]], list[Problem]]:
    """The values to try of each field, and what is wrong with the rows themselves."""
    vary: dict[str, list[Any]] = {}
    wrong: list[Problem] = []
    for number in row_numbers(values):
        field, text = (values.get(f"{part}{number}", "").strip() for part in ("vary", "values"))
        if not field:
            fix = words("choose one, or empty the values")
            wrong.append(Problem(f"vary{number}", words("no setting is chosen"), fix))
        elif field in vary:
            wrong.append(Problem(f"vary{number}", words("is varied above already"), words("put all values in one row")))
        else:
            vary[field] = list(_values(field, text))
    return vary, wrong


def _values(field: str, text: str) -> Iterator[Any]:
    lists = field in LISTS or (field in PER_LAYER and ";" in text)
    for part in re.split(";" if lists else r"[\s,;]+", text):
        if part.strip():
            yield None if part.strip() == DEFAULT else parsed(field, part.strip())


def typed_vary(vary: Mapping[str, Sequence[Any]]) -> dict[str, str]:
    """The rows as one types them."""
    typed: dict[str, str] = {}
    for number, (field, values) in enumerate(vary.items(), 1):
        lists = field in LISTS or any(isinstance(value, tuple) for value in values)
        text = ("; " if lists else ", ").join(map(_as_text, values))
        typed |= {f"vary{number}": field, f"values{number}": text + (";" if lists and len(values) == 1 else "")}
    return typed


def _as_text(value: Any) -> str:
    if value is None:
        return DEFAULT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def is_row(name: str) -> bool:
    """Whether a field of the form belongs to the rows."""
    return re.fullmatch(r"(?:vary|values)[1-9]", name) is not None
