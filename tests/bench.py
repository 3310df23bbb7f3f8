"""`make bench`: how fast it is. Prints a table; nothing is asserted.

Times of one thing depend on the machine, so each is set against another one measured in the same run; only what a
person waits for is given in seconds.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from playwright.sync_api import Browser, Page

from ml.spec import RunSpec
from ml.trainer import train
from tests.browser import find_chromium, launch_chromium
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


def main() -> None:
    torch.set_num_threads(1)
    print(f"{'what':<66}{'median':>9}{'range':>19}")
    for name, spec in WORKLOADS.items():
        exhaust(spec, True)  # the first run of a process pays for torch's own start
        row(f"trainer, everything measured once an epoch / nothing: {name}", monitored_by_bare(spec), "")
    if find_chromium() is None:
        print("Launch to first histogram: needs Chromium")
        return
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server, launch_chromium() as browser:
        row("seconds from Launch to the first layer histogram on the screen", waits(browser, server), "s")
        row("one figure of a run as JSON / its SVG picture", json_by_svg(server), "")


WORKLOADS = {
    "digits 300-100": RunSpec(hidden=(300, 100), epochs=10),
    "shapeset 5x100": RunSpec(
        dataset="shapeset", hidden=(100,) * 5, activation="tanh", batch_size=10, epochs=2, steps_per_epoch=1000
    ),
}


def row(name: str, values: list[float], unit: str) -> None:
    print(
        f"{name:<66}{statistics.median(values):>8.2f}{unit or 'x'}{min(values):>10.2f} - {max(values):.2f}", flush=True
    )


def monitored_by_bare(spec: RunSpec, rounds: int = 7) -> list[float]:
    """Ratios of two whole runs, one after the other, so that both meet the same machine."""
    return [seconds(lambda: exhaust(spec, True)) / seconds(lambda: exhaust(spec, False)) for _ in range(rounds)]


def exhaust(spec: RunSpec, monitor: bool) -> None:
    for _ in train(spec, monitor=monitor):
        pass


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
    waited = page.wait_for_function("window.waited").json_value()
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


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
