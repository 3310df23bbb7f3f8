import itertools
from typing import Any

import pytest

from ml.grid import LARGEST_SEED, MAX_RUNS, VARIABLE, GridRun, ImpossibleGrid, grid, size, told
from ml.problems import Problem
from ml.spec import RunSpec

BASE = RunSpec(name="Base", hidden=(8, 6), seed=5)


def problems_of(vary: dict[str, list[Any]], seeds: int = 1, base: RunSpec = BASE) -> dict[str, Problem]:
    with pytest.raises(ImpossibleGrid) as impossible:
        grid(base, vary, seeds)
    return {problem.field: problem for problem in impossible.value.problems}


def test_every_combination_is_there_once_with_every_seed_the_last_field_changing_fastest() -> None:
    inits, rates = ("standard", "xavier_uniform"), (0.1, 0.01, 0.001)
    runs = grid(BASE, {"init": inits, "lr": rates}, 2)
    expected = list(itertools.product(inits, rates, (5, 6)))
    assert [(run.spec.init, run.spec.lr, run.spec.seed) for run in runs] == expected
    assert [tuple(run.varied.values()) for run in runs] == [(init, lr) for init, lr, _ in expected]
    assert len(runs) == size({"init": inits, "lr": rates}, 2) == 12


def test_all_else_is_as_in_the_base_and_runs_are_named_by_what_they_vary() -> None:
    first, second = grid(BASE, {"hidden": [[3], [4, 4]]})
    assert first.spec == BASE.model_copy(update={"hidden": (3,), "name": "hidden 3"})
    assert (second.spec.name, second.spec.shapes[0].units) == ("hidden 4-4", 4)
    assert grid(BASE, {"lr": [1]}, 2)[1].spec.name == "lr 1 · seed 6"


def test_without_anything_to_vary_the_seeds_make_the_grid() -> None:
    assert grid(BASE, {}) == [GridRun(BASE, {})]
    assert [run.spec.seed for run in grid(BASE, {}, 3)] == [5, 6, 7]


def test_values_are_read_as_a_spec_reads_them_and_null_is_the_default() -> None:
    runs = grid(BASE, {"activation": [["leaky_relu", "tanh"], "relu"], "max_norm": [None, "2"]})
    assert [run.varied for run in runs[:2]] == [
        {"activation": ("leaky_relu", "tanh"), "max_norm": None},
        {"activation": ("leaky_relu", "tanh"), "max_norm": 2.0},
    ]


def test_every_field_but_name_seed_and_device_can_be_varied() -> None:
    assert set(RunSpec.model_fields) - set(VARIABLE) == {"name", "seed", "device"}
    for field in ("name", "seed", "device"):
        assert list(problems_of({field: ["1", "2"]})) == [f"vary.{field}"]


@pytest.mark.parametrize(
    ("vary", "field", "says", "fix"),
    [
        ({"lr": [0.1, -1]}, "vary.lr", "lr = -1: must be greater than 0", "for example 0.001"),
        ({"lr": [0.1, "fast"], "init": ["standard", "normal"]}, "vary.lr", "lr = fast: must be", "0.001"),
        ({"colour": ["red"]}, "vary.colour", "there is no such setting", "the settings are dataset"),
        ({"lr": []}, "vary.lr", "there is no value to try", "for example 0.001"),
        ({"lr": [0.1, "0.10"]}, "vary.lr", "0.1 is there twice", "name every value once"),
        ({"init": ["normal", "standard"], "hidden": [[5], [5]]}, "vary.hidden", "5 is there twice", "once"),
        (
            {"clip": ["none", "norm"], "clip_at": [1, 2]}, "vary.clip_at",
            "clip = none, clip_at = 1: nothing is clipped", "choose clip = norm",
        ),
        (
            {"activation": ["relu", "leaky_relu"], "alpha": [0.1]}, "vary.alpha",
            "activation = relu, alpha = 0.1: relu has no α", "choose activation = leaky_relu",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_named_with_its_field_and_a_fix(
    vary: dict[str, list[Any]], field: str, says: str, fix: str
) -> None:
    found = problems_of(vary)
    assert says in found[field].message
    assert fix in found[field].fix


def test_a_value_that_does_not_suit_the_base_is_the_varied_fields_problem() -> None:
    base = BASE.model_copy(update={"activation": "leaky_relu", "alpha": 0.2})
    found = problems_of({"activation": ["leaky_relu", "tanh"], "lr": [0.1, 0.2]}, base=base)
    assert found["vary.activation"].message == "activation = tanh: tanh has no α"


def test_each_field_that_is_wrong_has_its_own_problem() -> None:
    assert set(problems_of({"lr": [0], "dropout": [2]})) == {"vary.lr", "vary.dropout"}
    assert set(problems_of({"lr": [0, 0.1], "dropout": [0.5, 2]})) == {"vary.lr", "vary.dropout"}


def test_a_grid_larger_than_the_limit_is_refused_before_any_run_is_made() -> None:
    rates = [0.001 * i for i in range(1, 60)]
    found = problems_of({"lr": rates}, 4)
    assert found["seeds"].message == f"the grid would have 236 runs, the limit is {MAX_RUNS}"
    assert found["seeds"].fix == "at most 3 seeds"
    huge = problems_of({"lr": list(range(10_000)), "eps": list(range(10_000))})
    assert "100,000,000 runs" in huge["vary.lr"].message
    assert len(grid(BASE, {}, MAX_RUNS)) == MAX_RUNS


def test_seeds_start_at_one_and_end_at_the_largest() -> None:
    assert "at least 1" in problems_of({}, 0)["seeds"].message
    last = BASE.model_copy(update={"seed": LARGEST_SEED})
    assert grid(last, {}, 1)[0].spec.seed == LARGEST_SEED
    assert "limit" in problems_of({}, 2, base=last)["seeds"].message


@pytest.mark.parametrize(
    ("value", "text"),
    [((300, 100), "300-100"), (("leaky_relu", "relu"), "leaky_relu / relu"), (0.10, "0.1"), (1, "1"), (True, "yes"),
     (False, "no"), (None, "default"), ("tanh", "tanh"), ((), "none")],
)  # fmt: skip
def test_a_value_is_told_in_few_letters(value: Any, text: str) -> None:
    assert told(value) == text
