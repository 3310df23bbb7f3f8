"""The Learn pages and the labs in both languages, light and dark, wide and on a phone: axe, the console and a ruler
find nothing."""

import re

import pytest
from playwright.sync_api import Browser

from tests.server import Server
from tests.walk import LOOKS, walk

pytestmark = pytest.mark.browser

LEARN = {
    "learn": "/learn",
    "back-propagation by hand": "/learn/backprop?step=16",
    "activations": "/learn/activations?activation=gelu&with_elu=1&with_maxout=1&depth=3",
    "signal as a class gets it": "/learn/signal?gain=2&activation=relu&hide=seed",
    "costs": "/learn/cost-surfaces?turn=-60",
    "optimizers racing": "/learn/optimizers?step=120",
    "dropout": "/learn/dropout?hide=seed",
    "convolution": "/learn/convolution?row=1",
}


@pytest.fixture(scope="module")
def labs(server: Server) -> dict[str, str]:
    """The address of each page of a lab that has ended and was given to a class."""
    name = "vanishing-gradient"
    lab = server.client.post(f"/api/labs/{name}").json()
    for run in lab["runs"]:
        server.wait_until_ended(run["id"])
    asked = {"experiment": lab["id"]}
    teacher = server.client.post(f"/labs/{name}/class", data=asked).headers["location"]
    of_class = found(r'value="[^"]*(/l/[\w-]+)"', server.client.get(teacher).text)
    result = server.client.post(f"/labs/{name}", data=asked | {"choice": "3", "name": "Ana"}).headers["location"]
    report = found(r"/labs/reports/\w+", server.client.get(result).text)
    shared = server.client.post(f"{report}/shares", data={"lasting": "0"}).text
    return {
        "labs": "/labs",
        "question": f"/labs/{name}",
        "result": f"{result}?look=1",
        "report": report,
        "shared report": found(r'value="[^"]*(/s/[\w-]+)"', shared),
        "lab of a class, not predicted": of_class,
        "lab of the teacher": teacher,
    }


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None
    return match[match.lastindex or 0]


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_the_learn_pages_are_in_order(
    chromium: Browser, server: Server, language: str, scheme: str, width: int
) -> None:
    assert walk(chromium, server, LEARN, language, scheme, width) == []


@pytest.mark.parametrize(("language", "scheme", "width"), LOOKS)
def test_the_pages_of_a_lab_are_in_order(
    chromium: Browser, server: Server, labs: dict[str, str], language: str, scheme: str, width: int
) -> None:
    assert walk(chromium, server, labs, language, scheme, width) == []
