"""What a browser shows when: the first picture, the last figure that can be zoomed, a step of the slider."""

import tempfile
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page

from tests.bench.table import missing, row
from tests.browser import find_chromium, launch_chromium, wait_until
from tests.server import Server

DEEP = {"name": "five layers", "hidden": [100] * 5, "activation": "tanh", "init": "xavier_uniform", "epochs": 50}
VISITS, MOVES = 7, 60
# Notes, in ms since the request, when a picture was painted and when Plotly had drawn every figure that is shown.
WATCH = """
window.seen = {};
const note = (name) => requestAnimationFrame(() => setTimeout(() => { window.seen[name] ??= performance.now(); }));
new MutationObserver(() => {
  if (document.querySelector("main svg path")) note("picture");
  const figures = [...document.querySelectorAll("[data-figure]")].filter((figure) => figure.checkVisibility());
  if (figures.length && figures.every((figure) => figure.querySelector(".plot .main-svg"))) note("interactive");
}).observe(document, { childList: true, subtree: true });
"""
# Moves the slider to one snapshot after the other; how many ms from each input to the painted triptych.
MOVE = """async (moves) => {
  const slider = document.querySelector("#epoch");
  const figures = [...document.querySelectorAll(".triptych [data-figure]")];
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const shown = () => figures.map((figure) => figure.dataset.drawn.split(" ").slice(1, 3).join(" "));
  slider.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  slider.focus();
  const took = [];
  for (let i = 0; i < moves; i++) {
    const before = shown();
    const began = performance.now();
    slider.value = (i * 7) % (Number(slider.max) + 1);
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
    while (shown().some((now, place) => now === before[place])) await new Promise((later) => setTimeout(later, 1));
    await painted();
    took.push(performance.now() - began);
    await new Promise((later) => setTimeout(later, 60));
  }
  return took;
}"""


def looking() -> None:
    if find_chromium() is None:
        missing("w", "what a browser shows when", "needs Chromium")
        return
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder)) as server, launch_chromium() as browser:
        run_id = server.launch(**DEEP)
        server.wait_until_ended(run_id)
        for name, path in (("home", "/"), ("run", f"/runs/{run_id}")):
            visits = [visit(browser, server.url + path, wait=name == "run") for _ in range(VISITS)][1:]
            row("w", f"seconds to the first picture: {name}", [seen["picture"] / 1e3 for seen in visits], target="0.5")
        row("w", "seconds until every figure can be zoomed", [seen["interactive"] / 1e3 for seen in visits], target="2")
        took = slide(browser, f"{server.url}/runs/{run_id}")
        row("w", "milliseconds for a step of the slider, median", [median(took)])
        row("w", "milliseconds for a step of the slider, 95th percentile", [quantiles(took, n=20)[-1]], target="80")


def visit(browser: Browser, url: str, wait: bool) -> dict[str, float]:
    """By somebody whose browser holds nothing; until all figures stand, if `wait`."""
    page = _new_page(browser)
    page.goto(url)
    wait_until(page, f"window.seen.{'interactive' if wait else 'picture'}")
    seen: dict[str, float] = page.evaluate("window.seen")
    page.context.close()
    return seen


def slide(browser: Browser, url: str) -> list[float]:
    page = _new_page(browser)
    page.goto(url)
    wait_until(page, "window.seen.interactive")
    page.locator(".triptych").scroll_into_view_if_needed()
    took: list[float] = page.evaluate(MOVE, MOVES)
    page.context.close()
    return took


def _new_page(browser: Browser) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.add_init_script(WATCH)
    return page
