"""What other tools say of the same numbers: all of them, of any run."""

import math

import pytest

from app.i18n import gettext, speaking
from ml.opinions import CHECKS, TOOLS, opinions
from ml.records import RunRecord
from ml.rules import RULES, Evidence
from tests.findings import said
from tests.records import make_everything, make_patient, make_run, with_numbers

G, W, Z = "weight_gradient", "weight", "activation"


@pytest.mark.parametrize("rule", RULES)
def test_every_tool_says_something_of_every_problem_and_why(rule: str) -> None:
    found = opinions(Evidence(make_patient()), rule)
    assert [opinion.tool for opinion in found] == list(TOOLS)
    for opinion in found:
        assert opinion.name == TOOLS[opinion.tool]
        assert opinion.says in ("alarm", "silent", "untold", "untested")
        assert opinion.why
        assert bool(opinion.formula) == bool(opinion.threshold) == ((rule, opinion.tool) in CHECKS)
        assert math.isnan(opinion.value) == (opinion.says in ("untold", "untested"))


def test_the_table_names_rules_and_tools_that_there_are() -> None:
    assert {rule for rule, _ in CHECKS} <= RULES.keys()
    assert {tool for _, tool in CHECKS} == TOOLS.keys()


@pytest.mark.parametrize(
    "run",
    [
        make_run(0),
        make_run(1),
        make_run(3, diverges_at=0),
        make_run(6, diverges_at=1),
        make_run(8, activation="relu"),
        make_run(3, hidden=(5,), activation="sigmoid"),
        make_run(3, architecture="cnn", channels=(3, 4), activation="relu"),
        make_everything(6),
        make_run(6, loss="quadratic"),
        with_numbers(make_run(8), metrics={"train_loss": 0.0, "train_error": math.nan, "val_error": math.nan}),
        with_numbers(make_run(8), statistics={(G, "abs_mean"): 0.0, (G, "norm"): 0.0, (W, "norm"): 0.0}),
        with_numbers(make_run(8), statistics={(W, "std"): 0.0, (W, "abs_mean"): 0.0, (Z, "std"): 0.0}, updates=0.0),
        with_numbers(make_run(8), updates=math.nan),
    ],
)
@pytest.mark.parametrize("rule", RULES)
def test_no_tool_fails_on_any_run(run: RunRecord, rule: str) -> None:
    assert len(opinions(Evidence(run), rule)) == len(TOOLS)


def test_a_tool_without_such_a_test_says_so_in_both_languages() -> None:
    opinion = said(make_patient(), "vanishing_gradient", "NS")
    assert opinion.says == "silent"
    untested = said(make_patient(), "overfit", "DD")
    assert (untested.says, untested.formula, untested.threshold) == ("untested", "", "")
    with speaking("es"):
        assert gettext(untested.why) == "No tiene ninguna prueba así entre las que se comparan aquí."


@pytest.mark.parametrize("rule", RULES)
def test_a_run_that_has_begun_only_is_not_judged_by_what_takes_longer(rule: str) -> None:
    assert all(
        opinion.says != "alarm" for opinion in opinions(Evidence(make_run(0)), rule) if rule != "unscaled_inputs"
    )
