"""Whoever watches a run is told of each snapshot once, in order, whatever is killed and started again meanwhile."""

import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from tests.server import Server, wait_for

EVERY, EPOCHS = 200, 20
STEPS = list(range(0, EVERY * EPOCHS + 1, EVERY))
LONG = {
    "dataset": "shapeset", "hidden": [100] * 5, "activation": "tanh", "init": "xavier_uniform", "optimizer": "sgd",
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
                continue

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

    def wait_for(self, count: int) -> None:
        wait_for(lambda: len(self.ids) >= count, f"{count} snapshots to be told")

    def whole(self) -> list[str]:
        self.join(90)
        assert self.status == "finished"
        return self.ids


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """On a port that is the same after it was started again."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with Server(tmp_path, PORT=str(port)) as server:
        yield server


def kill(server: Server, role: str, run_id: str) -> None:
    victim = server.pid(role, run_id)
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: server.pid(role, run_id) not in (None, victim), f"another {role}")


def test_a_web_process_that_is_killed_twice_leaves_no_gap_and_tells_nothing_twice(server: Server) -> None:
    run_id = server.launch(**LONG)
    watcher = Watcher(f"{server.url}/api/runs/{run_id}/events")
    for count in (3, 10):
        watcher.wait_for(count)
        kill(server, "web", run_id)
    assert watcher.whole() == [f"1-{step}" for step in STEPS]
    assert watcher.connections >= 3


def test_after_the_worker_was_killed_the_new_attempt_is_told_from_its_start(server: Server) -> None:
    run_id = server.launch(**LONG)
    watcher = Watcher(f"{server.url}/api/runs/{run_id}/events")
    watcher.wait_for(5)
    kill(server, "worker", run_id)
    ids = watcher.whole()
    first = [told for told in ids if told.startswith("1-")]
    assert first == [f"1-{step}" for step in STEPS[: len(first)]]
    assert ids[len(first) :] == [f"2-{step}" for step in STEPS]


def test_a_server_that_is_killed_and_started_again_goes_on_telling(server: Server) -> None:
    run_id = server.launch(**LONG)
    watcher = Watcher(f"{server.url}/api/runs/{run_id}/events")
    watcher.wait_for(5)
    server.kill()
    server.start()
    ids = watcher.whole()
    first = [told for told in ids if told.startswith("1-")]
    assert first == [f"1-{step}" for step in STEPS[: len(first)]]
    assert ids[len(first) :] == [f"2-{step}" for step in STEPS]


@pytest.mark.browser
@pytest.mark.parametrize("role", ["web", "worker"])
def test_an_open_page_shows_every_snapshot_once(chromium: Browser, server: Server, role: str) -> None:
    run_id = server.launch(**LONG)
    page = chromium.new_page()
    page.goto(f"{server.url}/runs/{run_id}")
    slider = page.get_by_label("Epoch", exact=True)
    page.wait_for_function("document.querySelector('#epoch').value > 3", timeout=60_000)
    kill(server, role, run_id)
    expect(page.locator(".pill")).to_have_text("Finished", timeout=90_000)
    expect(slider).to_have_attribute("max", str(EPOCHS))
    expect(page.locator("output")).to_contain_text(f"{STEPS[-1]:,}")
    assert page.locator("#run").get_attribute("data-attempt") == ("1" if role == "web" else "2")
    page.close()
