"""The form of a RunSpec: flat fields in groups, the same as the URL of the form and the body of the API.

Choices, labels and formulas come from the catalog, hints and bounds from RunSpec; what is here is the order and the
words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ml.catalog import ACTIVATIONS, DATASETS, INITIALISERS, OPTIMIZERS, SCALINGS
from ml.problems import Problem
from ml.spec import RunSpec

LABELS = {
    "name": "Name",
    "dataset": "Data set",
    "classes": "Classes",
    "train_size": "Training examples",
    "scaling": "Input scaling",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "alpha": "α",
    "init": "Initialisation",
    "init_std": "Standard deviation",
    "bias_init": "Biases",
    "dropout": "Dropout",
    "optimizer": "Optimizer",
    "lr": "Learning rate η",
    "momentum": "β, β₁",
    "beta2": "β₂",
    "eps": "ε",
    "batch_size": "Batch size",
    "epochs": "Epochs",
    "steps_per_epoch": "Steps per epoch",
    "snapshot_every": "Steps between snapshots",
    "monitor_size": "Monitoring examples",
    "bins": "Histogram bins",
    "seed": "Seed",
}

GROUPS = {
    "Data": ("dataset", "scaling", "classes", "train_size"),
    "Network": ("hidden", "activation", "alpha"),
    "Initialisation": ("init", "init_std", "bias_init"),
    "Regularisation": ("dropout",),
    "Optimisation": (
        "optimizer", "lr", "momentum", "beta2", "eps", "batch_size", "epochs", "steps_per_epoch",
    ),
    "Measuring": ("snapshot_every", "monitor_size", "bins", "seed"),
}  # fmt: skip

CHOICES: dict[str, Mapping[str, Any]] = {
    "dataset": DATASETS,
    "scaling": SCALINGS,
    "activation": ACTIVATIONS,
    "init": INITIALISERS,
    "optimizer": OPTIMIZERS,
}

# A field that only some choices of another field use: (that field, those choices).
USED_BY = {
    "alpha": ("activation", tuple(a.name for a in ACTIVATIONS.values() if a.alpha is not None)),
    "init_std": ("init", ("normal",)),
    **{
        constant: ("optimizer", tuple(o.name for o in OPTIMIZERS.values() if constant in o.defaults))
        for constant in ("momentum", "beta2", "eps")
    },
}

_LISTS = ("hidden", "classes")


@dataclass(frozen=True)
class Choice:
    value: str
    text: str


@dataclass(frozen=True)
class FormField:
    """What the page shows of one setting. `value` is what was typed, also where it is wrong; `used_by` names the
    field and the choices of it that read this one, None where every run does."""

    name: str
    label: str
    hint: str
    value: str
    choices: tuple[Choice, ...]
    used_by: tuple[str, tuple[str, ...]] | None
    numeric: bool
    problem: Problem | None


@dataclass(frozen=True)
class Group:
    title: str
    fields: tuple[FormField, ...]


def name_field(values: Mapping[str, str], problems: Iterable[Problem] = ()) -> FormField:
    return _field("name", values, {problem.field: problem for problem in problems})


def groups(values: Mapping[str, str], problems: Iterable[Problem] = ()) -> list[Group]:
    """The whole form but for the name, filled with what was typed, else with RunSpec's defaults."""
    by_field = {problem.field: problem for problem in problems}
    return [Group(title, tuple(_field(name, values, by_field) for name in names)) for title, names in GROUPS.items()]


def _field(name: str, values: Mapping[str, str], problems: Mapping[str, Problem]) -> FormField:
    return FormField(
        name=name,
        label=LABELS[name],
        hint=_hint(name),
        value=values.get(name, _default(name)),
        choices=tuple(Choice(entry.name, _choice_text(entry)) for entry in CHOICES.get(name, {}).values()),
        used_by=USED_BY.get(name),
        numeric=name not in CHOICES and name not in (*_LISTS, "name"),
        problem=problems.get(name),
    )


def _hint(name: str) -> str:
    hint = RunSpec.model_fields[name].description or ""
    if name == "hidden":
        return f"{hint}, for example 300, 100"
    return "" if hint == LABELS[name] else hint.removeprefix(f"{LABELS[name]}; ")


def _choice_text(entry: Any) -> str:
    formula = getattr(entry, "formula", "")
    return f"{entry.label}: {formula}" if formula else entry.label


def _default(name: str) -> str:
    return as_text(RunSpec.model_fields[name].default)


def as_text(value: Any) -> str:
    """A setting as one types it: `300, 100`, `0.001`, nothing for null."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)


def parse(values: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as RunSpec takes it: empty fields left out, lists split. RunSpec does the rest."""
    typed = {name: value.strip() for name, value in values.items() if value.strip()}
    return {name: _split(value) if name in _LISTS else value for name, value in typed.items()}


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;·\[\]]+", text) if part]


def typed(spec: RunSpec) -> dict[str, str]:
    """The settings that differ from the defaults, as one types them: the shortest form and URL of this run."""
    changed = {name: getattr(spec, name) for name in LABELS}
    return {name: as_text(value) for name, value in changed.items() if value != RunSpec.model_fields[name].default}


def query(spec: RunSpec) -> str:
    """The query string that fills in the form with this spec."""
    return urlencode(typed(spec))
