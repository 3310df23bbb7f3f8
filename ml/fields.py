"""What the fields of a RunSpec are made of: their limits, and the kinds of value that pydantic has no name for."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ml.words import words

MAX_PARAMETERS = 20_000_000  # 80 MB of float32 weights; the paper's largest net has 7.1 million
MAX_STEPS = 5_000_000
MAX_SNAPSHOTS = 2_000
MAX_LAYER_SNAPSHOTS = 8_000  # snapshots x layers: about 40 MB when a run is read whole
MAX_WIDTH = 4_096
MAX_DEPTH = 50
MAX_CHANNELS = 256
MAX_CONVOLUTIONS = 10
MAX_OUTPUTS = 150_000  # of all convolutions for one image: about a GB while 300 of them are looked at
MAX_PASSES = 1_000  # of Monte-Carlo dropout
NO_NUL = r"^[^\x00]*$"  # texts that every database keeps


def wrong(problem: str, fix: str) -> PydanticCustomError:
    """An error that says what is wrong and a value that works."""
    return PydanticCustomError("spec", "{problem}", {"problem": problem, "fix": fix})


def _no_choice(name: Any, table: Mapping[str, Any]) -> PydanticCustomError:
    problem = words("{name} is not one of the choices", name=repr(str(name)[:40]))
    return wrong(problem, words("choose one of {names}", names=", ".join(table)))


def is_of_numbers(annotation: Any) -> bool:
    """Whether a setting is a number, or a list of them."""
    return annotation in (int, float) or any(map(is_of_numbers, get_args(annotation)))


def one_of(table: Mapping[str, Any]) -> Any:
    """A name out of a table of the catalog; the OpenAPI document lists the names."""

    def check(name: Any) -> Any:
        if not isinstance(name, str) or name not in table:
            raise _no_choice(name, table)
        return name

    return Annotated[str, BeforeValidator(check), WithJsonSchema({"type": "string", "enum": list(table)})]


def one_or_each_of(table: Mapping[str, Any]) -> Any:
    """A name out of a table of the catalog for every hidden layer, or a list with one for each."""

    def check(value: Any) -> Any:
        names = list(value) if isinstance(value, list | tuple) else [value]
        for name in names or [""]:  # there is a hidden layer in every network
            if not isinstance(name, str) or name not in table:
                raise _no_choice(name, table)
        return value

    name = {"type": "string", "enum": list(table)}
    layers = {"type": "array", "items": name, "minItems": 1, "maxItems": MAX_DEPTH + MAX_CONVOLUTIONS}
    schema = {"anyOf": [name, layers]}
    return Annotated[str | tuple[str, ...], BeforeValidator(check), WithJsonSchema(schema)]
