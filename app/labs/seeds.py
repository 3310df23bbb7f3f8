"""The runs of a lab as its verdict reads them."""

from collections.abc import Sequence

from ml.labs import Runs
from ml.records import RunRecord


def runs_by_seed(runs: Sequence[RunRecord]) -> dict[int, Runs]:
    """In the order of the seeds, each by the names of the arms."""
    found: dict[int, dict[str, RunRecord]] = {}
    for run in sorted(runs, key=lambda run: run.spec.seed):
        if run.arm:
            found.setdefault(run.spec.seed, {})[run.arm] = run
    return dict(found)
