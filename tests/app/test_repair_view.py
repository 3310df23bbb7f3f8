import math
from dataclasses import replace

import pytest

from app import quantities
from app.figures.repair import pair, quantity
from app.i18n import speaking
from app.repair_pair import pair_view, untried
from app.repair_view import Repair, ranked, repair, tried_view
from app.svg import render
from app.theme import LIGHT, PAGE
from ml.records import RunRecord
from ml.repairs import CURES, fix
from ml.rules import RULES, Evidence
from tests.records import make_patient, make_run, make_sick, with_numbers

SICK = make_sick(0.9, 0.6)


def cured(dead: float, error: float, **changed: object) -> RunRecord:
    run = make_sick(dead, error, **{"lr": 0.005} | changed)
    return replace(run, id="repair", repair_of="run1", repair_rule="dead_units")


def shown(dead: float, error: float) -> dict[str, object]:
    return pair_view(repair(SICK, cured(dead, error), "dead_units"), [])


@pytest.mark.parametrize(
    ("dead", "error", "state", "tone", "said"),
    [
        (0.1, 0.05, "fixed", "good", "The fault is gone."),
        (0.9, 0.5, "better", "fair", "The fault is still there, but fewer answers are wrong."),
        (0.8, 0.6, "no_effect", "plain", "The fault is still there."),
        (0.9, 0.7, "worse", "bad", "The fault is still there, and more answers are wrong."),
        (0.1, 0.7, "worse", "bad", "The fault is gone, but at the price of more wrong answers."),
    ],
)
def test_each_verdict_has_its_sentence_and_its_look(
    dead: float, error: float, state: str, tone: str, said: str
) -> None:
    found = shown(dead, error)
    assert (found["repair"].state, found["repair"].tone, found["sentences"][0]) == (state, tone, said)


def test_a_difference_that_may_be_chance_is_called_so() -> None:
    assert "A difference of up to 2 points may be chance." in shown(0.9, 0.59)["sentences"]
    assert "A difference of up to 2 points may be chance." not in shown(0.9, 0.5)["sentences"]
    assert "A difference of up to 2 points may be chance." not in shown(0.9, 0.6)["sentences"]


def test_whoever_has_another_alarm_after_it_is_not_congratulated() -> None:
    stuck = cured(0.1, 0.6, snapshots=7)
    stuck = with_numbers(stuck, metrics={"train_loss": 2.3, "val_loss": 2.3, "train_error": 0.8})
    found = pair_view(repair(SICK, stuck, "dead_units"), [])
    assert (found["repair"].state, found["repair"].tone) == ("fixed", "fair")
    assert found["sentences"][0] == "This fault is gone, but there is another alarm."
    assert ("loss_not_decreasing", True) in [(finding.rule.name, new) for finding, new in found["others"]]
    assert found["next"] is not None


def test_a_number_beyond_its_limit_is_no_fault_of_a_run_that_learns_well() -> None:
    before = with_numbers(make_patient(4, activation="sigmoid"), health={"saturated": 0.9})
    after = with_numbers(before, metrics={"train_error": 0.01, "val_error": 0.01})
    found = pair_view(repair(before, after, "saturated_activation"), [])
    assert found["repair"].state == "fixed"
    assert found["sentences"][0].startswith("The number is still out of bounds, but the network learns well")


def test_a_rule_of_several_quantities_is_judged_by_the_one_that_was_wrong() -> None:
    dead_at_first = make_sick(0.9, 0.6, init="normal")
    found = repair(dead_at_first, make_sick(0.1, 0.1), "poor_initialization")
    assert found.verdict.formula.startswith("max #{dead units}")
    assert (found.verdict.before, found.verdict.after) == (0.9, 0.1)
    assert found.state == "fixed"


def test_a_run_that_measured_nothing_can_t_be_worse_than_its_repair() -> None:
    nothing = replace(SICK, snapshots=(), status="cancelled")
    found = repair(nothing, cured(0.1, 0.1), "dead_units")
    assert found.state == "fixed"
    assert found.errors[0] == "–"


def test_what_an_activation_can_t_have_does_not_apply_to_it() -> None:
    leaky = cured(0.0, 0.05, activation="leaky_relu", lr=0.05)
    _before, after, _allowed = repair(SICK, leaky, "dead_units").quantities
    assert after == "does not apply"


def test_a_repair_is_told_by_its_cure_or_by_what_differs() -> None:
    assert repair(SICK, cured(0.1, 0.1), "dead_units").label == "a tenth of the learning rate"
    both = repair(SICK, cured(0.1, 0.1, lr=0.02, batch_size=64), "dead_units")
    assert both.label == "Learning rate η 0.02, Batch size 64"
    assert both.changes == [("Learning rate η", "0.05", "0.02"), ("Batch size", "32", "64")]


