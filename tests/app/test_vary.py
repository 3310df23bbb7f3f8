from typing import Any
from urllib.parse import parse_qsl

import pytest

from app import forms
from app.i18n import speaking
from ml.grid import VARIABLE
from ml.problems import Problem
from ml.spec import RunSpec

BASE = RunSpec(name="A; b, c", hidden=(8, 6), lr=0.01, seed=4)
VARY: list[dict[str, tuple[Any, ...]]] = [
    {"init": ("standard", "xavier_uniform")},
    {"hidden": ((300, 100), (100,)), "lr": (0.1, 0.01)},
    {"hidden": ((30, 10),)},
    {"activation": ("relu", ("leaky_relu", "tanh"))},
    {"activation": (("leaky_relu", "tanh"),), "max_norm": (None, 2.0), "dropout": (0.0, 0.5)},
    {"classes": ((0, 1), (2, 3, 4))},
    {},
]


@pytest.mark.parametrize("vary", VARY)
@pytest.mark.parametrize("seeds", [1, 3])
def test_an_experiment_its_form_and_its_url_are_the_same(vary: dict[str, tuple[Any, ...]], seeds: int) -> None:
    plan = forms.plan(dict(parse_qsl(forms.plan_query(BASE, vary, seeds))))
    assert (plan.base, plan.seeds) == (BASE, seeds)
    assert {field: tuple(dict.fromkeys(run.varied[field] for run in plan.runs)) for field in plan.vary} == vary
    assert plan.is_experiment == bool(vary or seeds > 1)


def test_the_url_is_short_and_can_be_read() -> None:
    query = forms.plan_query(BASE, {"init": ("standard", "normal"), "hidden": ((9,), (8, 7))}, 2)
    assert query == (
        "name=A;+b,+c&hidden=8,6&lr=0.01&seed=4&vary1=init&values1=standard,normal&vary2=hidden&values2=9;8,7&seeds=2"
    )


@pytest.mark.parametrize(
    ("field", "text", "values"),
    [
        ("lr", "0.1, 0.01", ["0.1", "0.01"]),
        ("lr", " 0.1;0.01  1 ", ["0.1", "0.01", "1"]),
        ("init", "standard, normal", ["standard", "normal"]),
        ("init", "standard normal; orthogonal", [["standard", "normal"], "orthogonal"]),
        ("hidden", "300, 100; 50", [["300", "100"], ["50"]]),
        ("hidden", "300, 100", [["300", "100"]]),
        ("hidden", "; ;", []),
        ("clip_at", "default, 2", [None, "2"]),
        ("channels", "default; 4, 8", [None, ["4", "8"]]),
    ],
)
def test_values_are_separated_by_commas_and_lists_by_semicolons(field: str, text: str, values: list[Any]) -> None:
    assert forms.parse_vary({"vary1": field, "values1": text}) == ({field: values}, [])


def shown(values: dict[str, str]) -> tuple[list[forms.VaryRow], list[Problem]]:
    with pytest.raises(forms.Wrong) as wrong:
        forms.plan(values)
    return forms.rows(values, wrong.value.problems), wrong.value.problems


@pytest.mark.parametrize(
    ("values", "row", "says", "fix"),
    [
        ({"vary1": "lr", "values1": "fast"}, 1, "lr = fast: must be", "for example 0.001"),
        ({"vary2": "lr", "values2": ""}, 2, "there is no value to try", "for example 0.001"),
        ({"values1": "0.1"}, 1, "no setting is chosen", "choose one"),
        ({"vary1": "lr", "values1": "1", "vary3": "lr", "values3": "2"}, 3, "varied above", "one row"),
        ({"vary1": "colour", "values1": "red"}, 1, "no such setting", "the settings are"),
    ],
)
def test_a_problem_stands_beside_its_row_with_its_fix(values: dict[str, str], row: int, says: str, fix: str) -> None:
    rows, problems = shown(values)
    problem = next(one for one in rows if one.number == row).problem
    assert problem in problems
    assert says in problem.message
    assert fix in problem.fix
    assert [one.number for one in rows if one.problem] == [row]


def test_problems_of_the_settings_and_of_the_rows_are_told_at_once() -> None:
    _, problems = shown({"lr": "0", "seeds": "many", "values1": "1"})
    assert [problem.field for problem in problems] == ["lr", "vary1", "seeds"]


def test_how_many_seeds_must_be_a_number_from_one_on() -> None:
    assert shown({"seeds": "1.5"})[1][0].field == "seeds"
    assert shown({"seeds": "0"})[1][0].field == "seeds"
    assert forms.plan({"seeds": " "}).seeds == 1


def test_there_is_always_an_empty_row_below_what_was_typed() -> None:
    assert [row.number for row in forms.rows({}, [])] == [1, 2]
    rows = forms.rows({"vary1": "lr", "vary2": "init", "values2": "normal"}, [])
    assert [(row.field, row.values) for row in rows] == [("lr", ""), ("init", "normal"), ("", "")]


def test_every_field_that_can_be_varied_is_offered_with_what_its_values_can_be() -> None:
    offered = {option.name: option for _, options in forms.options() for option in options}
    assert set(offered) == set(VARIABLE)
    assert all(option.hint for option in offered.values())
    assert "xavier_uniform" in offered["init"].hint


def test_the_list_above_the_form_leads_to_the_row() -> None:
    values = {"vary2": "lr", "values2": "fast"}
    found = [
        Problem("vary.lr", "", ""),
        Problem("vary1", "", ""),
        Problem("seeds", "", ""),
        Problem("lr", "", ""),
        Problem("x", "", ""),
    ]
    assert [(one.anchor, one.label) for one in forms.complaints(values, found)] == [
        ("values2", "Vary Learning rate η"), ("vary1", "Vary"), ("seeds", "How many seeds"), ("lr", "Learning rate η"),
        ("", "x"),
    ]  # fmt: skip


def test_what_stands_there_anyway_is_left_out_of_the_address() -> None:
    typed = {"lr": "0.001", "hidden": "300, 100", "momentum": "", "seeds": "1", "vary1": "", "epochs": "3", "seed": "0"}
    assert forms.shortened(typed) == {"epochs": "3"}


def test_the_rows_speak_spanish() -> None:
    with speaking("es"):
        (_, options), *_rest = forms.options()
        assert options[0].hint.startswith("Entre digits")
