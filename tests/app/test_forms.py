import typing
from collections.abc import Iterable
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from app import forms
from app.examples import EXAMPLES
from ml.problems import Problem, problems
from ml.spec import RunSpec
from tests.records import make_run

ALL_SET = RunSpec(
    name="a & b", dataset="shapeset", classes=(0, 2), train_size=500, scaling="unit", hidden=(9, 8, 7),
    activation=("leaky_relu", "maxout", "tanh"), alpha=0.05, pieces=3, init=("normal", "orthogonal", "standard"),
    init_std=0.3, bias_init=0.1, transfer_from="abc", transfer_layers=2, transfer_freeze=True, batch_norm="after",
    dropout=0.25, input_dropout=0.1, max_norm=3.0, weight_decay=1e-4, mc_passes=20, loss="quadratic", optimizer="adam",
    lr=3e-4, momentum=0.8, beta2=0.99, eps=1e-7, clip="value", clip_at=0.5, batch_size=20, epochs=3, steps_per_epoch=7,
    snapshot_every=5, monitor_size=50, bins=40, seed=11,
)  # fmt: skip


def fields(values: dict[str, str], found: Iterable[Problem] = ()) -> dict[str, forms.FormField]:
    """Every field of the form but the rows of the grid."""
    asked = [*forms.head(values, found), *(field for group in forms.groups(values, found) for field in group.fields)]
    return {field.name: field for field in asked}


def sent(shown: dict[str, forms.FormField]) -> dict[str, str]:
    """What the browser sends of an untouched form."""
    each = {field.each_layer.name: field.each_layer.value for field in shown.values() if field.each_layer}
    return {name: field.value for name, field in shown.items()} | each


def test_every_setting_that_is_built_and_leaves_a_choice_is_on_the_form() -> None:
    def leaves_a_choice(field: FieldInfo) -> bool:
        return field.annotation is not typing.Any and len(typing.get_args(field.annotation) or "ab") > 1

    settable = {name for name, field in RunSpec.model_fields.items() if leaves_a_choice(field)} - {"device"}
    assert set(fields({})) == settable | {"seeds"}


def test_an_untouched_form_is_the_default_run() -> None:
    assert forms.plan(sent(fields({}))).base == RunSpec()


CNN = RunSpec(architecture="cnn", channels=(4, 8), hidden=(30,), optimizer="rmsprop", rho=0.8)


@pytest.mark.parametrize("spec", [RunSpec(), ALL_SET, CNN, *(example.spec for example in EXAMPLES)])
def test_a_run_its_form_and_its_url_are_the_same(spec: RunSpec) -> None:
    from_url = dict(parse_qsl(forms.query(spec)))
    assert forms.plan(sent(fields(from_url))).base == spec


def test_the_url_names_only_what_differs_from_the_defaults() -> None:
    assert forms.query(RunSpec(lr=0.01)) == "lr=0.01"


@pytest.mark.parametrize("text", ["300, 100", "300 100", "300,100", "[300, 100]", "300 · 100"])
def test_layers_can_be_typed_in_many_ways(text: str) -> None:
    assert RunSpec.model_validate(forms.parse({"hidden": text})).hidden == (300, 100)


def test_empty_fields_mean_the_default() -> None:
    assert forms.parse({"lr": " ", "momentum": "", "seed": "3"}) == {"seed": "3"}


def test_what_was_typed_is_kept_and_the_problem_stands_beside_it() -> None:
    values = {"lr": "fast", "hidden": "300, 0"}
    with pytest.raises(ValidationError) as wrong:
        RunSpec.model_validate(forms.parse(values))
    shown = fields(values, problems(wrong.value))
    assert (shown["lr"].value, shown["hidden"].value) == ("fast", "300, 0")
    assert {name for name, field in shown.items() if field.problem} == {"lr", "hidden"}


def test_a_field_that_only_some_choices_read_names_them() -> None:
    shown = fields({})
    assert shown["momentum"].used_by == forms.UsedBy(("optimizer",), ("momentum", "nesterov", "adam", "nadam"))
    assert shown["init_std"].used_by == forms.UsedBy(("init",), ("normal",))
    assert "sgd" not in shown["beta2"].used_by.values
    assert shown["lr"].used_by is None


@pytest.mark.parametrize(
    ("name", "spec", "read"),
    [
        ("alpha", {"activation": ("tanh", "elu")}, True),
        ("alpha", {"activation": ("tanh", "relu")}, False),
        ("mc_passes", {"input_dropout": 0.1}, True),
        ("mc_passes", {}, False),
        ("transfer_layers", {"transfer_from": "abc"}, True),
        ("transfer_layers", {}, False),
    ],
)
def test_whether_a_run_reads_a_field_follows_from_the_fields_it_depends_on(
    name: str, spec: dict[str, typing.Any], read: bool
) -> None:
    assert forms.USED_BY[name].reads(RunSpec(**spec)) == read


def test_a_name_for_each_layer_has_a_field_of_its_own_which_wins() -> None:
    shown = fields({"activation": "leaky_relu,relu"})["activation"]
    assert shown.value == "leaky_relu"
    assert shown.each_layer == forms.EachLayer("activation_layers", "leaky_relu,relu", "leaky_relu, relu")
    typed = {"activation": "tanh", "activation_layers": " leaky_relu relu ", "init": "standard", "init_layers": ""}
    assert forms.parse(typed) == {"activation": ["leaky_relu", "relu"], "init": "standard"}


def test_a_wrong_name_for_a_layer_stays_where_it_was_typed_with_the_problem_beside_it() -> None:
    values = {"activation": "relu", "activation_layers": "relu, swish"}
    with pytest.raises(ValidationError) as wrong:
        RunSpec.model_validate(forms.parse(values))
    shown = fields(values, problems(wrong.value))["activation"]
    assert shown.each_layer is not None
    assert shown.each_layer.value == "relu, swish"
    assert shown.problem is not None
    assert "swish" in shown.problem.message


def test_an_optimizer_says_where_torch_writes_its_rule_otherwise() -> None:
    notes = {choice.value: choice.note for choice in fields({})["optimizer"].choices}
    assert "look-ahead" in notes["nesterov"]
    assert notes["sgd"] == ""


def test_what_starts_from_a_run_has_its_settings_and_names_it_as_the_source_of_all_its_layers() -> None:
    run = make_run(1, name="First", transfer_from="an older one", transfer_layers=1)
    spec = RunSpec.model_validate(forms.parse(dict(parse_qsl(forms.successor_query(run)))))
    assert (spec.transfer_from, spec.transfer_layers, spec.name) == (run.id, None, "")
    assert spec.hidden == run.spec.hidden


def test_choices_show_label_and_formula() -> None:
    options = {choice.value: choice.text for choice in fields({})["activation"].choices}
    assert options["relu"] == "ReLU: max(0, s)"


def test_no_hint_only_repeats_its_label() -> None:
    assert all(field.hint != field.label for field in fields({}).values())


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("lr", "0,05", "0.05"), ("lr", "0,001", "0.001"), ("eps", "1,5e-8", "1.5e-8"), ("dropout", ",5", ".5"),
        ("lr", "0.05", "0.05"), ("lr", "1,000", "1,000"), ("lr", "0,0,5", "0,0,5"), ("name", "0,05", "0,05"),
        ("hidden", "300,100", ["300", "100"]),
    ],
)  # fmt: skip
def test_a_number_may_be_typed_with_a_decimal_comma_where_it_can_mean_nothing_else(
    name: str, text: str, meant: str | list[str]
) -> None:
    assert forms.parse({name: text}) == {name: meant}
