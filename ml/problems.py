"""What is wrong with a RunSpec, in sentences that name the field, the bounds and a value that works."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ml.fields import MAX_CHANNELS, MAX_CONVOLUTIONS, MAX_DEPTH, MAX_WIDTH
from ml.spec import RunSpec


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, and what would be right."""

    field: str
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}; {self.fix}"


def problems(error: ValidationError) -> list[Problem]:
    """One problem for each field that pydantic found fault with."""
    return explain(error.errors())


def explain(errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Turn pydantic's errors into sentences that name the field, the bounds and a value that works."""
    found: dict[str, Problem] = {}
    for details in errors:
        field = str(details["loc"][0]) if details["loc"] else "spec"
        found.setdefault(field, Problem(field, *_explain(field, details)))
    return list(found.values())


def _explain(field: str, details: ErrorDetails) -> tuple[str, str]:
    context = details.get("ctx", {})
    if details["type"] == "spec":
        return context["problem"], context["fix"]
    if details["type"] == "extra_forbidden":
        return "there is no such setting", "the settings are " + ", ".join(RunSpec.model_fields)
    if details["type"] == "literal_error":
        return "not available in this version", f"choose {context['expected']}"
    return f"{_must_be(field, details['msg'])} (got {_short(details['input'])})", _example(field)


def _must_be(field: str, message: str) -> str:
    """Both bounds of a number, where pydantic names only the one that was broken; else pydantic's own words."""
    if field == "hidden":
        return f"must be a list of 1 to {MAX_DEPTH} layers of 1 to {MAX_WIDTH} units each"
    if field == "channels":
        return f"must be a list of 1 to {MAX_CONVOLUTIONS} convolutions of 1 to {MAX_CHANNELS} channels each"
    info = RunSpec.model_fields.get(field)
    bounds = [bound for rule in (info.metadata if info else []) if (bound := _bound(rule))]
    return f"must be {' and '.join(bounds)}" if bounds else message[:1].lower() + message[1:]


def _bound(rule: Any) -> str:
    names = {"gt": "greater than", "ge": "at least", "lt": "less than", "le": "at most"}
    return next((f"{words} {getattr(rule, name):.10g}" for name, words in names.items() if hasattr(rule, name)), "")


def _example(field: str) -> str:
    info = RunSpec.model_fields.get(field)
    return f"for example {info.examples[0]}" if info and info.examples else "leave it out for the default"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
