"""From the start of a server to the first picture in a browser, ours and TensorBoard's."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.table import missing, row
from tests.browser import find_chromium, launch_chromium
from tests.server import wait_for

ROUNDS = 5
# Their page of one of the runs; it draws the first histograms by itself.
THEIR_PAGE, THEIR_PICTURE = "/?runFilter=run7%24#timeseries", "card-view svg path"
Start = tuple[list[str], dict[str, str]]


def first_picture(folder: Path, run_id: str, logs: Path | None) -> None:
    """`folder` is our data, `logs` what TensorBoard reads."""
    if find_chromium() is None:
        missing("s", "s: from the start of the server to the first picture", "needs Chromium")
        return
    with launch_chromium() as browser:
        ours = [seen(browser, web(folder), f"/runs/{run_id}", "main svg path") for _ in range(ROUNDS)]
        row("s", "s: from the start of the server to the first picture in a browser", ours)
        if logs:
            theirs = [seen(browser, tensorboard(logs), THEIR_PAGE, THEIR_PICTURE) for _ in range(ROUNDS)]
            row("s", "s: the same with TensorBoard", theirs, target=f"> {max(ours):.2f}")


def seen(browser: Browser, start: Start, path: str, picture: str) -> float:
    """Seconds until the picture is on the page of a browser that holds nothing."""
    began = time.perf_counter()
    with started(start) as port:
        page = browser.new_context().new_page()
        page.goto(f"http://127.0.0.1:{port}{path}", wait_until="commit")
        page.wait_for_selector(picture, state="attached")
        took = time.perf_counter() - began
        page.context.close()
    return took


def web(folder: Path) -> Start:
    return [sys.executable, "-m", "app", "web"], {"DATA_DIR": str(folder)}


def tensorboard(logs: Path) -> Start:
    return [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs)], {}


@contextmanager
def started(start: Start) -> Iterator[int]:
    """The port of a server that takes connections."""
    command, environment = start
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*command, "--port", str(port)] if "tensorboard.main" in command else command
    process = subprocess.Popen(
        command, env={**os.environ, **environment, "PORT": str(port)}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(lambda: _listens(port), "the server to listen")
        yield port
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
