"""What the fields of a RunSpec are made of: their limits, and the kinds of value that pydantic has no name for."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_PARAMETERS = 20_000_000  # 80 MB of float32 weights; the paper's largest net has 7.1 million
MAX_STEPS = 5_000_000
MAX_SNAPSHOTS = 2_000
MAX_LAYER_SNAPSHOTS = 8_000  # snapshots x layers: about 40 MB when a run is read whole
MAX_WIDTH = 4_096
MAX_DEPTH = 50


def wrong(problem: str, fix: str) -> PydanticCustomError:
    """An error that says what is wrong and a value that works."""
    return PydanticCustomError("spec", "{problem}", {"problem": problem, "fix": fix})


def one_of(table: Mapping[str, Any]) -> Any:
    """A name out of a table of the catalog; the OpenAPI document lists the names."""

    def check(name: Any) -> Any:
        if not isinstance(name, str) or name not in table:
            raise wrong(f"{str(name)[:40]!r} is not one of the choices", "choose one of " + ", ".join(table))
        return name

    return Annotated[str, BeforeValidator(check), WithJsonSchema({"type": "string", "enum": list(table)})]


def _not_built(value: Any) -> None:
    if value not in (None, 0):
        raise wrong("this setting is not built yet, so the run would ignore it", "leave it out")


NotBuilt = Annotated[Any, AfterValidator(_not_built), WithJsonSchema({"type": "null"})]
