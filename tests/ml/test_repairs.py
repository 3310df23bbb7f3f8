"""What cures a run."""

from typing import Any

import pytest

from ml.catalog import ACTIVATIONS, OPTIMIZERS
from ml.patients import PATIENTS
from ml.repairs import CURES, FITTING_INIT, ODD, REMEDIES, USUAL_LR, fix, fixes, repaired
from ml.rules import RULES, Evidence, Finding, Limit, Reading
from ml.spec import RunSpec
from tests.records import make_patient

SPECS = (
    RunSpec(),
    RunSpec(architecture="cnn", channels=(3, 4), hidden=(9,)),
    RunSpec(activation=["maxout", "relu"], pieces=3, init=["normal", "standard"], init_std=0.5),
    RunSpec(activation="leaky_relu", alpha=0.2, optimizer="rmsprop", rho=0.8, eps=1e-6, batch_size=1000),
    RunSpec(hidden=(8,) * 6, activation="sigmoid", optimizer="nesterov", momentum=0.5, lr=1e-5, clip="value"),
    RunSpec(classes=[0, 1], train_size=50, dropout=0.7, input_dropout=0.2, max_norm=0.1, weight_decay=1, lr=1000),
    RunSpec(dataset="shapeset", batch_norm="after", loss="quadratic", scaling="none", bias_init=-3),
)


def finding(rule: str) -> Finding:
    return Finding(RULES[rule], Reading(0.0), Limit(0))


def ranked(spec: RunSpec, rule: str) -> list[str]:
    return [one.cure.name for one in fixes(spec, finding(rule))]


# --- the tables ---


def test_every_rule_has_remedies_and_every_cure_helps_against_something() -> None:
    assert REMEDIES.keys() == RULES.keys()
    assert all(REMEDIES.values())
    named = {name for names in REMEDIES.values() for name in names}
    assert named == CURES.keys()
    assert ODD.keys() <= CURES.keys()


@pytest.mark.parametrize("rule", REMEDIES)
def test_no_remedy_is_named_twice(rule: str) -> None:
    assert len(REMEDIES[rule]) == len(set(REMEDIES[rule]))


def test_every_optimizer_has_its_usual_rate_and_every_activation_its_initialiser() -> None:
    assert USUAL_LR.keys() == OPTIMIZERS.keys()
    assert FITTING_INIT.keys() == ACTIVATIONS.keys()


# --- fixes ---


@pytest.mark.parametrize("name", CURES)
@pytest.mark.parametrize("spec", SPECS)
def test_every_cure_gives_a_spec_that_can_be_run_and_is_another_or_nothing(spec: RunSpec, name: str) -> None:
    found = fix(spec, CURES[name])
    if found is None:
        return
    assert found.changes
    assert found.spec != spec
    assert RunSpec.model_validate(found.spec.model_dump()) == found.spec
    assert repaired(spec, found.changes) == found.spec


@pytest.mark.parametrize("name", CURES)
def test_a_cure_that_was_taken_changes_nothing_more(name: str) -> None:
    if name in ("lower_lr", "higher_lr", "larger_batch"):  # these can be taken again
        return
    for spec in SPECS:
        if found := fix(spec, CURES[name]):
            assert fix(found.spec, CURES[name]) is None


def test_what_no_run_can_have_is_no_fix() -> None:
    assert repaired(RunSpec(), {"lr": -1}) is None
    assert fix(RunSpec(lr=1000), CURES["higher_lr"]) is None
    assert fix(RunSpec(batch_size=1000), CURES["larger_batch"]) is None


@pytest.mark.parametrize("rule", RULES)
def test_the_fixes_of_a_finding_all_differ_from_the_run_and_from_each_other(rule: str) -> None:
    for spec in SPECS:
        found = [one.spec for one in fixes(spec, finding(rule))]
        assert spec not in found
        assert len({one.cure.name for one in fixes(spec, finding(rule))}) == len(found)


def test_a_fix_leaves_seed_and_name_and_all_that_it_does_not_name() -> None:
    spec = RunSpec(name="mine", seed=7, lr=2.0)
    found = fix(spec, CURES["usual_lr"])
    assert found is not None
    assert found.changes == {"lr": 0.001}
    assert found.spec == spec.model_copy(update={"lr": 0.001})


# --- ranking ---


@pytest.mark.parametrize(
    ("settings", "rule", "first"),
    [
        ({"bias_init": -5.0}, "dead_units", "no_bias"),
        ({"lr": 5.0}, "dead_units", "usual_lr"),
        ({"scaling": "none"}, "dead_units", "scaled_inputs"),
        ({"init": "normal", "init_std": 3.0}, "diverged", "fitting_init"),
        ({"lr": 5.0}, "diverged", "usual_lr"),
        ({"clip": "norm", "clip_at": 1e-5}, "loss_not_decreasing", "no_clip"),
        ({"weight_decay": 5.0}, "loss_not_decreasing", "no_decay"),
        ({"max_norm": 0.01}, "loss_not_decreasing", "no_max_norm"),
        ({"dropout": 0.95}, "loss_not_decreasing", "less_dropout"),
        ({"lr": 1e-7}, "update_too_small", "usual_lr"),
    ],
)
def test_what_undoes_an_unusual_setting_comes_first(settings: dict[str, Any], rule: str, first: str) -> None:
    assert ranked(RunSpec(**settings), rule)[0] == first


