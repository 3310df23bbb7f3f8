"""The form of a RunSpec: flat fields in groups, the same as the URL of the form and the body of the API.

Choices, labels and formulas come from the catalog, hints and bounds from RunSpec; what is here is the order and the
words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ml.catalog import (
    ACTIVATIONS,
    ARCHITECTURES,
    BATCH_NORMS,
    CLIPS,
    DATASETS,
    INITIALISERS,
    LOSSES,
    OPTIMIZERS,
    SCALINGS,
    Option,
)
from ml.problems import Problem
from ml.records import RunRecord
from ml.spec import RunSpec

LABELS = {
    "name": "Name",
    "dataset": "Data set",
    "classes": "Classes",
    "train_size": "Training examples",
    "scaling": "Input scaling",
    "architecture": "Architecture",
    "channels": "Convolutions",
    "hidden": "Hidden layers",
    "activation": "Activation",
    "alpha": "α",
    "pieces": "Pieces",
    "init": "Initialisation",
    "init_std": "Standard deviation",
    "bias_init": "Biases",
    "transfer_from": "Layers from run",
    "transfer_layers": "Layers to take",
    "transfer_freeze": "Freeze them",
    "batch_norm": "Batch normalisation",
    "dropout": "Dropout",
    "input_dropout": "Input dropout",
    "max_norm": "Max-norm c",
    "weight_decay": "Weight decay λ",
    "mc_passes": "Monte-Carlo passes",
    "loss": "Loss",
    "optimizer": "Optimizer",
    "lr": "Learning rate η",
    "momentum": "β, β₁",
    "beta2": "β₂",
    "rho": "ρ",
    "eps": "ε",
    "clip": "Gradient clipping",
    "clip_at": "Clip at c",
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
    "Network": ("architecture", "channels", "hidden", "activation", "alpha", "pieces", "batch_norm"),
    "Initialisation": (
        "init", "init_std", "bias_init", "transfer_from", "transfer_layers", "transfer_freeze",
    ),
    "Regularisation": ("dropout", "input_dropout", "max_norm", "weight_decay", "mc_passes"),
    "Optimisation": (
        "loss", "optimizer", "lr", "momentum", "beta2", "rho", "eps", "clip", "clip_at", "batch_size", "epochs",
        "steps_per_epoch",
    ),
    "Measuring": ("snapshot_every", "monitor_size", "bins", "seed"),
}  # fmt: skip

_FREEZE = {"": Option("", "no", "train them further"), "True": Option("True", "yes", "they stay as they are")}

CHOICES: dict[str, Mapping[str, Any]] = {
    "dataset": DATASETS,
    "scaling": SCALINGS,
    "architecture": ARCHITECTURES,
    "activation": ACTIVATIONS,
    "batch_norm": BATCH_NORMS,
    "init": INITIALISERS,
    "transfer_freeze": _FREEZE,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "clip": CLIPS,
}


@dataclass(frozen=True)
class UsedBy:
    """The fields that decide whether another one is read: where one of them has one of `values`, or, without values,
    where one is filled in with anything but 0."""

    fields: tuple[str, ...]
    values: tuple[str, ...] = ()

    def reads(self, spec: RunSpec) -> bool:
        settings = (getattr(spec, field) for field in self.fields)
        found = [value for setting in settings for value in (setting if isinstance(setting, tuple) else (setting,))]
        return any(value in self.values for value in found) if self.values else any(found)


USED_BY = {
    "channels": UsedBy(("architecture",), ("cnn",)),
    "alpha": UsedBy(("activation",), tuple(a.name for a in ACTIVATIONS.values() if a.alpha is not None)),
    "pieces": UsedBy(("activation",), ("maxout",)),
    "init_std": UsedBy(("init",), ("normal",)),
    "transfer_layers": UsedBy(("transfer_from",)),
    "transfer_freeze": UsedBy(("transfer_from",)),
    "mc_passes": UsedBy(("dropout", "input_dropout")),
    "clip_at": UsedBy(("clip",), ("norm", "value")),
    **{
        constant: UsedBy(("optimizer",), tuple(o.name for o in OPTIMIZERS.values() if constant in o.defaults))
        for constant in ("momentum", "beta2", "rho", "eps")
    },
}

_LISTS = ("hidden", "classes", "channels")
# One name for every layer, or several: one for each, which the form takes in a field of their own, named
# `activation_layers`, and shows an example of.
PER_LAYER = {"activation": "leaky_relu, relu", "init": "kaiming_normal, xavier_normal"}


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
    """What the page shows of one setting. `value` is what was typed, also where it is wrong; `used_by` tells which runs
    read it, None where every run does; `each_layer` is there where each layer may have a choice of its own."""

    name: str
    label: str
    hint: str
    value: str
    choices: tuple[Choice, ...]
    used_by: UsedBy | None
    each_layer: EachLayer | None
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
    values = joined(values)
    return [Group(title, tuple(_field(name, values, by_field) for name in names)) for title, names in GROUPS.items()]


def _field(name: str, values: Mapping[str, str], problems: Mapping[str, Problem]) -> FormField:
    value = values.get(name, _default(name))
    several = name in PER_LAYER and len(_split(value)) > 1
    return FormField(
        name=name,
        label=LABELS[name],
        hint=_hint(name),
        value=_split(value)[0] if several else value,
        choices=tuple(map(_choice, CHOICES.get(name, {}).values())),
        used_by=USED_BY.get(name),
        each_layer=EachLayer(f"{name}_layers", value if several else "", PER_LAYER[name])
        if name in PER_LAYER
        else None,
        numeric=_is_number(name),
        problem=problems.get(name),
    )


def _hint(name: str) -> str:
    """RunSpec's description, without what the form says otherwise."""
    hint = RunSpec.model_fields[name].description or ""
    if name == "hidden":
        return f"{hint}, for example 300, 100"
    if name in CHOICES:
        hint = hint.split("; empty")[0].replace(", or one for each hidden layer", "")
    return "" if hint == LABELS[name] else hint.removeprefix(f"{LABELS[name]}; ")


