"""Names that carry markup are text wherever they are read: pages, charts, pictures, tables, the preview of a link."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from ml.spec import RunSpec
from tests.lab_runs import TRIAL
from tests.members import stranger
from tests.records import make_run
from tests.saving import ORIGIN, save_run
from tests.signing_in import student

NAME = """</title></script><img src=x onerror=alert(1)><a href="javascript:alert(2)">'"&amp;{{7*7}}"""
SHORT = NAME.removeprefix("</title></script>")[:60]  # as a person may be called
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


def foreign(document: str) -> list[tuple[str, object]]:
    elements = Elements()
    elements.feed(document)
    return elements.foreign


@pytest.fixture
def places(client: TestClient, session: Session) -> dict[str, str]:
    """What the addresses of the pages name."""
    run, other = (save_run(session, make_run(3, name=NAME)) for _ in range(2))
    asked = {"name": NAME, "base": {"hidden": [4], "epochs": 0}, "vary": {"lr": [0.1, 0.2]}}
    made = client.post("/api/experiments", json=asked)
    share = client.post(f"/api/runs/{run}/shares").json()["url"]
    return {"run": run, "other": other, "experiment": made.json()["id"], "share": share, "name": quote(NAME)}


@pytest.mark.parametrize("page", PAGES)
def test_a_name_with_markup_is_inert(client: TestClient, places: dict[str, str], page: str) -> None:
    answer = client.get(page.format_map(places), follow_redirects=True)
    assert answer.status_code == 200, answer.text[:300]
    assert foreign(answer.text) == []


def test_the_name_is_on_the_page_as_it_was_typed(client: TestClient, places: dict[str, str]) -> None:
    """Else the test above would say nothing."""
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", client.get(f"/runs/{places['run']}").text, re.DOTALL)
    assert heading is not None
    assert "&lt;img src=x onerror=alert(1)&gt;" in heading[1]
    assert "{{7*7}}" in heading[1]


def test_a_form_that_comes_back_holds_it_as_text(client: TestClient) -> None:
    page = client.post("/runs", data={"name": NAME, "lr": "-1"}, headers=ORIGIN)
    assert page.status_code == 422
    assert foreign(page.text) == []


@pytest.fixture
def signed_in(class_app: FastAPI) -> TestClient:
    """The browser of a student of such a name."""
    browser = stranger(class_app)
    assert browser.post("/sign-in", data=student(SHORT)).headers["location"] == "/"
    return browser


@pytest.fixture
def class_pages(class_app: FastAPI, signed_in: TestClient, teacher: TestClient) -> list[str]:
    """Addresses of the pages on which a class is read of, after one of it, and somebody else, have said who they are
    wherever one can."""
    made = signed_in.post("/api/runs?shown=true", json={"hidden": [4], "epochs": 0, "name": NAME}).json()
    signed_in.post(f"/api/runs/{made['id']}/shares")
    signed_in.post(f"/labs/{TRIAL}", data={"choice": "0"})
    lab = teacher.post(f"/labs/{TRIAL}/class").headers["location"]
    mystery = teacher.post("/mystery/new", data={"title": NAME}).headers["location"]
    said = {"name": SHORT, "choice": "0", "rule": "overfit", "cure": "none"}
    for who in (signed_in, stranger(class_app)):
        for link in (link_on(teacher.get(lab).text), link_on(teacher.get(mystery).text) + "/answers"):
            assert who.post(link, data=said).status_code == 303
    overview = teacher.get("/teacher").text
    own = sorted(set(re.findall(r'href="(/teacher/(?:members|labs|mysteries)/\w+)"', overview)))
    assert len(own) >= 3
    return ["/teacher", "/shares", "/?whose=class", f"/runs/{made['id']}", lab, mystery, *own]


def link_on(page: str) -> str:
    """That which a teacher gives to the class."""
    found = re.search(r'value="[^"]*(/[lm]/[\w-]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("trial")
def test_names_with_markup_are_inert_on_the_pages_of_a_class(teacher: TestClient, class_pages: list[str]) -> None:
    for address in class_pages:
        answer = teacher.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        assert foreign(answer.text) == [], address
        assert "&lt;img src=x onerror=alert(1)&gt;" in answer.text, address


def test_the_picture_of_a_link_is_drawn_of_such_a_name(client: TestClient, places: dict[str, str]) -> None:
    answer = client.get(f"{places['share']}/figures/preview.png")
    assert answer.content.startswith(b"\x89PNG")


def test_whatever_a_name_holds_it_is_no_address_of_a_download(client: TestClient, places: dict[str, str]) -> None:
    for address in (f"/runs/{places['run']}.html", f"/api/runs/{places['run']}/export.zip"):
        assert re.fullmatch(
            r'attachment; filename="layerscope-[\w-]+\.\w+"', client.get(address).headers["content-disposition"]
        )


def test_the_name_is_one_that_a_run_may_have() -> None:
    assert RunSpec(name=NAME).name == NAME
