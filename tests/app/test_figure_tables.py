"""A figure's numbers to read and to compute with."""

import csv
import io
from xml.etree import ElementTree

import pytest

from app.figure_tables import MOST_ROWS, Table, as_csv, as_html, plain, table
from app.figures import FIGURES, LIGHT, View
from app.i18n import speaking
from tests.records import make_everything, make_run


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("name", FIGURES)
def test_a_table_has_the_numbers_that_are_drawn(name: str) -> None:
    figure = FIGURES[name].draw(make_everything(), LIGHT, view=plain(View()))
    rows = table(figure).rows
    assert rows
    if figure["data"][0]["type"] == "heatmap":
        drawn = [value for row in figure["data"][0]["z"] for value in row]
    else:
        drawn = [y for trace in figure["data"] for y in trace["y"]]
    assert [row[2] for row in rows] == drawn
    written = [row[2] for row in read(as_csv(table(figure)))[1:]]
    assert [float(text) if text else None for text in written] == drawn


def test_columns_are_named_with_their_units() -> None:
    assert table(FIGURES["loss"].draw(make_run(), LIGHT)).header == ("line", "epoch", "mean loss, nats")
    assert table(FIGURES["dead_overview"].draw(make_run(), LIGHT)).header == (
        "hidden layer", "epoch", "share of dead units",
    )  # fmt: skip


def test_zeros_and_densities_stand_in_the_table_as_they_are_whatever_the_picture_leaves_out() -> None:
    view = plain(View(log=True, ridge=True, smooth=True))
    assert view == View(log=False, ridge=False, smooth=True)
    rows = table(FIGURES["weight"].draw(make_run(), LIGHT, view=view)).rows
    assert rows[0][2] == 0


def test_a_band_has_a_lower_and_an_upper_edge() -> None:
    rows = table(FIGURES["bands"].draw(make_run(3), LIGHT)).rows[:6]
    assert [row[0] for row in rows] == ["mean ± std, lower"] * 3 + ["mean ± std, upper"] * 3
    assert sorted(row[1] for row in rows[3:]) == [0, 1, 2]  # type: ignore[type-var]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_text_is_never_a_formula_to_a_spreadsheet(text: str) -> None:
    assert read(as_csv(Table((text,), [(text,), (-1.5,)]))) == [[f"'{text}"], [f"'{text}"], ["-1.5"]]


def test_the_table_in_a_page_is_accessible_and_escaped() -> None:
    html = as_html(Table(("line", "<b>"), [("<i>", 1.5), ("x", None)]), "A & B", "/a.csv?x=1&y=2")
    page = ElementTree.fromstring(f"<div>{html}</div>")
    assert page.findtext(".//caption") == "A & B"
    assert [th.get("scope") for th in page.iter("th")] == ["col", "col", "row", "row"]
    assert [td.text for td in page.iter("td")] == ["1.5", "–"]
    link = page.find(".//a")
    assert link is not None
    assert link.get("href") == "/a.csv?x=1&y=2"
    assert "2 rows" in "".join(page.itertext())


def test_a_long_table_shows_rows_from_its_whole_length_and_says_how_many_there_are() -> None:
    html = as_html(Table(("n", "m"), [(i, i) for i in range(5000)]), "Long", "/long.csv")
    page = ElementTree.fromstring(f"<div>{html}</div>")
    shown = [int(td.text or "") for td in page.iter("td")]
    assert (len(shown), shown[0], shown[-1]) == (MOST_ROWS, 0, 4999)
    assert "200 of 5,000 rows" in "".join(page.itertext())


def test_numbers_in_a_page_are_the_languages_and_those_in_the_file_every_programs() -> None:
    with speaking("es"):
        numbers = Table(("n", "m"), [("a", -0.5)])
        assert "−0,5" in as_html(numbers, "", "")
        assert "-0.5" in as_csv(numbers)
