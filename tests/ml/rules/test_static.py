"""What the settings alone tell."""

from typing import Any

import pytest

from app.i18n import gettext, speaking
from ml.rules import STATIC_RULES, Finding, diagnose, diagnose_spec
from ml.spec import RunSpec
from tests.findings import limit_of, missing
from tests.records import diverging, make_patient


def find(rule: str, **settings: Any) -> Finding | None:
    return next((found for found in diagnose_spec(RunSpec(**settings)) if found.rule.name == rule), None)


def found(rule: str, **settings: Any) -> Finding:
    finding = find(rule, **settings)
    assert finding is not None
    return finding


# By rule: settings just out of bounds, and just within.
EDGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "constant_weights": ({"init": "normal", "init_std": 0}, {"init": "normal", "init_std": 1e-6}),
    "unscaled_inputs": ({"scaling": "none"}, {"scaling": "unit"}),
    "linear_hidden_layers": ({"activation": ["relu", "linear"]}, {"activation": "leaky_relu"}),
    "high_dropout": ({"dropout": 0.501}, {"dropout": 0.5, "input_dropout": 0.5}),
}


def test_every_static_rule_is_tested_here() -> None:
    assert EDGES.keys() == STATIC_RULES.keys()


@pytest.mark.parametrize("rule", EDGES)
def test_settings_just_out_of_bounds_are_found_and_those_just_within_are_not(rule: str) -> None:
    ill, well = EDGES[rule]
    finding = found(rule, **ill)
    assert limit_of(rule).crossed(finding.reading.value)
    assert finding.reading.step is None
    assert find(rule, **well) is None


@pytest.mark.parametrize("rule", EDGES)
def test_a_run_is_told_what_its_settings_tell_from_its_first_snapshot_on_even_if_that_is_nan(rule: str) -> None:
    run = make_patient(1, **{"hidden": (6, 5), "activation": "tanh"} | EDGES[rule][0])
    assert rule in [finding.rule.name for finding in diagnose(run)]
    assert rule in [finding.rule.name for finding in diagnose(diverging(run, 0))]


def test_the_settings_of_the_form_have_nothing_wrong() -> None:
    assert diagnose_spec(RunSpec()) == []


def test_every_linear_layer_is_named() -> None:
    reading = found("linear_hidden_layers", hidden=(9, 8, 7), activation=["linear", "tanh", "linear"]).reading
    assert (reading.value, reading.layer, reading.layers) == (2, "hidden1", ("hidden1", "hidden3"))


def test_constant_weights_are_those_of_any_layer() -> None:
    assert find("constant_weights", init=["kaiming_normal", "normal"], init_std=0)
    assert find("constant_weights", init="kaiming_normal") is None


def test_inputs_that_are_stored_small_need_no_scaling() -> None:
    assert find("unscaled_inputs", dataset="shapeset", scaling="none") is None
    assert found("unscaled_inputs", dataset="mnist", scaling="none").reading.value == 255


def test_the_larger_of_both_dropouts_counts() -> None:
    assert found("high_dropout", dropout=0.2, input_dropout=0.75).reading.value == 0.75


@pytest.mark.parametrize(
    ("rule", "settings", "english", "spanish"),
    [
        ("constant_weights", {"init": "normal", "init_std": 0}, "start at 0", "empiezan en 0"),
        ("unscaled_inputs", {"scaling": "none"}, "up to 16", "hasta 16"),
        ("linear_hidden_layers", {"activation": ["relu", "linear"]}, "1 of 2 hidden layers", "1 de 2 capas ocultas"),
        ("high_dropout", {"dropout": 0.625}, "62.5\N{NO-BREAK SPACE}%", "62,5\N{NO-BREAK SPACE}%"),
    ],
)
def test_the_sentence_holds_its_numbers_in_both_languages(
    rule: str, settings: dict[str, Any], english: str, spanish: str
) -> None:
    text = found(rule, **settings).reading.text
    assert missing(text, english) == []
    with speaking("es"):
        assert missing(gettext(text), spanish) == []
