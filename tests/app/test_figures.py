import json
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from app.figures import DARK, FIGURES, LIGHT, PAGE, Figure, layer_dash, saturation_word
from app.figures.axes import Json, decades, numbers, round_limit, round_range
from app.figures.densities import outline
from app.figures.marks import End, frame, name_ends
from app.figures.theory import predicted
from app.ticks import ticks
from ml.catalog import ACTIVATIONS
from ml.records import SIGNALS, Histogram, RunRecord
from ml.spec import RunSpec
from ml.theory import predict
from tests.records import make_everything, make_long, make_run

RUNS = {
    "nothing yet": make_run(0, status="queued", epochs=5),
    "the first snapshot": make_run(1, status="running", epochs=5),
    "a finished run": make_run(4),
    "a single layer": make_run(3, hidden=(5,)),
    "fifty layers": make_run(2, hidden=(3,) * 50),
    "two thousand snapshots": make_long(2000, hidden=(3,)),
    "diverged in the middle": make_run(4, diverges_at=2),
    "diverged from the start": make_run(2, diverges_at=0),
    "no flat side": make_run(2, activation="leaky_relu"),
    "unbounded": make_run(2, activation="relu"),
    "only the initialisation": make_run(1, epochs=0),
    "everything": make_everything(4),
    "everything, waiting": make_everything(0, status="queued"),
    "everything, just begun": make_everything(1, status="running"),
    "everything, diverged": make_everything(4, diverges_at=2),
}


def texts(figure: Json) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_plotly_accepts_every_figure_of_every_run_and_json_holds_it(name: str, run: RunRecord) -> None:
    figure = FIGURES[name].draw(run, LIGHT)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_with_data_names_its_quantities(name: str) -> None:
    figure = FIGURES[name].draw(make_everything(), LIGHT)
    assert figure["layout"]["xaxis"]["title"]["text"]
    assert texts(figure)[0]


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_every_figure_explains_itself_from_its_source(figure: Figure) -> None:
    assert len(figure.about) >= 2
    assert all(len(paragraph) > 60 for paragraph in figure.about)


@pytest.mark.parametrize("signal", SIGNALS)
def test_densities_have_one_line_per_layer_named_by_the_layer(signal: str) -> None:
    run = make_run()
    lines = FIGURES[signal].draw(run, LIGHT)["data"]
    assert [line["meta"] for line in lines] == list(run.layers_with(signal))


def test_neighbouring_layers_differ_in_colour_and_in_dash() -> None:
    lines = FIGURES["activation"].draw(make_run(hidden=(4,) * 12), LIGHT)["data"]
    looks = [(line["line"]["color"], line["line"]["dash"]) for line in lines]
    assert all(a[0] != b[0] and a[1] != b[1] for a, b in pairwise(looks))
    assert len(set(looks)) == 12
    assert layer_dash(0) == "solid"


def test_a_layer_has_the_same_colour_on_every_figure() -> None:
    run = make_run()
    colours = {
        name: [t["line"]["color"] for t in FIGURES[name].draw(run, DARK)["data"][:3]]
        for name in ("activation", "weight", "gradient_flow")
    }
    colours["bands"] = [
        FIGURES["bands"].draw(run, DARK, layer=f"hidden{i}")["data"][3]["line"]["color"] for i in (1, 2, 3)
    ]
    assert len(set(map(tuple, colours.values()))) == 1


def test_the_page_theme_holds_both_schemes_colours() -> None:
    run = make_run()
    light, dark, both = (
        FIGURES["activation"].draw(run, theme)["data"][1]["line"]["color"] for theme in (LIGHT, DARK, PAGE)
    )
    assert both == f"light-dark({light},{dark})"


def test_densities_show_the_snapshot_at_the_step_or_the_last_one_before_it() -> None:
    run = make_run(4)
    at_20, at_29, latest = (FIGURES["activation"].draw(run, LIGHT, step=step)["data"] for step in (20, 29, None))
    assert at_20 == at_29
    assert at_20 != latest
    assert latest == FIGURES["activation"].draw(run, LIGHT, step=30)["data"]


