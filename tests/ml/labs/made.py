"""Made-up runs of a lab's arms."""

from typing import Any

from ml.labs import LABS
from ml.records import RunRecord
from tests.records import make_run, with_numbers


def made(name: str, arm: str, snapshots: int = 1, **numbers: Any) -> RunRecord:
    """A finished run of this arm, one snapshot every ten steps, with these numbers (as with_numbers takes them)."""
    spec = LABS[name].arms[arm].spec.model_dump(exclude_none=True)
    return with_numbers(make_run(snapshots, **spec), **numbers)


def stds(signal: str, values: Any) -> dict[tuple[str, str], Any]:
    """Statistics for `made`."""
    return {(signal, "std"): values}
