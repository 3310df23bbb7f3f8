"""A grid of runs: a base, every combination of values of some of its fields, and several seeds of each."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pydantic import ValidationError

from ml.problems import Problem, problems
from ml.spec import RunSpec
from ml.words import Words, plural, words

MAX_RUNS = 200  # of one grid
LARGEST_SEED = 2**31 - 1
LONGEST_NAME = 120
NOT_VARIED = {
    "name": words("the runs of a grid are named by what they vary"),
    "seed": words("seeds are counted up from the seed of the form"),
    "device": words("there is only one device"),
}
VARIABLE = tuple(field for field in RunSpec.model_fields if field not in NOT_VARIED)

Values = Mapping[str, Any]
Vary = Mapping[str, Sequence[Any]]


class ImpossibleGrid(ValueError):
    """`problems` name the field, as `vary.<field>` or `seeds`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


@dataclass(frozen=True)
class GridRun:
    """One run of a grid: `varied` are its values of the fields that the grid varies, in their order."""

    spec: RunSpec
    varied: Values


@dataclass(frozen=True)
class _Tried:
    """A combination, and the run that it makes or what is wrong with it."""

    combination: Values
    spec: RunSpec | None
    problems: Sequence[Problem] = ()


def grid(base: RunSpec, vary: Vary, seeds: int = 1) -> list[GridRun]:
    """Every combination of the values, the last field's changing fastest, each with the seeds base.seed, base.seed + 1,
    ... A value is anything that RunSpec takes, None the field's default. Runs are named by what they vary.

    Raises ImpossibleGrid for fields that can't be varied, have no value or one twice, for combinations that no run can
    have, and for more than MAX_RUNS runs.
    """
    _refuse(_unfit_fields(vary))
    _refuse(_too_many(base, vary, seeds))
    tried = [_try(base, dict(zip(vary, values, strict=True))) for values in product(*vary.values())]
    _refuse(_told(base, one, problem, tried) for one in tried for problem in one.problems)
    specs = [one.spec for one in tried if one.spec]
    _refuse(_repeated(specs, vary))
    return [run for spec in specs for run in _seeded(spec, tuple(vary), seeds)]


def size(vary: Vary, seeds: int) -> int:
    """Runs in the grid."""
    return seeds * math.prod(map(len, vary.values()))


def told(value: Any) -> str:
    """A value in few letters: `300-100`, `leaky_relu / relu`, `0.1`."""
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        between = " / " if any(isinstance(part, str) for part in value) else "-"
        return between.join(map(str, value)) or "none"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _refuse(found: Iterator[Problem]) -> None:
    """The first problem of each field counts."""
    first: dict[str, Problem] = {}
    for problem in found:
        first.setdefault(problem.field, problem)
    if first:
        raise ImpossibleGrid(list(first.values()))


def _unfit_fields(vary: Vary) -> Iterator[Problem]:
    for field, values in vary.items():
        if field in NOT_VARIED:
            yield Problem(f"vary.{field}", NOT_VARIED[field], words("vary another setting"))
        elif field not in VARIABLE:
            fix = words("the settings are {names}", names=", ".join(VARIABLE))
            yield Problem(f"vary.{field}", words("there is no such setting"), fix)
        elif not values:
            yield Problem(f"vary.{field}", words("there is no value to try"), _example(field))


def _example(field: str) -> Words:
    examples = RunSpec.model_fields[field].examples
    return words("for example {value}", value=told(examples[0])) if examples else words("name at least one value")


def _too_many(base: RunSpec, vary: Vary, seeds: int) -> Iterator[Problem]:
    combinations, count = size(vary, 1), size(vary, seeds)
    too_many = words("the grid would have {count:,} runs, the limit is {limit:,}", count=count, limit=MAX_RUNS)
    if seeds < 1:
        yield Problem("seeds", words("must be at least {least}", least=1), words("for example {value}", value="3"))
    elif combinations > MAX_RUNS:
        longest = max(vary, key=lambda field: len(vary[field]))
        yield Problem(f"vary.{longest}", too_many, words("name fewer values"))
    elif count > MAX_RUNS:
        most = MAX_RUNS // combinations
        yield Problem("seeds", too_many, plural("at most {count} seed", "at most {count} seeds", count=most))
    elif (last := base.seed + seeds - 1) > LARGEST_SEED:
        beyond = words("the last seed would be {seed}, the limit is {limit}", seed=last, limit=LARGEST_SEED)
        yield Problem("seeds", beyond, words("start from a smaller seed"))


def _try(base: RunSpec, combination: Values) -> _Tried:
    try:
        return _Tried(combination, RunSpec.model_validate({**base.model_dump(), **combination}))
    except ValidationError as error:
        return _Tried(combination, None, problems(error))


def _told(base: RunSpec, failed: _Tried, found: Problem, tried: Sequence[_Tried]) -> Problem:
    """Names the one value that is wrong whatever stands beside it, else the combination."""
    combination = failed.combination
    fields = sorted(combination, key=lambda field: field != found.field)
    wrong = next((field for field in fields if _is_wrong(base, field, combination[field], tried)), None)
    named = {wrong: combination[wrong]} if wrong else combination
    settings = ", ".join(f"{field} = {told(value)}" for field, value in named.items())
    message = words("{settings}: {problem}", settings=settings, problem=found.message)
    return Problem(f"vary.{wrong or fields[0]}", message, found.fix)


def _is_wrong(base: RunSpec, field: str, value: Any, tried: Sequence[_Tried]) -> bool:
    """In every combination, and without one."""
    everywhere = all(one.problems for one in tried if one.combination[field] == value)
    return everywhere and bool(_try(base, {field: value}).problems)


def _repeated(specs: Sequence[RunSpec], vary: Vary) -> Iterator[Problem]:
    """Values that are the same once they are read, such as 0.1 and 0.10."""
    places = list(product(*(range(len(values)) for values in vary.values())))
    for index, field in enumerate(vary):
        read = {place[index]: getattr(spec, field) for place, spec in zip(places, specs, strict=True)}
        values = list(read.values())
        if repeated := [value for at, value in enumerate(values) if value in values[:at]]:
            message = words("{value} is there twice", value=told(repeated[0]))
            yield Problem(f"vary.{field}", message, words("name every value once"))


def _seeded(spec: RunSpec, fields: Sequence[str], seeds: int) -> Iterator[GridRun]:
    varied = {field: getattr(spec, field) for field in fields}
    for seed in range(spec.seed, spec.seed + seeds):
        parts = [f"{field} {told(value)}" for field, value in varied.items()] + ([f"seed {seed}"] if seeds > 1 else [])
        name = " · ".join(parts)[:LONGEST_NAME]
        yield GridRun(spec.model_copy(update={"seed": seed, "name": name or spec.name}), varied)
