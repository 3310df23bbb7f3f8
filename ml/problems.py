"""What is wrong with a RunSpec, in sentences that name the field, the bounds and a value that works."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ml.fields import MAX_CHANNELS, MAX_CONVOLUTIONS, MAX_DEPTH, MAX_WIDTH
from ml.spec import RunSpec
from ml.words import Words, all_of, any_of, plural, words

WHOLE = "spec"  # stands for the field where the whole is wrong


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field, and what would be right: each a Words, for those who read another language."""

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
        field = str(details["loc"][0]) if details["loc"] else WHOLE
        found.setdefault(field, Problem(field, *_explain(field, details)))
    return list(found.values())


def _explain(field: str, details: ErrorDetails) -> tuple[str, str]:
    context = details.get("ctx", {})
    match details["type"]:
        case "spec":
            return context["problem"], context["fix"]
        case "extra_forbidden":
            return words("there is no such setting"), words(
                "the settings are {names}", names=", ".join(RunSpec.model_fields)
            )
        case "literal_error":
            choices = re.findall("'[^']*'", context["expected"])
            return words("not available in this version"), words("choose {choices}", choices=any_of(choices))
        case "missing":
            return words("is missing"), _example(field)
    problem = _must_be(field, details["type"], context)
    return words("{problem} (got {value})", problem=problem, value=_short(details["input"])), _example(field)


def _must_be(field: str, kind: str, context: Mapping[str, Any]) -> Words:
    """Both bounds of a number, where pydantic names only the one that was broken."""
    if field in _LISTS:
        return _LISTS[field]
    info = RunSpec.model_fields.get(field)
    ours = {
        name: getattr(rule, name) for rule in (info.metadata if info else []) for name in _LIMITS if hasattr(rule, name)
    }
    bounds = list(_bounds({**context, **ours}))
    return words("must be {bounds}", bounds=all_of(bounds)) if bounds else _kind(kind, context)


_LISTS = {
    "hidden": words(
        "must be a list of 1 to {depth} layers of 1 to {width} units each", depth=MAX_DEPTH, width=MAX_WIDTH
    ),
    "channels": words(
        "must be a list of 1 to {depth} convolutions of 1 to {width} channels each",
        depth=MAX_CONVOLUTIONS, width=MAX_CHANNELS,
    ),
    "classes": words("must be a list of labels"),
}  # fmt: skip

_LIMITS = ("gt", "ge", "lt", "le")


def _bounds(limits: Mapping[str, Any]) -> Iterator[Words]:
    """What an annotation, or pydantic's account of the rule that was broken, says of a number."""
    if "gt" in limits:
        yield words("greater than {bound:.10g}", bound=limits["gt"])
    if "ge" in limits:
        yield words("at least {bound:.10g}", bound=limits["ge"])
    if "lt" in limits:
        yield words("less than {bound:.10g}", bound=limits["lt"])
    if "le" in limits:
        yield words("at most {bound:.10g}", bound=limits["le"])


def _kind(kind: str, context: Mapping[str, Any]) -> Words:
    """In words of our own what pydantic says in English only."""
    match kind.split("_"):
        case ["int", *_]:
            return words("must be a whole number")
        case ["float" | "finite", *_]:
            return words("must be a number")
        case ["bool", *_]:
            return words("must be true or false")
        case ["string", "too", "long"]:
            return plural(
                "must have at most {count} character", "must have at most {count} characters",
                count=context["max_length"],
            )  # fmt: skip
        case ["string", "too", "short"]:
            return plural(
                "must have at least {count} character", "must have at least {count} characters",
                count=context["min_length"],
            )  # fmt: skip
        case ["string", *_]:
            return words("must be text")
        case ["list" | "tuple", *_]:
            return words("must be a list")
        case ["model" | "dict", *_]:
            return words("must be a JSON object")
        case _:
            return words("can't be used here")


def _example(field: str) -> Words:
    info = RunSpec.model_fields.get(field)
    if info and info.examples:
        example = info.examples[0]
        return words("for example {value}", value=example if isinstance(example, int | float) else str(example))
    if field == WHOLE:
        return words("send a JSON object with the settings of a run, for example {value}", value='{"lr": 0.001}')
    return words("leave it out for the default")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
