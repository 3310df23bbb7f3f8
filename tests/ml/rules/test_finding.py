"""What a rule is, what it finds, and the table of all."""

import math

import numpy as np
import pytest

from app.figures import FIGURES
from ml.records import RunRecord
from ml.repairs import REMEDIES
from ml.rules import ALARM, RULES, STATIC_RULES, WARNING, Evidence, Limit, Reading, Rule, diagnose
from ml.rules.evidence import LEARNED
from ml.rules.finding import place, share
from ml.rules.start import EQUAL, FIRST_LOSS, FLAT, SPREAD
from tests.records import diverging, make_everything, make_patient, make_run, with_numbers

# By rule: threshold, whether above it is out of bounds, patience. Whoever changes one means to.
LIMITS = {
    "diverged": (0, True, 1),
    "constant_weights": (1e-12, False, 1),
    "poor_initialization": (3, True, 1),
    "dead_units": (0.5, True, 3),
    "saturated_activation": (0.5, True, 3),
    "exploding_gradient": (100, True, 3),
    "vanishing_gradient": (0.01, False, 3),
    "update_too_large": (0.1, True, 3),
    "update_too_small": (1e-4, False, 3),
    "oscillating_loss": (0.1, True, 1),
    "loss_not_decreasing": (0.05, False, 5),
    "overfit": (0.1, True, 3),
    "unscaled_inputs": (1.5, True, 1),
    "linear_hidden_layers": (0.5, True, 1),
    "high_dropout": (0.5, True, 1),
}


def test_every_threshold_and_patience_is_meant() -> None:
    limits = {name: (r.limit.threshold, r.limit.above, r.limit.patience) for name, r in RULES.items()}
    assert limits == LIMITS
    assert (EQUAL.threshold, FLAT.threshold, SPREAD.threshold, FIRST_LOSS.threshold) == (1e-12, 0.5, 100, 3)


# --- limits ---


def test_a_limit_itself_is_not_out_of_bounds_and_not_a_number_never_is() -> None:
    assert Limit(2).crossed(np.array([1.9, 2, 2.1, math.nan, math.inf])).tolist() == [False, False, True, False, True]
    below = Limit(2, above=False)
    assert below.crossed(np.array([1.9, 2, 2.1, math.nan, -math.inf])).tolist() == [True, False, False, False, True]


def test_what_was_held_is_the_mildest_of_the_last_snapshots() -> None:
    values = np.array([[9.0, 9.0], [5.0, 1.0], [3.0, 8.0]])
    assert Limit(2).held(values, 2).tolist() == [3, 1]
    assert Limit(2, above=False).held(values, 2).tolist() == [5, 8]


def test_with_too_few_snapshots_or_one_not_a_number_nothing_was_held() -> None:
    assert np.isnan(Limit(2).held(np.ones((2, 3)), 3)).all()
    assert np.isnan(Limit(2).held(np.array([1.0, math.nan, 1.0]), 3))
    assert Limit(2).held(np.array([math.nan, 1.0, 1.0]), 2) == 1


def test_it_began_at_the_first_of_the_last_snapshots_out_of_bounds() -> None:
    assert Limit(2).began(np.array([3, 1, 3, 3])) == 2
    assert Limit(2).began(np.array([3, 3])) == 0
    assert Limit(2).began(np.array([3.0, math.nan, 3.0])) == 2


def test_the_worst_is_the_one_furthest_out_and_never_not_a_number() -> None:
    values = np.array([1.0, math.nan, 7.0, 3.0])
    assert (Limit(2).worst(values), Limit(2, above=False).worst(values)) == (2, 0)


# --- rules ---


def rule(value: float, *, silent_from: float = LEARNED, limit: Limit | None = None) -> Rule:
    told = Reading(value, limit=limit, formula="b" if limit else "")
    return Rule("r", "R", ALARM, Limit(1), "a", "t", lambda _evidence, _limit: told, silent_from=silent_from)


def test_a_rule_finds_what_is_out_of_bounds_and_shows_the_limit_that_it_crossed() -> None:
    evidence = Evidence(make_patient())
    finding = rule(1.5).find(evidence)
    assert finding is not None
    assert (finding.limit, finding.formula) == (Limit(1), "a")
    assert rule(0.5).find(evidence) is None
    assert rule(math.nan).find(evidence) is None


def test_a_reading_may_name_a_limit_and_a_formula_of_its_own() -> None:
    finding = rule(1.5, limit=Limit(1.4)).find(Evidence(make_patient()))
    assert finding is not None
    assert (finding.limit, finding.formula) == (Limit(1.4), "b")
    assert rule(1.5, limit=Limit(1.6)).find(Evidence(make_patient())) is None


def test_where_the_run_learns_well_only_rules_that_say_so_speak() -> None:
    learned = Evidence(with_numbers(make_patient(), metrics={"train_error": 0.0}))
    assert rule(1.5).find(learned) is None
    assert rule(1.5, silent_from=math.inf).find(learned)


def test_shares_and_layers_are_said_as_one_says_them() -> None:
    assert share(0.123456) == "12.3\N{NO-BREAK SPACE}%"
    assert (place("hidden12"), place("output")) == ("layer 12", "the output layer")


# --- all of them ---


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_complete(name: str) -> None:
    found = RULES[name]
    assert found.name == name
    assert found.severity in (ALARM, WARNING)
    assert found.title
    assert found.formula
    assert found.topic
    assert found.read.__doc__
    assert found.name in REMEDIES
    assert bool(found.figure) != (name in STATIC_RULES)
    assert found.figure in ("", *FIGURES)


@pytest.mark.parametrize(
    "run",
    [
        make_run(0),
        make_run(1),
        make_run(3, diverges_at=0),
        make_run(4, diverges_at=1),
        make_run(4, activation="relu", diverges_at=3),
        make_run(3, hidden=(5,)),
        make_run(3, architecture="cnn", channels=(3, 4)),
        make_everything(4),
        make_everything(4, diverges_at=2),
        with_numbers(make_run(3), metrics={"train_error": math.nan, "val_error": math.nan}),
        with_numbers(make_run(12), metrics={"train_loss": 0.0}),
        with_numbers(make_run(6), statistics={("activation", "std"): 0.0, ("weight", "std"): 0.0}),
    ],
)
def test_no_rule_fails_on_any_run(run: RunRecord) -> None:
    for rule in RULES.values():
        rule.read(Evidence(run), rule.limit)
    diagnose(run)


def test_nothing_is_said_before_the_first_snapshot() -> None:
    assert diagnose(make_run(0, scaling="none", dropout=0.9)) == []
    assert diagnose(make_run(1, scaling="none", dropout=0.9))


def test_findings_come_in_the_order_of_the_table() -> None:
    run = make_patient(activation="relu", scaling="none", dropout=0.9)
    run = diverging(with_numbers(run, health={"dead": 0.9}, metrics={"train_loss": 9.9, "val_error": 0.99}), 4)
    names = [finding.rule.name for finding in diagnose(run)]
    assert len(names) >= 4
    assert names == [name for name in RULES if name in names]
    assert names[0] == "diverged"


def test_a_reading_is_there_whether_out_of_bounds_or_not() -> None:
    rule = RULES["vanishing_gradient"]
    assert rule.read(Evidence(make_patient()), rule.limit).value == 1
