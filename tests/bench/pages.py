"""What a student waits for."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.bench.table import missing, row, seconds
from tests.browser import find_chromium, launch_chromium, wait_until
from tests.server import Server, wait_for

# Notes when Launch was pressed, and when the first line of a layer's histogram was painted.
WATCH = """
addEventListener("submit", () => sessionStorage.setItem("pressed", Date.now()), true);
new MutationObserver((_, observer) => {
  if (!document.querySelector('.figure[data-figure="activation"] svg path')) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.waited = Date.now() - sessionStorage.getItem("pressed"); }));
}).observe(document, { childList: true, subtree: true });
"""


def waiting() -> None:
    if find_chromium() is None:
        missing("p", "seconds from Launch to the first layer histogram on the screen", "needs Chromium")
        return
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server, launch_chromium() as browser:
        row("p", "seconds from Launch to the first layer histogram on the screen", waits(browser, server))
        row("p", "one figure of a run as JSON / its SVG picture", json_by_svg(server))


def waits(browser: Browser, server: Server, rounds: int = 10) -> list[float]:
    """As a student's browser sees it, on an idle worker."""
    wait_for(lambda: server.pid("trainer"), "a worker with a warm child")
    page = browser.new_page()
    page.add_init_script(WATCH)
    return [wait_once(page, server, seed) for seed in range(rounds)]


def wait_once(page: Page, server: Server, seed: int) -> float:
    page.goto(f"{server.url}/new?hidden=300,100&dropout=0.2&seed={seed}")
    page.wait_for_load_state("networkidle")
    page.get_by_role("button", name="Launch").click()
    page.wait_for_url("**/runs/*")
    waited = wait_until(page, "window.waited")
    page.locator(".pill.finished").wait_for()
    return float(waited) / 1000


def json_by_svg(server: Server, rounds: int = 20) -> list[float]:
    run_id = server.launch(hidden=[100] * 5)
    server.wait_until_ended(run_id)
    path = f"/api/runs/{run_id}/figures/activation"

    def get(address: str) -> Callable[[], object]:
        return lambda: server.client.get(address)

    get(path)(), get(path + ".svg")()
    return [seconds(get(path)) / seconds(get(path + ".svg")) for _ in range(rounds)]
