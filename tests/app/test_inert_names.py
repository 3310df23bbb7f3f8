"""Names that carry markup are text wherever they are read: pages, charts, pictures, tables, the preview of a link."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from ml.spec import RunSpec
from tests.records import make_run
from tests.saving import ORIGIN, save_run

NAME = """</title></script><img src=x onerror=alert(1)><a href="javascript:alert(2)">'"&amp;{{7*7}}"""
PAGES = [
    "/", "/runs/{run}", "/runs/{run}.html", "/runs/{run}/repairs", "/compare?run={run}&run={other}",
    "/experiments/{experiment}", "/new?name={name}", "{share}", "/api/runs/{run}/diagnosis.html",
    "/api/runs/{run}/figures/loss.html", "/api/runs/{run}/figures/loss.svg",
    "/api/compare/figures/val_loss.svg?runs={run}.{other}",
]  # fmt: skip


class Elements(HTMLParser):
    """What a browser makes of a document: the elements that a name could have begun."""

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[tuple[str, object]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        runs_script = any(
            name.startswith("on") or (value or "").startswith("javascript:") for name, value in attributes
        )
        if runs_script or (tag == "img" and values.get("src") == "x"):
            self.foreign.append((tag, values))


@pytest.fixture
def places(client: TestClient, session: Session) -> dict[str, str]:
    """What the addresses of the pages name."""
    run, other = (save_run(session, make_run(3, name=NAME)) for _ in range(2))
    asked = {"name": NAME, "base": {"hidden": [4], "epochs": 0}, "vary": {"name": [NAME, "=1+1"]}}
    made = client.post("/api/experiments", json=asked)
    assert made.status_code in (201, 422)
    if made.status_code == 422:  # a name is nothing to vary
        made = client.post("/api/experiments", json=asked | {"vary": {}})
    share = client.post(f"/api/runs/{run}/shares").json()["url"]
    return {"run": run, "other": other, "experiment": made.json()["id"], "share": share, "name": quote(NAME)}


@pytest.mark.parametrize("page", PAGES)
def test_a_name_with_markup_is_inert(client: TestClient, places: dict[str, str], page: str) -> None:
    answer = client.get(page.format_map(places), follow_redirects=True)
    assert answer.status_code == 200, answer.text[:300]
    elements = Elements()
    elements.feed(answer.text)
    assert elements.foreign == []


def test_the_name_is_on_the_page_as_it_was_typed(client: TestClient, places: dict[str, str]) -> None:
    """Else the test above would say nothing."""
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", client.get(f"/runs/{places['run']}").text, re.DOTALL)
    assert heading is not None
    assert "&lt;img src=x onerror=alert(1)&gt;" in heading[1]
    assert "{{7*7}}" in heading[1]


def test_a_form_that_comes_back_holds_it_as_text(client: TestClient) -> None:
    page = client.post("/runs", data={"name": NAME, "lr": "-1"}, headers=ORIGIN)
    assert page.status_code == 422
    elements = Elements()
    elements.feed(page.text)
    assert elements.foreign == []


@pytest.mark.parametrize("figure", ["runs/{run}/figures/loss", "compare/figures/val_loss?runs={run}.{other}"])
def test_plotly_is_given_no_name_that_it_would_read_as_markup(
    client: TestClient, places: dict[str, str], figure: str
) -> None:
    """It takes <a> and <b> in titles, legends and tooltips for what they are."""
    answer = client.get(f"/api/{figure}".format_map(places))
    assert answer.status_code == 200
    assert "onerror" not in answer.text
    assert "javascript:" not in answer.text


def test_the_picture_of_a_link_is_drawn_of_such_a_name(client: TestClient, places: dict[str, str]) -> None:
    answer = client.get(f"{places['share']}/figures/preview.png")
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+cmd|'/C calc'!A0"])
def test_no_table_that_is_downloaded_begins_a_cell_with_a_formula(
    client: TestClient, session: Session, name: str
) -> None:
    run = save_run(session, make_run(3, name=name))
    for address in (f"/api/runs/{run}/figures/loss.csv", f"/api/runs/{run}/figures/bands.csv?layer=hidden1"):
        cells = re.split(r"[,\r\n]+", client.get(address).text)
        assert [cell for cell in cells if cell.startswith(("=", "@", "+", "\t"))] == []


def test_whatever_a_name_holds_it_is_no_address_of_a_download(client: TestClient, places: dict[str, str]) -> None:
    for address in (f"/runs/{places['run']}.html", f"/api/runs/{places['run']}/export.zip"):
        assert re.fullmatch(
            r'attachment; filename="layerscope-[\w-]+\.\w+"', client.get(address).headers["content-disposition"]
        )


def test_the_name_is_one_that_a_run_may_have() -> None:
    assert RunSpec(name=NAME).name == NAME
