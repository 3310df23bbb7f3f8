"""What travels when somebody comes back to a page that he has seen before."""

import pytest
from playwright.sync_api import Browser, Page

from tests.server import Server

pytestmark = pytest.mark.browser
MOST_BYTES = 60_000


class Traffic:
    """Bytes that came over the wire, compressed and with their headers, by address."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._addresses: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda e: self._addresses.update({e["requestId"]: e["request"]["url"]}))
        session.on("Network.loadingFinished", self._finished)

    def _finished(self, event: dict[str, object]) -> None:
        address = self._addresses[str(event["requestId"])]
        self.bytes[address] = self.bytes.get(address, 0) + int(str(event["encodedDataLength"]))

    def of_a_visit(self, address: str) -> dict[str, int]:
        self.bytes.clear()
        self._page.goto(address, wait_until="networkidle")
        self._page.goto("about:blank")
        return dict(self.bytes)


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    run_id = server.launch(hidden=[100] * 5, activation="tanh", epochs=50, steps_per_epoch=5, name="Seen before")
    server.wait_until_ended(run_id)
    return run_id


def address_of(server: Server, page: str, run_id: str) -> str:
    if page == "share":
        return str(server.client.post(f"/api/runs/{run_id}/shares").json()["link"])
    return server.url + {"home": "/", "form": "/new", "run": f"/runs/{run_id}"}[page]


@pytest.mark.parametrize("page", ["home", "form", "run", "share"])
def test_a_second_visit_needs_little(chromium: Browser, server: Server, run_id: str, page: str) -> None:
    context = chromium.new_context()
    traffic, address = Traffic(context.new_page()), address_of(server, page, run_id)
    first, second = traffic.of_a_visit(address), traffic.of_a_visit(address)
    context.close()
    assert sum(first.values()) > sum(second.values())
    largest = sorted(second.items(), key=lambda item: -item[1])[:8]
    assert sum(second.values()) <= MOST_BYTES, largest
    assert not [found for found, size in second.items() if "plotly.min.js" in found and size]
