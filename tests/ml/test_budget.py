"""How much work a run is, and what is proposed where it is too much."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from app.presets import PRESETS
from app.settings import Settings
from ml.budget import power, too_much, work
from ml.labs import LABS
from ml.patients import PATIENTS
from ml.spec import RunSpec

DIGITS = RunSpec(hidden=(30, 20), batch_size=32, epochs=10)  # 64 inputs, 1,197 examples: 38 batches
PARAMETERS = (64 * 30 + 30) + (30 * 20 + 20) + (20 * 10 + 10)


def with_proposal(spec: RunSpec, limit: float) -> RunSpec:
    """The spec with the value that is proposed for it."""
    problem = too_much(spec, limit, "RUN_WORK")
    assert problem
    value: Any = problem.fix.split("at most ")[-1].split("for example ")[-1].replace(",", " ").split()
    numbers = tuple(map(int, value))
    return RunSpec.model_validate({
        **spec.model_dump(), problem.field: numbers if problem.field in ("hidden", "channels") else numbers[0]
    })  # fmt: skip


def test_work_is_parameters_times_batch_times_steps() -> None:
    assert work(DIGITS) == PARAMETERS * 32 * 380
    assert work(DIGITS.model_copy(update={"steps_per_epoch": 5})) == PARAMETERS * 32 * 50


def test_a_run_that_trains_nothing_is_no_work() -> None:
    assert work(RunSpec(epochs=0)) == 0
    assert too_much(RunSpec(epochs=0), 1, "RUN_WORK") is None


def test_the_weights_of_a_convolution_count_at_every_position() -> None:
    spec = RunSpec(architecture="cnn", channels=(4,), hidden=(), batch_size=1, epochs=1, steps_per_epoch=1)
    convolution, output = (9 * 4 + 4) * 64, 4 * 16 * 10 + 10
    assert work(spec) == convolution + output


@pytest.mark.parametrize(
    ("limit", "changes", "field"),
    [
        (1e7, {}, "epochs"),
        (1e6, {}, "steps_per_epoch"),
        (1e6, {"epochs": 1}, "steps_per_epoch"),
        (1e6, {"epochs": 1, "steps_per_epoch": 1, "batch_size": 1000}, "hidden"),
        (1e6, {"architecture": "cnn", "hidden": (), "epochs": 1, "steps_per_epoch": 1, "batch_size": 20}, "channels"),
    ],
)
def test_the_proposal_fits_and_is_as_little_of_a_change_as_can_be(
    limit: float, changes: dict[str, Any], field: str
) -> None:
    spec = RunSpec.model_validate({**DIGITS.model_dump(), **changes})
    problem = too_much(spec, limit, "RUN_WORK")
    assert problem
    assert problem.field == field
    fitting = with_proposal(spec, limit)
    assert work(fitting) <= limit
    if field in ("epochs", "steps_per_epoch"):
        one_more = fitting.model_copy(update={field: getattr(fitting, field) + 1})
        assert work(one_more) > limit


def test_where_nothing_fits_by_itself_that_is_said() -> None:
    spec = RunSpec(batch_size=1000, epochs=100_000, steps_per_epoch=1, snapshot_every=1_000)
    problem = too_much(spec, 1e6, "RUN_WORK")
    assert problem
    assert (problem.field, problem.fix) == ("epochs", "fewer epochs and steps, and a smaller network")


def test_the_limit_is_named_with_its_value() -> None:
    problem = too_much(DIGITS, 1e6, "RUN_WORK")
    assert problem
    assert problem.message == "parameters × batch × steps are 3.4×10⁷, and RUN_WORK allows 10⁶"


@pytest.mark.parametrize(
    ("value", "said"), [(1e15, "10¹⁵"), (123, "1.2×10²"), (9.96e11, "10¹²"), (0, "0×10⁰"), (0.02, "2×10⁻²")]
)
def test_large_numbers_are_said_as_powers(value: float, said: str) -> None:
    assert power(value) == said


def of_the_product() -> Iterator[RunSpec]:
    yield RunSpec()
    yield from (arm.spec for lab in LABS.values() for arm in lab.arms.values())
    yield from (patient.spec for patient in PATIENTS)
    yield from (preset.spec for presets in PRESETS.values() for preset in presets)


def test_nothing_that_the_product_proposes_comes_near_the_default() -> None:
    assert max(map(work, of_the_product())) < Settings(_env_file=None).run_work / 100


def test_the_largest_run_that_there_can_be_is_counted_and_not_made() -> None:
    spec = RunSpec(
        dataset="shapeset", hidden=(4096, 3500), batch_size=10_000, epochs=100_000, steps_per_epoch=50,
        snapshot_every=5_000,
    )  # fmt: skip
    tracemalloc.start()
    problem, (_, peak) = too_much(spec, 1e15, "RUN_WORK"), tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem
    assert peak < spec.parameters / 100  # bytes
