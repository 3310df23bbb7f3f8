"""The fields of the form, filled with what was typed, as the page shows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.forms.tables import CHOICES, GROUPS, HEAD, LABELS, PER_LAYER, USED_BY, UsedBy, hint
from app.forms.text import default, is_number, joined, split
from app.i18n import gettext as _
from ml.problems import Problem


@dataclass(frozen=True)
class Choice:
    """`note` is what there is to know once it is chosen."""

    value: str
    text: str
    note: str = ""


@dataclass(frozen=True)
class EachLayer:
    """The field beside a choice that takes one name for each layer instead."""

    name: str
    value: str
    example: str


@dataclass(frozen=True)
class FormField:
    """What the page shows of one setting. `value` is what was typed, also where it is wrong, `default` what stands
    there at first; `used_by` tells which runs read it, None where every run does; `each_layer` is there where each
    layer may have a choice of its own."""

    name: str
    label: str
    hint: str
    value: str
    default: str
    choices: tuple[Choice, ...]
    used_by: UsedBy | None
    each_layer: EachLayer | None
    numeric: bool
    problem: Problem | None


@dataclass(frozen=True)
class Group:
    title: str
    fields: tuple[FormField, ...]


def head(values: Mapping[str, str], problems: Iterable[Problem] = ()) -> list[FormField]:
    """What stands beside the button: the name, the seed and how many seeds."""
    by_field = {problem.field: problem for problem in problems}
    return [*(_field(name, values, by_field) for name in HEAD), _seeds(values, by_field)]


def _seeds(values: Mapping[str, str], problems: Mapping[str, Problem]) -> FormField:
    return FormField(
        name="seeds", label=_("How many seeds"), hint=_("3 = this seed and the next two: mean ± std"),
        value=values.get("seeds", "1"), default="1", choices=(), used_by=None, each_layer=None, numeric=True,
        problem=problems.get("seeds"),
    )  # fmt: skip


def groups(values: Mapping[str, str], problems: Iterable[Problem] = ()) -> list[Group]:
    """The settings in their groups, filled with what was typed, else with RunSpec's defaults."""
    by_field = {problem.field: problem for problem in problems}
    values = joined(values)
    return [
        Group(_(title), tuple(_field(name, values, by_field) for name in names if name not in HEAD))
        for title, names in GROUPS.items()
    ]


def _field(name: str, values: Mapping[str, str], problems: Mapping[str, Problem]) -> FormField:
    value = values.get(name, default(name))
    several = name in PER_LAYER and len(split(value)) > 1
    each_layer = EachLayer(f"{name}_layers", value if several else "", PER_LAYER[name]) if name in PER_LAYER else None
    return FormField(
        name=name,
        label=_(LABELS[name]),
        hint=_(hint(name)),
        value=split(value)[0] if several else value,
        default=default(name),
        choices=tuple(map(_choice, CHOICES.get(name, {}).values())),
        used_by=USED_BY.get(name),
        each_layer=each_layer,
        numeric=is_number(name),
        problem=problems.get(name),
    )


def _choice(entry: Any) -> Choice:
    formula, label = _(getattr(entry, "formula", "")), _(entry.label)
    return Choice(entry.name, f"{label}: {formula}" if formula else label, _(getattr(entry, "note", "")))
