"""What a reader can switch, in both languages; what figures have in common without is in test_figures."""

import json
import math
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest

from app import svg
from app.figures import FIGURES, LIGHT, PAGE, View
from app.figures.axes import Json
from app.figures.smoothing import smoothed
from app.i18n import LANGUAGES, speaking
from ml.records import RunRecord
from ml.spec import RunSpec
from tests.records import make_everything, make_long, make_run

RUNS = {
    "finished": make_run(4),
    "everything": make_everything(4),
    "waiting": make_everything(0, status="queued"),
    "diverged": make_everything(4, diverges_at=2),
    "diverged from the start": make_run(2, diverges_at=0),
    "long": make_long(1500, hidden=(3,)),
    "deep": make_run(2, hidden=(3,) * 40),
}
VIEWS = {
    "plain": View(),
    "log": View(log=True),
    "linear": View(log=False),
    "smooth": View(smooth=True),
    "smooth log": View(log=True, smooth=True),
    "ridge": View(ridge=True),
    "expected": View(expected=True),
    "ridge expected": View(ridge=True, expected=True),
    "linear expected": View(log=False, expected=True),
}
OPTIONAL = [name for name, figure in FIGURES.items() if figure.options]
DENSITIES = [name for name, figure in FIGURES.items() if "ridge" in figure.options]


def texts(figure: Json) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_in_every_option_is_a_picture_and_what_plotly_accepts(run: RunRecord, language: str) -> None:
    with speaking(language):
        for name, figure in FIGURES.items():
            for view in VIEWS.values() if figure.options else [View()]:
                drawn = figure.draw(run, LIGHT, step=0 if view.expected else None, view=view)
                if language == "en":  # the others differ in their words alone
                    go.Figure(drawn)
                json.dumps(drawn, allow_nan=False)
                picture = svg.render(drawn, name)
                assert ElementTree.fromstring(picture).tag == "svg"
                assert not re.search(r"\b(nan|inf|None)\b", picture), (name, view)


@pytest.mark.parametrize("name", [name for name, figure in FIGURES.items() if "log" in figure.options])
def test_the_axis_is_logarithmic_or_linear_as_the_reader_wants(name: str) -> None:
    for log, kind in ((True, "log"), (False, "linear")):
        drawn = FIGURES[name].draw(make_everything(4), LIGHT, view=View(log=log))
        assert drawn["layout"]["yaxis"]["type"] == kind


@pytest.mark.parametrize("name", ["error", "dead", "gradient_flow"])
def test_zeros_have_no_place_on_a_logarithmic_axis_and_one_on_a_linear_axis(name: str) -> None:
    run = make_run(3)
    silent = replace(run.snapshots[1], metrics=replace(run.snapshots[1].metrics, train_error=0.0, val_error=0.0))
    signals = {s: replace(v, std=0.0) for s, v in silent.layers[0].signals.items()}
    silent = replace(silent, layers=(replace(silent.layers[0], signals=signals), *silent.layers[1:]))
    run = replace(run, snapshots=(run.snapshots[0], silent, run.snapshots[2]))
    values = {
        log: [y for trace in FIGURES[name].draw(run, LIGHT, view=View(log=log))["data"] for y in trace["y"]]
        for log in (True, False)
    }
    assert 0 in values[False]
    assert 0 not in values[True]


def test_a_figure_ignores_what_it_cannot_do() -> None:
    run = make_run(3)
    assert FIGURES["loss"].draw(run, LIGHT, view=View(ridge=True)) == FIGURES["loss"].draw(run, LIGHT)
    assert FIGURES["bands"].draw(run, LIGHT, view=View(log=True)) == FIGURES["bands"].draw(run, LIGHT)


# --- moving averages ---


def test_an_average_forgets_a_tenth_with_each_value_and_starts_without_bias() -> None:
    values = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    for at in range(5):
        weights = 0.9 ** np.arange(at, -1, -1)
        expected = float(weights @ values[: at + 1] / weights.sum())
        assert smoothed(values[:, None])[at, 0] == pytest.approx(expected)


