import math
import time

import pytest

from app import wording
from app.i18n import speaking
from ml.spec import RunSpec


def test_a_run_in_one_line() -> None:
    assert wording.summary(RunSpec()) == "digits · 300-100 · relu · kaiming_normal · adam 0.001 · batch 32 · seed 0"
    deep = RunSpec(hidden=(50,) * 5, dropout=0.2, seed=3)
    assert "5 × 50" in wording.summary(deep)
    assert wording.summary(deep).endswith("dropout 0.2 · seed 3")
    moved = RunSpec(transfer_from="abc", transfer_layers=1, transfer_freeze=True, loss="quadratic")
    assert wording.summary(moved).endswith("quadratic loss · 1 layer frozen · seed 0")


def test_the_table_shows_the_values_that_were_used_where_none_was_given() -> None:
    rows = dict(row for _, group in wording.table(RunSpec(activation="elu", init="normal")) for row in group)
    assert rows["α"] == "1"
    assert rows["Standard deviation"] == "1"
    assert rows["β₂"] == "0.999"
    assert rows["Steps per epoch"] == rows["Steps between snapshots"] == "38"
    assert rows["Classes"] == rows["Training examples"] == "all"
    assert rows["Parameters"] == "50,610"


def test_the_table_leaves_out_what_the_run_does_not_read() -> None:
    rows = dict(row for _, group in wording.table(RunSpec(optimizer="sgd")) for row in group)
    assert not {"α", "Standard deviation", "β, β₁", "β₂", "ε"} & set(rows)
    assert not {"Layers to take", "Freeze them", "Monte-Carlo passes"} & set(rows)


def test_what_one_changes_to_get_another_run_is_told_in_the_words_of_the_form() -> None:
    before = RunSpec(optimizer="sgd", lr=0.1, activation="sigmoid")
    assert wording.changes(before, RunSpec(optimizer="adam", lr=0.001, activation="sigmoid")) == [
        ("Optimizer", "gradient descent", "Adam"), ("Learning rate η", "0.1", "0.001"),
    ]  # fmt: skip
    clipped = before.model_copy(update={"clip": "norm", "clip_at": 2.0})
    assert ("Clip at c", "", "2") in wording.changes(before, clipped)
    assert wording.changes(before, before) == []


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), ""),
        (("hidden2",), "layer 2"),
        (("hidden1", "hidden3", "hidden4", "hidden5"), "layers 1, 3\N{EN DASH}5"),
        (("output",), "the output layer"),
        (("hidden1", "hidden2", "output"), "layers 1\N{EN DASH}2 and the output layer"),
    ],
)
def test_layers_are_named_together(names: tuple[str, ...], text: str) -> None:
    assert wording.layers(names) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (0.9, "0.9"), (2743.57, "2,740"), (-12.34, "−12.3"), (0.001, "0.001"), (1e-7, "10⁻⁷"),
        (4.264e-4, "4.26×10⁻⁴"), (-9.28e-4, "−9.28×10⁻⁴"), (2.5e9, "2.5×10⁹"), (math.inf, "∞"), (-math.inf, "−∞"),
    ],
)  # fmt: skip
def test_an_amount_reads_well_whatever_its_size(value: float, text: str) -> None:
    assert wording.amount(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.34, "0.3 s"), (9.96, "10.0 s"), (42, "42 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "just now"), (70, "1 minute ago"), (7300, "2 hours ago"), (200_000, "2 days ago")]
)
def test_how_long_ago(seconds: float, text: str) -> None:
    assert wording.ago(time.time() - seconds) == text


def test_a_sentence_begins_with_a_capital_but_greek_and_single_letters_are_names() -> None:
    assert wording.sentence("must be 3") == "Must be 3"
    assert wording.sentence("a dense network") == "A dense network"
    assert wording.sentence("c of the clipping") == "c of the clipping"
    assert wording.sentence("β₂ of Adam") == "β₂ of Adam"


def test_numbers_have_the_marks_of_the_language() -> None:
    spec = RunSpec(lr=0.05, weight_decay=0.001)
    with speaking("es"):
        assert "adam 0,05 · lote 32 · decaimiento 0,001" in wording.summary(spec)
        rows = dict(row for _, group in wording.table(spec) for row in group)
        assert (rows["Tasa de aprendizaje η"], rows["Parámetros"]) == ("0,05", "50.610")
        assert wording.duration(4.2) == "4,2 s"
        assert (wording.amount(2743.5), wording.amount(2.5e-5)) == ("2.740", "2,5×10⁻⁵")


def test_a_status_has_a_word_of_its_own() -> None:
    assert wording.status("finished") == "Finished"
    with speaking("es"):
        assert [wording.status(name) for name in ("queued", "finished")] == ["En cola", "Terminada"]


def test_words_with_an_accent_get_a_capital_too() -> None:
    assert wording.sentence("épocas") == "Épocas"