def test_a_density_line_holds_the_histograms_density_where_the_bins_are_full() -> None:
    histogram = Histogram(-1.0, 1.0, np.array([100, 400, 300, 200]))
    x, y = outline(histogram)
    assert x == [-1.0, -1.0, -0.75, -0.25, 0.25, 0.75, 1.0, 1.0]
    assert y == [0.0, 0.2, 0.2, 0.8, 0.6, 0.4, 0.4, 0.0]


def test_thin_bins_are_taken_together_so_that_the_tail_does_not_jump() -> None:
    counts = np.array([500, 3, 0, 4, 0, 3, 0, 2, 5, 3])
    x, y = outline(Histogram(0.0, 10.0, counts))
    assert x == [0.0, 0.0, 0.5, 3.5, 8.0, 10.0]
    assert y == pytest.approx([0, 500 / 520, 500 / 520, 10 / 520 / 5, 10 / 520 / 4, 0])


def test_an_outline_keeps_all_the_mass_between_two_distant_peaks() -> None:
    x, y = outline(Histogram(0.0, 10.0, np.array([500, 0, 0, 0, 0, 0, 0, 0, 0, 500])))
    assert y == [0.0, 0.5, 0.5, 0.0, 0.5, 0.5, 0.0]
    assert x[3] == 5.0


def test_densities_of_a_bounded_activation_span_its_whole_range() -> None:
    for name in ("tanh", "sigmoid"):
        low, high = FIGURES["activation"].draw(make_run(activation=name), LIGHT)["layout"]["xaxis"]["range"]
        bounds = ACTIVATIONS[name].range
        assert bounds is not None
        assert low < bounds[0] < bounds[1] < high


def test_a_line_never_leaves_its_axis_upwards() -> None:
    for name in FIGURES:
        figure = FIGURES[name].draw(make_everything(), LIGHT)
        high = figure["layout"]["yaxis"]["range"][1]
        top = max(y for trace in figure["data"] for y in trace["y"])
        assert (math.log10(top) if figure["layout"]["yaxis"]["type"] == "log" else top) <= high


def test_bands_of_all_layers_share_their_vertical_axis() -> None:
    run = make_run(activation="relu")
    ranges = [
        FIGURES["bands"].draw(run, LIGHT, layer=layer)["layout"]["yaxis"]["range"] for layer in run.spec.hidden_layers
    ]
    assert ranges[0] == ranges[1] == ranges[2]


def test_bands_show_mean_std_and_percentiles_of_the_layer() -> None:
    run = make_run()
    band, p02, p98, mean = FIGURES["bands"].draw(run, LIGHT, layer="hidden2")["data"]
    summary = run.snapshots[0].layers[1].signals["activation"]
    assert (p02["y"][0], p98["y"][0], mean["y"][0]) == pytest.approx((summary.p02, summary.p98, summary.mean), rel=1e-5)
    assert (band["y"][0], band["y"][-1]) == pytest.approx(
        (summary.mean - summary.std, summary.mean + summary.std), rel=1e-5
    )


def test_bands_of_a_layer_that_is_not_there_are_refused() -> None:
    with pytest.raises(LookupError, match="hidden1, hidden2, hidden3"):
        FIGURES["bands"].draw(make_run(), LIGHT, layer="hidden9")


def test_gradient_flow_draws_the_standard_deviation_on_a_logarithmic_axis() -> None:
    run = make_run()
    figure = FIGURES["gradient_flow"].draw(run, LIGHT)
    assert figure["layout"]["yaxis"]["type"] == "log"
    drawn = np.array([line["y"] for line in figure["data"]]).T
    assert drawn == pytest.approx(run.statistic("backprop_gradient", "std"), rel=1e-5)


def test_saturation_is_a_row_per_layer_and_a_column_per_snapshot() -> None:
    (heatmap,) = FIGURES["saturation"].draw(make_run(4), LIGHT)["data"]
    assert heatmap["z"] == [[0.0] * 4, [0.1] * 4, [0.2] * 4]