def test_what_is_not_finite_counts_for_nothing() -> None:
    values = np.array([[1.0], [math.nan], [2.0]])
    assert smoothed(values)[:, 0] == pytest.approx([1.0, math.nan, (0.9 + 2) / 1.9], nan_ok=True)


@pytest.mark.parametrize("name", ["loss", "error", "update_ratio", "gradient_norm"])
def test_the_raw_line_stays_pale_behind_its_average(name: str) -> None:
    run = make_run(5)
    plain = FIGURES[name].draw(run, LIGHT)["data"]
    both = FIGURES[name].draw(run, LIGHT, view=View(smooth=True))
    raw, averages = both["data"][: len(plain)], both["data"][len(plain) :]
    assert [line["y"] for line in raw] == [line["y"] for line in plain]
    assert all(line["opacity"] < 0.5 and line["line"]["width"] <= 1 for line in raw)
    assert len(averages) == len(plain)
    assert all("opacity" not in line and line["line"]["width"] > 1 for line in averages)
    assert "(0.9)" in texts(both)[0]
    assert 'opacity="0.4"' in svg.render(both, "")


def test_a_long_line_is_thinned_to_its_envelope_wherever_it_is_drawn() -> None:
    run = RUNS["long"]
    for name in ("loss", "error", "gradient_flow", "bands", "dead", "update_ratio"):
        lines = [trace for trace in FIGURES[name].draw(run, LIGHT)["data"] if "fill" not in trace]
        assert all(len(line["x"]) <= 600 for line in lines), name


# --- ridges ---


@pytest.mark.parametrize("name", DENSITIES)
def test_a_ridgeline_has_one_filled_row_per_layer_each_as_high_as_the_others(name: str) -> None:
    run = make_run(2)
    plain = FIGURES[name].draw(run, LIGHT, view=View(log=False))
    ridge = FIGURES[name].draw(run, LIGHT, view=View(ridge=True))
    assert ridge["layout"]["xaxis"] == plain["layout"]["xaxis"]
    assert [row["meta"] for row in ridge["data"]] == list(run.layers_with(name))
    for foot, (row, line) in enumerate(zip(ridge["data"], plain["data"], strict=True)):
        assert row["fill"] == "toself"
        heights = np.array(row["y"]) - foot
        assert heights == pytest.approx(0.92 * np.array(line["y"]) / max(line["y"]), abs=1e-4)
    names = [note for note in ridge["layout"]["annotations"] if "name" in note]
    assert [note["name"] for note in names] == list(run.layers_with(name))
    assert [note["y"] for note in names] == list(range(len(names)))
    assert "each layer to its own peak" in texts(ridge)[0]


def test_a_ridges_picture_has_filled_outlines_and_no_numbers_beside_them() -> None:
    picture = ElementTree.fromstring(
        svg.render(FIGURES["weight"].draw(make_run(2), PAGE, view=View(ridge=True)), "Weights")
    )
    rows = [path for path in picture.iter("path") if path.get("data-layer")]
    assert [row.get("data-layer") for row in rows] == ["hidden1", "hidden2", "hidden3", "output"]
    assert all(row.get("fill", "").startswith("light-dark(rgba") and row.get("stroke") for row in rows)
    left = [text.text for text in picture.iter("text") if text.get("text-anchor") == "end"]
    assert left == ["layer 1", "layer 2", "layer 3", "output"]


def test_everything_of_a_layer_says_whose_it_is() -> None:
    picture = ElementTree.fromstring(svg.render(FIGURES["jacobian"].draw(make_run(4), PAGE), ""))
    own = [(element.tag, element.get("data-layer")) for element in picture.iter() if element.get("data-layer")]
    assert own == [(tag, layer) for tag in ("path", "path", "text") for layer in ("hidden2", "hidden3")]


# --- what theory expects ---


def expected_lines(name: str, step: int | None = 0, **spec: Any) -> tuple[list[Json], list[str]]:
    drawn = FIGURES[name].draw(make_run(3, **spec), LIGHT, step=step, view=View(expected=True))
    return [line for line in drawn["data"] if "expected" in line["name"]], texts(drawn)