def test_the_best_verdict_comes_first_and_those_without_one_last() -> None:
    states = [(0.9, 0.7), (0.9, 0.6), (0.1, 0.3), (0.9, 0.5), (0.1, 0.2)]
    repairs = [repair(SICK, cured(*state), "dead_units") for state in states]
    waits = [_unfinished(status) for status in ("failed", "queued", "running")]
    order = [one.state for one in ranked([*waits, *repairs])]
    assert order == ["fixed", "fixed", "better", "no_effect", "worse", "running", "queued", "failed"]
    assert [one.verdict.error_after for one in ranked(repairs)[:2]] == [0.2, 0.3]


def test_a_fault_that_made_room_for_another_alarm_comes_after_one_that_did_not() -> None:
    stuck = with_numbers(cured(0.1, 0.1, snapshots=7), metrics={"train_loss": 2.3, "train_error": 0.8})
    found = [repair(SICK, stuck, "dead_units"), repair(SICK, cured(0.1, 0.2), "dead_units")]
    assert [one.another_alarm and one.another_alarm.rule.name for one in ranked(found)] == [None, "loss_not_decreasing"]


def _unfinished(status: str) -> Repair:
    return repair(SICK, replace(cured(0.9, 0.6), status=status), "dead_units")


def test_the_next_fix_is_one_that_was_not_tried() -> None:
    every = untried(SICK, "dead_units", [])
    first = replace(SICK, spec=every[0].spec.model_copy(update={"name": "tried"}))
    assert untried(SICK, "dead_units", [first]) == every[1:]
    assert untried(make_sick(0.1, 0.6), "dead_units", []) == []


# --- the numbers ---


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_name_for_what_it_measures(rule: str) -> None:
    found = RULES[rule].read(Evidence(make_run(4, hidden=(6, 5, 4))), RULES[rule].limit)
    formula = found.formula or RULES[rule].formula
    assert quantities.quantity(rule, formula)
    assert quantities.allowed(RULES[rule].limit, rule, formula).startswith(("at most", "at least"))


def test_numbers_are_written_as_people_do() -> None:
    formula = RULES["dead_units"].formula
    assert quantities.written(0.9, "dead_units", formula) == "90\N{NO-BREAK SPACE}%"
    assert quantities.written(0.00042, "vanishing_gradient", "σ / σ") == "4.2×10⁻⁴"
    assert quantities.written(math.inf, "poor_initialization", "max σⁱ / min σⁱ") == "∞"
    assert quantities.written(27800, "diverged", "#") == "27,800"
    with speaking("es"):
        assert quantities.allowed(RULES["overfit"].limit, "overfit", "") == "como máximo 10\N{NO-BREAK SPACE}%"


# --- the figure ---


def test_both_runs_and_the_limit_are_on_the_same_axes() -> None:
    groups = pair(SICK, cured(0.1, 0.1))
    figure = quantity(groups, PAGE, "dead_units", RULES["dead_units"].limit, "dead, %", 100)
    assert [(line["name"], line["y"]) for line in figure["data"]] == [("before", [90] * 4), ("after", [10] * 4)]
    assert figure["layout"]["shapes"][0]["y0"] == 50
    assert {note["text"] for note in figure["layout"]["annotations"]} == {"dead, %", "before", "after", "limit"}
    assert len({line["line"]["dash"] for line in figure["data"]}) == 2
    assert "<svg" in render(figure, "Dead")


def test_a_quantity_without_a_course_has_no_figure() -> None:
    assert quantity(pair(SICK, SICK), LIGHT, "high_dropout", RULES["high_dropout"].limit, "p") is None
    assert [picture.title for picture in shown(0.1, 0.1)["pictures"]] == [
        "Dead units in the worst layer", "Validation error", "Training loss",
    ]  # fmt: skip
    dropped = make_run(4, dropout=0.9)
    view = pair_view(repair(dropped, make_run(4, dropout=0.2), "high_dropout"), [])
    assert len(view["pictures"]) == 2


def test_before_the_first_snapshot_of_a_repair_the_other_run_is_drawn() -> None:
    nothing = replace(cured(0.1, 0.1), snapshots=(), status="running", step=0)
    view = pair_view(repair(SICK, nothing, "dead_units"), [])
    assert len(view["pictures"]) == 3
    assert view["numbers"][0] == ("Validation error", "60.0\N{NO-BREAK SPACE}%", "–", "")
    assert view["next"] is None


# --- on the page of a run ---


def test_a_run_that_has_nothing_to_do_with_repairs_says_nothing() -> None:
    assert tried_view(SICK, None, []) is None


def test_a_rule_that_is_there_no_more_is_passed_over() -> None:
    old = replace(cured(0.1, 0.1), repair_rule="gone")
    assert tried_view(SICK, None, [old]) is None
    assert tried_view(old, SICK, []) is None


def test_every_cure_that_changes_a_run_is_found_again_by_what_it_changed() -> None:
    for name, cure in CURES.items():
        found = fix(SICK.spec, cure)
        if found:
            changed = replace(SICK, spec=found.spec.model_copy(update={"name": "renamed"}), snapshots=())
            label = repair(SICK, changed, "dead_units").label
            assert label == cure.label or fix(SICK.spec, CURES["usual_lr"]).spec == found.spec, name
