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

ALL_SET = RunSpec(
    name="a & b", dataset="shapeset", classes=(0, 2), train_size=500, scaling="unit", hidden=(9, 8, 7),
    activation="leaky_relu", alpha=0.05, init="normal", init_std=0.3, bias_init=0.1, dropout=0.25, optimizer="adam",
    lr=3e-4, momentum=0.8, beta2=0.99, eps=1e-7, batch_size=20, epochs=3, steps_per_epoch=7, snapshot_every=5,
    monitor_size=50, bins=40, seed=11,
)  # fmt: skip


def fields(values: dict[str, str], found: Iterable[Problem] = ()) -> dict[str, forms.FormField]:
    return {field.name: field for group in forms.groups(values, found) for field in group.fields}


def test_every_setting_that_is_built_and_leaves_a_choice_is_on_the_form() -> None:
    def leaves_a_choice(field: FieldInfo) -> bool:
        return field.annotation is not typing.Any and len(typing.get_args(field.annotation) or "ab") > 1

    settable = {name for name, field in RunSpec.model_fields.items() if leaves_a_choice(field)} - {"device"}
    assert {"name", *fields({})} == settable


def test_an_untouched_form_is_the_default_run() -> None:
    values = {name: field.value for name, field in fields({}).items()}
    assert RunSpec.model_validate(forms.parse(values)) == RunSpec()


@pytest.mark.parametrize("spec", [RunSpec(), ALL_SET, *(example.spec for example in EXAMPLES)])
def test_a_run_its_form_and_its_url_are_the_same(spec: RunSpec) -> None:
    from_url = dict(parse_qsl(forms.query(spec)))
    typed = {name: field.value for name, field in fields(from_url).items()} | {"name": from_url.get("name", "")}
    assert RunSpec.model_validate(forms.parse(typed)) == spec


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
    assert shown["momentum"].used_by == ("optimizer", ("momentum", "adam"))
    assert shown["init_std"].used_by == ("init", ("normal",))
    assert "sgd" not in shown["beta2"].used_by[1]
    assert shown["lr"].used_by is None


def test_choices_show_label_and_formula() -> None:
    options = {choice.value: choice.text for choice in fields({})["activation"].choices}
    assert options["relu"] == "ReLU: max(0, s)"


def test_no_hint_only_repeats_its_label() -> None:
    assert all(field.hint != field.label for field in fields({}).values())