def test_usual_settings_are_not_odd() -> None:
    assert [name for name, is_odd in ODD.items() if is_odd(RunSpec())] == []


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_usual_rate_is_not_odd_and_one_far_off_is(optimizer: str) -> None:
    usual = USUAL_LR[optimizer]
    assert not ODD["usual_lr"](RunSpec(optimizer=optimizer, lr=usual))
    assert ODD["usual_lr"](RunSpec(optimizer=optimizer, lr=usual * 10))
    assert ODD["usual_lr"](RunSpec(optimizer=optimizer, lr=usual / 100))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_initialiser_that_fits_is_not_odd_and_one_far_off_is(activation: str) -> None:
    assert not ODD["fitting_init"](RunSpec(activation=activation, init=FITTING_INIT[activation]))
    assert ODD["fitting_init"](RunSpec(activation=activation, init="normal", init_std=1.0))
    assert ODD["fitting_init"](RunSpec(activation=activation, init="normal", init_std=1e-3))
    assert ODD["fitting_init"](RunSpec(activation=activation, init="normal", init_std=0))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_initialiser_that_is_a_little_off_in_many_layers_is_odd(activation: str) -> None:
    assert not ODD["fitting_init"](RunSpec(hidden=(20,) * 2, activation=activation, init="standard"))
    assert ODD["fitting_init"](RunSpec(hidden=(20,) * 10, activation=activation, init="standard"))
    assert ranked(RunSpec(hidden=(20,) * 10, activation=activation, init="standard"), "vanishing_gradient")[0] == (
        "fitting_init"
    )


def test_under_a_deep_sigmoid_the_initialiser_is_not_to_blame() -> None:
    spec = RunSpec(hidden=(20,) * 10, activation="sigmoid", init="standard")
    assert not ODD["fitting_init"](spec)
    assert ranked(spec, "vanishing_gradient")[0] == "batch_norm"


def test_without_an_odd_setting_the_order_is_that_of_the_remedies() -> None:
    order = ranked(RunSpec(hidden=(9,) * 4, activation="sigmoid", init="xavier_normal"), "vanishing_gradient")
    assert order == [name for name in REMEDIES["vanishing_gradient"] if name in order]


@pytest.mark.parametrize("patient", PATIENTS)
def test_every_patient_has_something_to_try(patient: Any) -> None:
    assert fixes(patient.spec, finding(patient.fault))


# --- one by one ---


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("usual_lr", {"lr": 3.0, "optimizer": "sgd"}, {"lr": 0.1}),
        ("lower_lr", {"lr": 0.03}, {"lr": 0.003}),
        ("higher_lr", {"lr": 0.03}, {"lr": 0.3}),
        ("adam", {"optimizer": "momentum", "momentum": 0.5, "lr": 1.0}, {"optimizer": "adam", "lr": 0.001}),
        ("fitting_init", {"activation": "tanh", "init": "normal", "init_std": 2.0}, {"init": "xavier_normal"}),
        ("fitting_init", {"activation": ["selu", "relu"]}, {"init": ("lecun_normal", "kaiming_normal")}),
        ("no_bias", {"bias_init": 3.0}, {"bias_init": 0.0}),
        ("scaled_inputs", {"scaling": "none"}, {"scaling": "symmetric"}),
        ("batch_norm", {}, {"batch_norm": "before"}),
        ("relu", {"activation": "sigmoid", "init": "standard"}, {"activation": "relu", "init": "kaiming_normal"}),
        ("leaky_relu", {}, {"activation": "leaky_relu", "alpha": None}),
        ("elu", {}, {"activation": "elu"}),
        ("selu", {}, {"activation": "selu", "init": "lecun_normal"}),
        ("clip", {}, {"clip": "norm", "clip_at": 1.0}),
        ("no_clip", {"clip": "norm", "clip_at": 1e-4}, {"clip": "none", "clip_at": None}),
        ("fewer_layers", {"hidden": (9, 8, 7, 6)}, {"hidden": (9, 8)}),
        (
            "fewer_layers",
            {"hidden": (9, 8, 7), "activation": ["tanh", "relu", "elu"]},
            {"activation": ("tanh", "relu")},
        ),
        ("all_data", {"train_size": 50}, {"train_size": None}),
        ("dropout", {}, {"dropout": 0.5}),
        ("less_dropout", {"dropout": 0.9, "input_dropout": 0.6}, {"dropout": 0.2, "input_dropout": 0.0}),
        ("decay", {}, {"weight_decay": 0.01}),
        ("no_decay", {"weight_decay": 3.0}, {"weight_decay": 0.0}),
        ("no_max_norm", {"max_norm": 0.1}, {"max_norm": None}),
        ("larger_batch", {"batch_size": 4}, {"batch_size": 32}),
    ],
)
def test_a_cure_changes_what_it_says(name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    found = fix(RunSpec(**before), CURES[name])
    assert found is not None
    assert {field: getattr(found.spec, field) for field in after} == after


def test_every_cure_is_shown_to_change_something() -> None:
    (cases,) = (m.args[1] for m in test_a_cure_changes_what_it_says.pytestmark)  # type: ignore[attr-defined]
    assert {case[0] for case in cases} == CURES.keys()


def test_a_network_of_two_layers_is_not_made_smaller() -> None:
    assert fix(RunSpec(hidden=(9, 8)), CURES["fewer_layers"]) is None
    assert fix(RunSpec(architecture="cnn", channels=(3, 4, 5), hidden=(9, 8)), CURES["fewer_layers"]) is None


def test_a_convolutional_network_keeps_its_convolutions() -> None:
    found = fix(RunSpec(architecture="cnn", channels=(3, 4), hidden=(9, 8, 7)), CURES["fewer_layers"])
    assert found is not None
    assert (found.spec.channels, found.spec.hidden) == ((3, 4), (9, 8))


def test_what_was_found_in_a_run_leads_to_its_fixes() -> None:
    run = make_patient(scaling="none")
    found = RULES["unscaled_inputs"].find(Evidence(run))
    assert found is not None
    assert [one.cure.name for one in fixes(run.spec, found)] == ["scaled_inputs"]
