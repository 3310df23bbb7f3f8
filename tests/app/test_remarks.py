from urllib.parse import parse_qs, urlsplit

from app import forms
from app.remarks import Remark, remarks


def found(**values: str) -> list[Remark]:
    return list(remarks(forms.plan(values)))


def test_settings_that_can_not_learn_are_named_with_the_form_that_can() -> None:
    (remark,) = found(activation="linear", epochs="3")
    assert (remark.severity, remark.title) == ("warning", "Linear hidden layers")
    assert ("Activation", "linear", "ReLU") in remark.changes
    query = parse_qs(urlsplit(remark.address).query)
    assert "activation" not in query  # ReLU is what stands there anyway
    assert query["epochs"] == ["3"]
    assert found(**{name: text[0] for name, text in query.items()}) == []


def test_sound_settings_are_passed_over() -> None:
    assert found() == []


def test_the_grid_stays_as_it_is() -> None:
    (remark,) = found(dropout="0.7", vary1="lr", values1="0.1, 0.01", seeds="2")
    assert "vary1=lr&values1=0.1,0.01&seeds=2" in remark.address


def test_what_the_grid_varies_can_not_be_changed_by_a_repair() -> None:
    (remark,) = found(vary1="dropout", values1="0.7, 0.2")
    assert remark.text.startswith("Dropout takes 70")
    assert (remark.address, remark.changes) == ("", ())
