"""Every page in both languages, light and dark, wide and on a phone: axe, the console and a ruler find nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.server import Server, wait_for
from tests.signing_in import PASSWORD, TEACHERS, student
from tests.walk import LOOKS, walk

pytestmark = pytest.mark.browser

# Where it would be more than text, the console would tell of the picture or of the script that the policy stops.
MARKUP = """Everything <img src="/nowhere.png" onerror="alert(1)"> <a href="http://example.org">measured</a>"""
EVERYTHING: dict[str, Any] = {
    "name": MARKUP, "hidden": [12, 10, 8], "activation": ["tanh", "maxout", "relu"], "dropout": 0.2,
    "mc_passes": 5, "clip": "norm", "max_norm": 2.0, "epochs": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product as a class meets it: it asks for the password, and nobody has run anything."""
    passwords = {"CLASS_PASSWORD": PASSWORD, "TEACHER_PASSWORD": TEACHERS}
    with Server(tmp_path_factory.mktemp("empty"), HOST="0.0.0.0", **passwords) as server:
        yield server


@pytest.fixture(scope="module")
def pages(server: Server) -> dict[str, str]:
    """The address of each page by what it shows: runs in every state that stays, and what is made of them."""
    finished, other = server.launch(**EVERYTHING), server.launch(hidden=[20], epochs=2, activation="sigmoid")
    diverged = server.launch(name="Diverges", hidden=[20, 20], lr=1000, optimizer="sgd", activation="linear", epochs=3)
    grid = {"name": "Two by two", "base": {"hidden": [8], "epochs": 1}, "vary": {"activation": ["tanh", "relu"]}}
    experiment = server.client.post("/api/experiments", json={**grid, "seeds": 2}).json()
    for run_id in (finished, other, diverged, *(run["id"] for run in experiment["runs"])):
        server.wait_until_ended(run_id)
    asked = {"rule": "loss_not_decreasing", "cures": ["usual_lr", "batch_norm"]}
    repairs = server.client.post(f"/api/runs/{diverged}/repairs", json=asked).json()
    for repair in repairs:
        server.wait_until_ended(repair["run"]["id"])
    shared = server.client.post(f"/api/runs/{finished}/shares").json()["url"]
    teacher, mystery, answer = make_mystery(server)
    return {
        "home": "/",
        "share links": "/shares",
        "home without a match": "/?q=nothing+of+the+kind",
        "form": "/new",
        "form with mistakes": "/new?lr=-1&hidden=x",
        "form with a remark": "/new?dropout=0.7&activation=linear",
        "form of a grid": "/new?hidden=60,60,60,60,60,60&activation=sigmoid&vary1=lr&values1=0.1,0.01&seeds=2",
        "finished run": f"/runs/{finished}?step=0&expected=1&table=loss",
        "diverged run, its receipt open": f"/runs/{diverged}?step=0#judged-diverged",
        "repairs": f"/runs/{diverged}/repairs",
        "repair": repairs[0]["url"],
        "experiment": experiment["url"],
        "comparison": f"/compare?run={finished}&run={other}",
        "comparison of one": f"/compare?run={finished}",
        "example": "/examples/dying-relu",
        "shared run": f"{shared}?view=ridge",
        "mystery": mystery,
        "answer to it": answer,
        "mystery of the teacher": teacher,
        "closed link": "/s/unknown",
        "no such run": "/runs/none",
        "no such page": "/nowhere",
    }


def make_mystery(server: Server) -> tuple[str, str, str]:
    """The page of the teacher, that of the class, and the result of an answer."""
    teacher = server.client.post("/mystery", data={"hidden": "12, 10", "epochs": "2"}).headers["location"]
    link = re.search(r'value="[^"]*(/m/[\w-]+)"', server.client.get(teacher).text)
    assert link is not None
    said = {"name": "Ana", "rule": "overfit", "cure": "lower_lr"}
    answer = server.client.post(f"{link[1]}/answers", data=said).headers["location"]
    wait_for(lambda: "data-waits" not in server.client.get(answer).text, "the answer to be graded")
    return teacher, link[1], answer


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_signing_in_and_the_home_page_before_any_run_are_in_order(
    chromium: Browser, empty_server: Server, language: str, scheme: str, width: int
) -> None:
    asked = {"sign in": "/sign-in", "sign in as a teacher": "/sign-in?as=teacher"}
    assert walk(chromium, empty_server, asked, language, scheme, width) == []
    assert walk(chromium, empty_server, {"home": "/"}, language, scheme, width, student()) == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_every_page_is_accessible_quiet_narrow_enough_and_keeps_to_its_host(
    chromium: Browser, server: Server, pages: dict[str, str], language: str, scheme: str, width: int
) -> None:
    assert walk(chromium, server, pages, language, scheme, width) == []