def _choice(entry: Any) -> Choice:
    formula = getattr(entry, "formula", "")
    return Choice(entry.name, f"{entry.label}: {formula}" if formula else entry.label, getattr(entry, "note", ""))


def _default(name: str) -> str:
    return as_text(RunSpec.model_fields[name].default)


def as_text(value: Any) -> str:
    """A setting as one types it: `300, 100`, `0.001`, nothing for null."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None or value is False else str(value)


def joined(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed, with what stands in a field for each layer put in the place of the choice beside it."""
    each = {name: values.get(f"{name}_layers", "").strip() for name in PER_LAYER}
    rest = {name: value for name, value in values.items() if name.removesuffix("_layers") not in PER_LAYER}
    return rest | {name: text or values[name] for name, text in each.items() if text or name in values}


def parse(values: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as RunSpec takes it: empty fields left out, lists split. RunSpec does the rest."""
    typed = {name: value.strip() for name, value in joined(values).items() if value.strip()}
    return {name: _parsed(name, value) for name, value in typed.items()}


def _parsed(name: str, value: str) -> str | list[str]:
    parts = _split(value)
    if name in _LISTS or (name in PER_LAYER and len(parts) > 1):
        return parts
    return _with_point(value) if _is_number(name) else value


def _is_number(name: str) -> bool:
    return name not in CHOICES and name not in (*_LISTS, "name", "transfer_from")


def _with_point(text: str) -> str:
    """A number that was typed with a decimal comma, as Python reads it; 1,000 might mean a thousand and is left."""
    has_comma = re.fullmatch(r"[+-]?\d*,\d+(e[+-]?\d+)?", text, re.IGNORECASE)
    is_ambiguous = re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text)
    return text.replace(",", ".") if has_comma and not is_ambiguous else text


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;·\[\]]+", text) if part]


def typed(spec: RunSpec) -> dict[str, str]:
    """The settings that differ from the defaults, as one types them: the shortest form and URL of this run."""
    changed = {name: getattr(spec, name) for name in LABELS}
    return {name: as_text(value) for name, value in changed.items() if value != RunSpec.model_fields[name].default}


def query(spec: RunSpec) -> str:
    """The query string that fills in the form with this spec."""
    return urlencode(typed(spec))


def successor_query(run: RunRecord) -> str:
    """The query string that fills in the form with a run that starts with all hidden layers of this one."""
    rest = {name: text for name, text in typed(run.spec).items() if name != "name" and not name.startswith("transfer_")}
    return urlencode(rest | {"transfer_from": run.id})
