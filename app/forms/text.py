"""Settings as one types them, and as they stand in the URL of the form."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from app.forms.tables import CHOICES, LABELS, LISTS, PER_LAYER
from ml.records import RunRecord
from ml.spec import RunSpec


def as_text(value: Any) -> str:
    """A setting as one types it: `300, 100`, `0.001`, nothing for null."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None or value is False else str(value)


def default(name: str) -> str:
    return as_text(RunSpec.model_fields[name].default)


def split(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,;·\[\]]+", text) if part]


def joined(values: Mapping[str, str]) -> dict[str, str]:
    """What was typed, with what stands in a field for each layer put in the place of the choice beside it."""
    each = {name: values.get(f"{name}_layers", "").strip() for name in PER_LAYER}
    rest = {name: value for name, value in values.items() if name.removesuffix("_layers") not in PER_LAYER}
    return rest | {name: text or values[name] for name, text in each.items() if text or name in values}


def parse(values: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as RunSpec takes it: empty fields left out, lists split. RunSpec does the rest."""
    typed = {name: value.strip() for name, value in joined(values).items() if value.strip()}
    return {name: parsed(name, value) for name, value in typed.items()}


def parsed(name: str, value: str) -> str | list[str]:
    """What was typed into one field, as RunSpec takes it."""
    parts = split(value)
    if name in LISTS or (name in PER_LAYER and len(parts) > 1):
        return parts
    return _with_point(value) if is_number(name) else value


def whole_number(text: str) -> int | None:
    """Of at most nine digits; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def is_number(name: str) -> bool:
    """Whether one types a single number there."""
    return name not in CHOICES and name not in (*LISTS, "name", "transfer_from")


def _with_point(text: str) -> str:
    """A number that was typed with a decimal comma, as Python reads it; 1,000 might mean a thousand and is left."""
    has_comma = re.fullmatch(r"[+-]?\d*,\d+(e[+-]?\d+)?", text, re.IGNORECASE)
    is_ambiguous = re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text)
    return text.replace(",", ".") if has_comma and not is_ambiguous else text


def typed(spec: RunSpec) -> dict[str, str]:
    """The settings that differ from the defaults, as one types them: the shortest form and URL of this run."""
    changed = {name: getattr(spec, name) for name in LABELS}
    return {name: as_text(value) for name, value in changed.items() if value != RunSpec.model_fields[name].default}


def query(spec: RunSpec) -> str:
    """The query string that fills in the form with this spec."""
    return encoded(typed(spec))


def encoded(values: Mapping[str, str]) -> str:
    """As a query string that people can read: `hidden=300,100`."""
    lists = {name: re.sub(r"([,;])\s+", r"\1", text) for name, text in values.items() if name != "name"}
    return urlencode({**values, **lists}, safe=",;")


def spaced(values: Mapping[str, str]) -> dict[str, str]:
    """Out of a query string, with its lists as one types them: `300, 100`."""
    as_it_is = {name for name in values if name == "name" or (name in LABELS and is_number(name))}
    return {n: text if n in as_it_is else re.sub(r"([,;])(?=\S)", r"\1 ", text) for n, text in values.items()}


def successor_query(run: RunRecord) -> str:
    """The query string that fills in the form with a run that starts with all hidden layers of this one."""
    rest = {name: text for name, text in typed(run.spec).items() if name != "name" and not name.startswith("transfer_")}
    return encoded(rest | {"transfer_from": run.id})
