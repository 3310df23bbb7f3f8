"""Whoever watches a run is told of each snapshot once, in order, whatever is killed and started again meanwhile."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from threading import Thread

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import wait_until
from tests.server import Server, left_of, wait_for

EVERY, EPOCHS = 300, 10
STEPS = list(range(0, EVERY * EPOCHS + 1, EVERY))
LONG = {
    "dataset": "shapeset", "hidden": [160] * 3, "activation": "tanh", "init": "xavier_uniform", "optimizer": "sgd",
    "lr": 0.05, "batch_size": 10, "epochs": EPOCHS, "steps_per_epoch": EVERY,
}  # fmt: skip


class Watcher(Thread):
    """Reads the events of a run as a browser does: where the connection is lost it comes back with the last id."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.ids: list[str] = []
        self.connections = 0
        self.status = ""
        self.start()

    def run(self) -> None:
        while self.status not in ("finished", "failed"):
            try:
                self._read()
            except httpx2.TransportError:
                time.sleep(0.2)

    def _read(self) -> None:
        headers = {"Last-Event-ID": self.ids[-1]} if self.ids else {}
        with httpx2.Client(timeout=60) as client, client.stream("GET", self._url, headers=headers) as stream:
            self.connections += 1
            event = ""
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    self.ids.append(value)
                elif name == "event":
                    event = value
                elif name == "data" and event == "status":
                    self.status = json.loads(value)["status"]

    def ids_of_attempt(self, attempt: int) -> list[str]:
        return [told for told in self.ids if told.startswith(f"{attempt}-")]

    def wait_for(self, count: int) -> None:
        wait_for(lambda: len(self.ids) >= count, f"{count} snapshots to be told")

    def whole(self) -> list[str]:
        self.join(90)
        assert self.status == "finished"
        return self.ids


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On a port that is the same after it was started again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Server(tmp_path_factory.mktemp("server"), PORT=str(port)) as server:
        yield server


@pytest.fixture
def run_id(server: Server) -> str:
    return server.launch(**LONG)


@pytest.fixture
def watcher(server: Server, run_id: str) -> Watcher:
    return Watcher(f"{server.url}/api/runs/{run_id}/events")


@pytest.fixture
def open_page(chromium: Browser, server: Server, run_id: str) -> Iterator[Page]:
    """The page of the run, opened at its start."""
    page = chromium.new_page()
    page.goto(f"{server.url}/runs/{run_id}")
    yield page
    page.close()


def kill(server: Server, role: str, run_id: str) -> None:
    victim = server.pid(role, run_id)
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: server.pid(role, run_id) not in (None, victim), f"another {role}")


def assert_page_is_whole(page: Page, attempt: int) -> None:
    expect(page.locator(".pill")).to_have_text("Finished", timeout=90_000)
    expect(page.get_by_label("Epoch", exact=True)).to_have_attribute("max", str(EPOCHS))
    expect(page.locator("output")).to_contain_text(f"{STEPS[-1]:,}")
    expect(page.locator("#run")).to_have_attribute("data-attempt", str(attempt))


def assert_told_anew(watcher: Watcher) -> None:
    """The first attempt from its start to where it broke off, then all of the second one."""
    assert watcher.whole() == watcher.ids_of_attempt(1) + watcher.ids_of_attempt(2)
    assert watcher.ids_of_attempt(1) == [f"1-{step}" for step in STEPS][: len(watcher.ids_of_attempt(1))]
    assert watcher.ids_of_attempt(2) == [f"2-{step}" for step in STEPS]


@pytest.mark.browser
def test_a_web_process_that_is_killed_twice_leaves_no_gap_and_tells_nothing_twice(
    server: Server, run_id: str, watcher: Watcher, open_page: Page
) -> None:
    for count in (3, 6):
        watcher.wait_for(count)
        kill(server, "web", run_id)
    assert watcher.whole() == [f"1-{step}" for step in STEPS]
    assert watcher.connections >= 3
    assert_page_is_whole(open_page, attempt=1)


@pytest.mark.browser
def test_after_the_worker_was_killed_the_new_attempt_is_told_from_its_start(
    server: Server, run_id: str, watcher: Watcher, open_page: Page
) -> None:
    wait_until(open_page, "document.querySelector('#epoch').value > 3")
    kill(server, "worker", run_id)
    assert_told_anew(watcher)
    assert_page_is_whole(open_page, attempt=2)


def test_a_product_that_is_killed_leaves_no_process_and_goes_on_telling_when_it_is_started_again(
    server: Server, watcher: Watcher
) -> None:
    watcher.wait_for(5)
    family = server.family()
    server.kill()
    assert left_of(family) == []
    server.start()
    assert_told_anew(watcher)