def test_a_long_heatmap_is_thinned_but_keeps_its_ends() -> None:
    (heatmap,) = FIGURES["saturation"].draw(RUNS["two thousand snapshots"], LIGHT)["data"]
    assert (heatmap["x"][0], heatmap["x"][-1]) == (0, 1999)
    assert 150 < len(heatmap["x"]) < 320


def test_units_without_an_upper_bound_are_called_inactive() -> None:
    assert saturation_word(make_run(activation="tanh")) == "saturated"
    assert saturation_word(make_run(activation="relu")) == "inactive"


def test_a_diverged_run_shows_where_and_keeps_what_was_before() -> None:
    run = RUNS["diverged in the middle"]
    figure = FIGURES["loss"].draw(run, LIGHT)
    assert figure["data"][0]["y"] == [2.3, 1.15, None, None]
    assert "not finite from epoch 2" in texts(figure)
    assert figure["layout"]["shapes"][0]["x0"] == 2
    assert run.diverged_at is run.snapshots[2]
    assert RUNS["a finished run"].diverged_at is None


def test_a_density_without_finite_values_says_so() -> None:
    assert "no finite value at this step" in texts(FIGURES["weight"].draw(RUNS["diverged in the middle"], LIGHT))


@pytest.mark.parametrize("name", FIGURES)
def test_a_run_without_snapshots_says_that_it_waits(name: str) -> None:
    assert "waiting for the first snapshot" in texts(FIGURES[name].draw(RUNS["everything, waiting"], LIGHT))


def test_the_axis_of_epochs_grows_with_the_run_and_ends_with_it() -> None:
    running = make_run(8, status="running", epochs=100)
    assert FIGURES["loss"].draw(running, LIGHT)["layout"]["xaxis"]["range"] == pytest.approx([-0.08, 8.08])
    stopped = replace(running, status="cancelled")
    assert FIGURES["loss"].draw(stopped, LIGHT)["layout"]["xaxis"]["range"] == pytest.approx([-0.07, 7.07])


def test_a_loss_that_explodes_gets_a_logarithmic_axis() -> None:
    run = make_run(3)
    exploding = tuple(
        replace(s, metrics=replace(s.metrics, train_loss=10.0 ** (3 * i))) for i, s in enumerate(run.snapshots)
    )
    assert FIGURES["loss"].draw(replace(run, snapshots=exploding), LIGHT)["layout"]["yaxis"]["type"] == "log"
    assert FIGURES["loss"].draw(run, LIGHT)["layout"]["yaxis"]["type"] == "linear"


def test_names_of_lines_that_end_together_do_not_touch() -> None:
    layout = frame(LIGHT, 230, {"type": "linear", "range": [0, 1]}, {"type": "linear", "range": [0, 1]}, "y")
    name_ends(layout, [End(str(i), "#000000", 1, y) for i, y in enumerate((0.0, 0.001, 0.5, 0.501, 0.502))])
    per_unit = 230 - layout["margin"]["t"] - layout["margin"]["b"]
    heights = sorted(note["y"] * per_unit + note["yshift"] for note in layout["annotations"][1:])
    assert all(b - a >= 13.8 for a, b in pairwise(heights))
    assert heights[0] >= 8


def test_of_many_lines_the_first_and_the_last_are_named() -> None:
    names = texts(FIGURES["gradient_flow"].draw(RUNS["fifty layers"], LIGHT))[1:]
    assert len(names) == 8
    assert {"layer 1", "layer 50"} <= set(names)


def test_numbers_are_json_and_short() -> None:
    assert numbers([1 / 3, math.nan, math.inf, 0.0]) == [0.333333, None, None, 0.0]


@pytest.mark.parametrize(("value", "limit"), [(0, 1), (0.9, 1), (1, 1), (1.01, 1.5), (7.2e-5, 8e-5), (5.5e30, 6e30)])
def test_an_axis_ends_at_a_round_number(value: float, limit: float) -> None:
    assert round_limit(value) == pytest.approx(limit)


def test_ranges_hold_what_is_finite() -> None:
    assert round_range([-0.4, 2.1, math.nan]) == (-0.4, 3.0)
    assert round_range([math.nan]) == (0.0, 1.0)
    assert decades([0.02, 3.0, 0.0, math.nan]) == (-2, 1)
    assert decades([1.0]) == (-1, 0)
    assert decades([1e-30, 1.0], most=6) == (-6, 0)


