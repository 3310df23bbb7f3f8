import re
from itertools import accumulate
from xml.etree import ElementTree

import pytest

from app import svg
from app.figures import FIGURES, LIGHT, PAGE, Theme
from ml.records import RunRecord
from tests.records import make_everything, make_run

RUNS = [
    make_run(0, status="queued"),
    make_run(1),
    make_run(4),
    make_run(4, diverges_at=2),
    make_run(2, hidden=(3,) * 50),
    make_everything(4),
]


def draw(name: str, run: RunRecord, theme: Theme = PAGE) -> ElementTree.Element:
    return ElementTree.fromstring(svg.render(FIGURES[name].draw(run, theme), FIGURES[name].title))


def paths(picture: ElementTree.Element, attribute: str) -> list[ElementTree.Element]:
    return [element for element in picture.iter("path") if element.get(attribute, "none") != "none"]


def points(path: str) -> list[tuple[float, float]]:
    """The places along a path that begins at one and goes on by steps."""
    start, _, steps = path.removeprefix("M").partition("l")
    numbers = list(map(float, steps.split()))
    pairs = zip([float(start.split()[0]), *numbers[::2]], [float(start.split()[1]), *numbers[1::2]], strict=True)
    return list(accumulate(pairs, lambda place, step: (place[0] + step[0], place[1] + step[1])))


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("run", RUNS, ids=["empty", "one", "finished", "diverged", "deep", "everything"])
def test_every_figure_becomes_one_well_formed_picture_without_a_nan(name: str, run: RunRecord) -> None:
    picture = draw(name, run)
    assert picture.tag == "svg"
    assert not re.search(r"\b(nan|inf|None)\b", ElementTree.tostring(picture, encoding="unicode"))


def test_a_density_has_one_stroke_per_layer_in_the_layers_colour_and_dashes() -> None:
    run = make_run()
    figure = FIGURES["activation"].draw(run, PAGE)
    strokes = [(path.get("stroke"), path.get("stroke-dasharray")) for path in paths(draw("activation", run), "stroke")]
    expected = [(t["line"]["color"], t["line"]["dash"].replace("px", "")) for t in figure["data"]]
    assert strokes == [(colour, None if dash == "solid" else dash) for colour, dash in expected]


def test_the_picture_is_as_high_as_plotlys() -> None:
    figure = FIGURES["loss"].draw(make_run(), PAGE)
    picture = svg.render(figure, "Loss")
    margin = figure["layout"]["margin"]
    height = int(ElementTree.fromstring(picture).get("height", "0"))
    assert height + margin["t"] + margin["b"] == figure["layout"]["height"]
    assert f"margin:{margin['t']}px 0 {margin['b']}px {margin['l']}px" in picture


def test_points_lie_where_the_axes_say() -> None:
    figure = FIGURES["loss"].draw(make_run(3), PAGE)
    path = paths(ElementTree.fromstring(svg.render(figure, "")), "stroke")[0].get("d", "")
    drawn = points(path)
    (left, right), (low, high) = figure["layout"]["xaxis"]["range"], figure["layout"]["yaxis"]["range"]
    height = figure["layout"]["height"] - figure["layout"]["margin"]["t"] - figure["layout"]["margin"]["b"]
    for (x, y), epoch, loss in zip(drawn, (0, 1, 2), (2.3, 1.15, 2.3 / 3), strict=True):
        assert x == pytest.approx(1000 * (epoch - left) / (right - left), abs=0.06)
        assert y == pytest.approx(height * (high - loss) / (high - low), abs=0.06)


def test_a_line_is_cut_where_a_value_is_missing() -> None:
    figure = FIGURES["error"].draw(make_run(5), PAGE)
    figure["data"][0]["y"][2] = None
    path = paths(ElementTree.fromstring(svg.render(figure, "")), "stroke")[0].get("d", "")
    assert path.count("M") == 2


def test_a_lone_point_is_a_dot() -> None:
    dots = [path for path in paths(draw("loss", make_run(1)), "stroke") if path.get("stroke-linecap") == "round"]
    assert len(dots) == 2


def test_a_long_line_is_thinned_to_its_envelope() -> None:
    figure = FIGURES["loss"].draw(make_run(5), PAGE)
    spiky = [1.0] * 50_000
    spiky[31_000] = 2.5
    figure["data"] = figure["data"][:1]
    figure["data"][0] |= {"x": [i * 4 / 50_000 for i in range(50_000)], "y": spiky}
    path = paths(ElementTree.fromstring(svg.render(figure, "")), "stroke")[0].get("d", "")
    heights = [y for _, y in points(path)]
    assert len(heights) < 3_000
    assert sum(height < min(heights) + 1 for height in heights) == 1


def test_a_guide_runs_across_the_plot_where_its_value_is_also_on_a_logarithmic_axis() -> None:
    figure = FIGURES["update_ratio"].draw(make_run(4), PAGE)
    height = figure["layout"]["height"] - figure["layout"]["margin"]["t"] - figure["layout"]["margin"]["b"]
    low, high = figure["layout"]["yaxis"]["range"]
    (guide,) = [line for line in draw("update_ratio", make_run(4)).iter("line") if line.get("stroke-dasharray")]
    assert (guide.get("x1"), guide.get("x2")) == ("0", "100%")
    assert float(guide.get("y1", "")) == pytest.approx(height * (high + 3) / (high - low), abs=0.06)
    assert guide.get("y1") == guide.get("y2")


def test_text_is_escaped() -> None:
    figure = FIGURES["loss"].draw(make_run(), PAGE)
    figure["layout"]["annotations"][0]["text"] = "<script>alert('x')</script>"
    picture = svg.render(figure, '"><script>')
    assert "<script" not in picture
    assert ElementTree.fromstring(picture).get("aria-label") == '"><script>'


def test_cells_of_a_heatmap_get_the_colour_of_their_share() -> None:
    picture = draw("saturation", make_run(2), LIGHT)
    fills = {path.get("fill"): path.get("d", "").count("M") for path in paths(picture, "fill")}
    # 0, 10 and 20 % of a scale that ends at 60 %: none, a third and two thirds of the way to its middle.
    assert fills == {f"color-mix(in srgb, #f4f4f1, #d58aa4 {percent}%)": 2 for percent in (0, 33, 67)}


def test_the_colour_bar_is_labelled() -> None:
    labels = [text.text for text in draw("saturation", make_run(2)).iter("text")]
    assert {"0 %", "30 %", "≥ 60 %"} <= set(labels)


def test_as_a_file_it_is_a_document_of_its_own() -> None:
    document = ElementTree.fromstring(svg.as_file(FIGURES["loss"].draw(make_run(), LIGHT), "Loss"))
    assert document.tag == "{http://www.w3.org/2000/svg}svg"
    assert "light-dark" not in ElementTree.tostring(document, encoding="unicode")
