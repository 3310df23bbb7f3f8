import math
import re
from xml.etree import ElementTree

import pytest

from app import svg
from app.figures import FIGURES, LIGHT, PAGE
from app.figures.axes import linear, log
from app.ticks import ticks
from tests.records import make_run

RUNS = [make_run(0, status="queued"), make_run(1), make_run(4), make_run(4, diverges_at=2), make_run(2, hidden=(3,) * 50)]


def draw(name, run, theme=PAGE):
    return ElementTree.fromstring(svg.render(FIGURES[name].draw(run, theme), FIGURES[name].title))


def paths(picture, attribute):
    return [element for element in picture.iter("path") if element.get(attribute, "none") != "none"]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("run", RUNS, ids=["empty", "one", "finished", "diverged", "deep"])
def test_every_figure_becomes_one_well_formed_picture_without_a_nan(name, run):
    picture = draw(name, run)
    assert picture.tag == "svg"
    assert not re.search(r"\b(nan|inf|None)\b", ElementTree.tostring(picture, encoding="unicode"))


def test_a_density_has_one_stroke_per_layer_in_the_layers_colour_and_dashes():
    run = make_run()
    figure = FIGURES["activation"].draw(run, PAGE)
    strokes = [(path.get("stroke"), path.get("stroke-dasharray")) for path in paths(draw("activation", run), "stroke")]
    expected = [(t["line"]["color"], t["line"]["dash"].replace("px", "")) for t in figure["data"]]
    assert strokes == [(colour, None if dash == "solid" else dash) for colour, dash in expected]


def test_the_picture_is_as_high_as_plotlys():
    figure = FIGURES["loss"].draw(make_run(), PAGE)
    picture = svg.render(figure, "Loss")
    margin = figure["layout"]["margin"]
    height = int(ElementTree.fromstring(picture).get("height", "0"))
    assert height + margin["t"] + margin["b"] == figure["layout"]["height"]
    assert f"margin:{margin['t']}px 0 {margin['b']}px {margin['l']}px" in picture


def test_points_lie_where_the_axes_say():
    figure = FIGURES["loss"].draw(make_run(3), PAGE)
    path = paths(ElementTree.fromstring(svg.render(figure, "")), "stroke")[0].get("d", "")
    drawn = [tuple(map(float, point.split())) for point in re.split("[ML]", path)[1:]]
    (left, right), (low, high) = figure["layout"]["xaxis"]["range"], figure["layout"]["yaxis"]["range"]
    height = figure["layout"]["height"] - figure["layout"]["margin"]["t"] - figure["layout"]["margin"]["b"]
    for (x, y), epoch, loss in zip(drawn, (0, 1, 2), (2.3, 1.15, 2.3 / 3), strict=True):
        assert x == pytest.approx(1000 * (epoch - left) / (right - left), abs=0.06)
        assert y == pytest.approx(height * (high - loss) / (high - low), abs=0.06)


def test_a_line_is_cut_where_a_value_is_missing():
    figure = FIGURES["error"].draw(make_run(5), PAGE)
    figure["data"][0]["y"][2] = None
    path = paths(ElementTree.fromstring(svg.render(figure, "")), "stroke")[0].get("d", "")
    assert path.count("M") == 2


def test_a_lone_point_is_a_dot():
    dots = [path for path in paths(draw("loss", make_run(1)), "stroke") if path.get("stroke-linecap") == "round"]
    assert len(dots) == 2


def test_a_long_line_is_thinned_to_its_envelope():
    figure = FIGURES["loss"].draw(make_run(5), PAGE)
    spiky = [1.0] * 50_000
    spiky[31_000] = 2.5
    figure["data"] = figure["data"][:1]
    figure["data"][0] |= {"x": [i * 4 / 50_000 for i in range(50_000)], "y": spiky}
    path = paths(ElementTree.fromstring(svg.render(figure, "")), "stroke")[0].get("d", "")
    heights = [float(point.split()[1]) for point in re.split("[ML]", path)[1:]]
    assert len(heights) < 3_000
    assert sum(height < min(heights) + 1 for height in heights) == 1


def test_text_is_escaped():
    figure = FIGURES["loss"].draw(make_run(), PAGE)
    figure["layout"]["annotations"][0]["text"] = "<script>alert('x')</script>"
    picture = svg.render(figure, '"><script>')
    assert "<script" not in picture
    assert ElementTree.fromstring(picture).get("aria-label") == '"><script>'


def test_cells_of_a_heatmap_get_the_colour_of_their_share():
    picture = draw("saturation", make_run(2), LIGHT)
    fills = {path.get("fill"): path.get("d", "").count("M") for path in paths(picture, "fill")}
    # 0, 10 and 20 % of a scale that ends at 60 %: none, a third and two thirds of the way to its middle.
    assert fills == {f"color-mix(in srgb, #f4f4f1, #d58aa4 {percent}%)": 2 for percent in (0, 33, 67)}


def test_the_colour_bar_is_labelled():
    labels = [text.text for text in draw("saturation", make_run(2)).iter("text")]
    assert {"0 %", "30 %", "≥ 60 %"} <= set(labels)


@pytest.mark.parametrize(
    ("low", "high", "count", "texts"),
    [
        (0, 3, 6, ["0", "1", "2", "3"]),
        (-1.03, 1.03, 5, ["−1", "−0.5", "0", "0.5", "1"]),
        (-0.0052, 0.0052, 5, ["−0.005", "0", "0.005"]),
        (-0.00052, 0.00052, 5, ["−5×10⁻⁴", "0", "5×10⁻⁴"]),
        (0, 31_000, 4, ["0", "1×10⁴", "2×10⁴", "3×10⁴"]),
    ],
)
def test_linear_ticks_read_like_plotlys(low, high, count, texts):
    assert [text for _, text in ticks(linear(LIGHT, low, high, ticks=count))] == texts


def test_logarithmic_ticks_are_named_at_powers_of_ten_only():
    named = [(value, text) for value, text in ticks(log(LIGHT, -2, 1)) if text]
    assert named == [(-2, "10⁻²"), (-1, "10⁻¹"), (0, "1"), (1, "10")]
    silent = [value for value, text in ticks(log(LIGHT, -2, 0)) if not text]
    assert silent == pytest.approx([-2 + math.log10(2), -2 + math.log10(5), -1 + math.log10(2), -1 + math.log10(5)])


def test_many_decades_are_not_all_named():
    assert [value for value, _ in ticks(log(LIGHT, -30, 0))] == [-30, -24, -18, -12, -6, 0]