def test_every_peak_is_on_the_picture_however_far_the_gradient_has_vanished() -> None:
    run = make_run(1, hidden=(5,) * 40)
    figure = FIGURES["backprop_gradient"].draw(run, LIGHT)
    low, high = (10**end for end in figure["layout"]["yaxis"]["range"])
    peaks = [max(y for y in trace["y"] if y is not None) for trace in figure["data"]]
    assert max(peaks) / min(peaks) > 1e9
    assert all(low < peak / 10 and peak < high for peak in peaks)


def with_losses(*losses: float) -> RunRecord:
    run = make_run(len(losses))
    told = [replace(s.metrics, train_loss=x, val_loss=x) for s, x in zip(run.snapshots, losses, strict=True)]
    return replace(run, snapshots=tuple(replace(s, metrics=m) for s, m in zip(run.snapshots, told, strict=True)))


@pytest.mark.parametrize(
    ("losses", "low", "high"),
    [((2.31, 2.1, 1.84), 1.8, 2.4), ((2.31, 2.3, 2.29), 0, 3), ((2.3, 1.0, 0.2), 0, 3), ((70.0, 44.0, 41.0), 41, 70)],
)
def test_the_loss_axis_starts_at_0_unless_the_loss_moves_far_from_it(
    losses: tuple[float, ...], low: float, high: float
) -> None:
    start, end = FIGURES["loss"].draw(with_losses(*losses), LIGHT)["layout"]["yaxis"]["range"]
    air = 0.03 * (high - low)
    assert (start, end) == pytest.approx((low - air, high + air))


THEORY = {"predicted_activation": "activation", "predicted_gradient": "backprop_gradient"}


@pytest.mark.parametrize(("name", "signal"), THEORY.items())
def test_theory_stands_beside_what_was_measured_before_the_first_step(name: str, signal: str) -> None:
    run = make_run(4)
    figure = FIGURES[name].draw(run, LIGHT)
    measured, expected = figure["data"]
    assert measured["x"] == expected["x"] == [1, 2, 3]
    assert measured["y"] == pytest.approx(run.statistic(signal, "std")[0], rel=1e-5)
    prediction = predict(run.spec)
    assert prediction is not None
    assert expected["y"] == pytest.approx(prediction.std(signal), rel=1e-5)
    assert (measured["line"]["dash"], expected["line"]["dash"]) == ("solid", "6px,3px")
    assert {"measured", "predicted"} <= set(texts(figure))


@pytest.mark.parametrize("name", THEORY)
def test_without_a_prediction_the_measured_line_stands_alone_and_the_figure_says_why(name: str) -> None:
    figure = FIGURES[name].draw(make_run(2, transfer_from="another", transfer_layers=1), LIGHT)
    assert [trace["name"] for trace in figure["data"]] == ["measured"]
    assert "no prediction: layers of another run are not random" in texts(figure)
    highest = max(figure["data"][0]["y"])
    assert math.log10(highest) < figure["layout"]["yaxis"]["range"][1] - 1


@pytest.mark.parametrize("name", THEORY)
def test_a_network_of_zeros_has_no_place_on_a_logarithmic_axis(name: str) -> None:
    zeros = predict(RunSpec(hidden=(4, 3), activation="tanh", init="normal", init_std=0.0))
    assert zeros is not None
    figure = predicted(RunSpec(hidden=(4, 3)), zeros, LIGHT, THEORY[name], height=160)
    assert figure["data"][0]["y"] == [None, None]
    assert "0 or not finite in every layer" in texts(figure)


@pytest.mark.parametrize(("depth", "labels"), [(1, "1"), (5, "1 2 3 4 5"), (50, "1 8 15 22 29 36 43 50")])
def test_layers_are_counted_in_whole_numbers(depth: int, labels: str) -> None:
    figure = FIGURES["predicted_activation"].draw(make_run(1, hidden=(3,) * depth), LIGHT)
    assert " ".join(text for _, text in ticks(figure["layout"]["xaxis"])) == labels
