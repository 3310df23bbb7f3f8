from urllib.parse import parse_qsl

import pytest

from app import forms
from app.i18n import speaking
from app.presets import PRESETS, Preset, preset_query

ALL = [preset for presets in PRESETS.values() for preset in presets]


@pytest.mark.parametrize("preset", ALL, ids=lambda preset: preset.name)
def test_a_preset_fills_in_a_form_that_can_be_launched_as_it_is(preset: Preset) -> None:
    plan = forms.plan(dict(parse_qsl(preset_query(preset))))
    assert plan.base == preset.spec.model_copy(update={"name": preset.name})
    assert {field: tuple(run.varied[field] for run in plan.runs) for field in plan.vary} == {
        field: tuple(run.varied[field] for run in plan.runs) for field in preset.vary
    }
    assert plan.seeds == preset.seeds


def test_every_figure_of_the_paper_that_shows_training_and_its_table_have_one() -> None:
    names = " ".join(preset.name for preset in PRESETS["Glorot & Bengio (2010)"])
    for wanted in ("2", "3", "4", "5", "6–8", "9", "10", "11", "Table 1"):
        assert wanted in names


def test_a_preset_is_named_in_the_language_of_the_page() -> None:
    with speaking("es"):
        assert dict(parse_qsl(preset_query(ALL[0])))["name"] == "Figura 2: sigmoide"


def test_no_two_presets_share_a_name() -> None:
    assert len({preset.name for preset in ALL}) == len(ALL)