def test_the_expected_density_is_dotted_in_the_layers_colour_at_step_0_only() -> None:
    lines, said = expected_lines("activation")
    assert [line["meta"] for line in lines] == ["hidden1", "hidden2", "hidden3"]
    measured = FIGURES["activation"].draw(make_run(3), LIGHT)["data"]
    assert [line["line"]["color"] for line in lines] == [line["line"]["color"] for line in measured]
    assert {line["line"]["dash"] for line in lines} == {"1px,3px"}
    assert "dotted: what theory expects" in said
    later, said = expected_lines("activation", step=None)
    assert later == []
    assert "expected values are those of step 0" in said


def test_where_theory_is_silent_nothing_is_drawn_and_the_figure_says_why() -> None:
    for name in ("activation", "backprop_gradient", "weight"):
        lines, said = expected_lines(name, transfer_from="another", transfer_layers=1)
        assert lines == []
        assert "no prediction: layers of another run are not random" in said
    lines, said = expected_lines("backprop_gradient", init="xavier_uniform")
    assert [line["meta"] for line in lines] == ["hidden1", "hidden2"]
    assert "dotted: what theory expects, where it is known" in said
    assert len(expected_lines("backprop_gradient", init="xavier_normal")[0]) == 3


# --- overviews ---


OVERVIEWS = ("saturation", "gradient_overview", "dead_overview")


def test_the_gradients_overview_holds_the_logarithm_of_its_standard_deviation() -> None:
    run = make_run(4)
    (cells,) = FIGURES["gradient_overview"].draw(run, LIGHT)["data"]
    assert pytest.approx(np.log10(run.statistic("backprop_gradient", "std")), rel=1e-4) == np.array(cells["z"]).T
    assert cells["zmin"] <= np.min(cells["z"]) < np.max(cells["z"]) <= cells["zmax"]
    assert all(re.fullmatch("1|10|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", text) for text in cells["colorbar"]["ticktext"])
    assert len(cells["colorbar"]["ticktext"]) >= 2


@pytest.mark.parametrize("name", OVERVIEWS)
def test_cells_after_a_run_diverged_are_grey_and_leave_the_scale_alone(name: str) -> None:
    whole = FIGURES[name].draw(make_run(2), LIGHT)["data"][0]
    figure = FIGURES[name].draw(make_run(4, diverges_at=2), LIGHT)
    cells, grey = figure["data"]
    assert (cells["zmin"], cells["zmax"]) == (whole["zmin"], whole["zmax"])
    assert [[value is None for value in row] for row in cells["z"]] == [[False, False, True, True]] * 3
    assert grey["z"] == [[None, None, 0, 0]] * 3
    assert "not finite from epoch 2" in texts(figure)


def test_a_gradient_of_exactly_0_is_grey_and_said() -> None:
    run = make_run(2)
    first = run.snapshots[0]
    signals = first.layers[0].signals | {
        "backprop_gradient": replace(first.layers[0].signals["backprop_gradient"], std=0.0)
    }
    layers = (replace(first.layers[0], signals=signals), *first.layers[1:])
    figure = FIGURES["gradient_overview"].draw(replace(run, snapshots=(replace(first, layers=layers),)), LIGHT)
    assert figure["data"][1]["z"] == [[0], [None], [None]]
    assert "grey: exactly 0" in texts(figure)


def test_units_that_cannot_die_have_no_overview() -> None:
    assert not FIGURES["dead_overview"].suits(RunSpec(activation="linear"))
    assert FIGURES["gradient_overview"].suits(RunSpec(activation="linear"))


# --- languages ---


def test_a_figure_in_spanish_has_decimal_commas_in_the_picture_and_in_plotlys_layout() -> None:
    with speaking("es"):
        figure = FIGURES["loss"].draw(make_run(3), LIGHT)
        picture = ElementTree.fromstring(svg.render(figure, ""))
    assert figure["layout"]["separators"] == ",."
    numbers = [text.text or "" for text in picture.iter("text") if re.match(r"\d", text.text or "")]
    assert any("," in number for number in numbers)
    assert not any("." in number for number in numbers)
    assert "separators" not in FIGURES["loss"].draw(make_run(3), LIGHT)["layout"]
