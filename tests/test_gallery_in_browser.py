"""Finding runs, comparing them, sending the address: in a real browser, on the whole product."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server import Server

pytestmark = pytest.mark.browser
LOADING = 20_000  # ms, for plotly on a busy machine


@pytest.fixture(scope="module")
def server(own_server: Server) -> Server:
    """Without the runs of other tests: here they are counted."""
    return own_server


@pytest.fixture(scope="module")
def runs(server: Server) -> list[str]:
    """Two that differ in their activation, one in its seed, and one that failed to be found."""
    specs: list[dict[str, Any]] = [
        {"name": "Alpha tanh", "activation": "tanh", "init": "xavier_uniform"},
        {"name": "Beta sigmoid", "activation": "sigmoid", "init": "standard"},
        {"name": "Gamma", "activation": "tanh", "init": "xavier_uniform", "seed": 7},
    ]
    ids = [server.launch(hidden=[20, 15, 10], epochs=4, **spec) for spec in specs]
    for run_id in ids:
        server.wait_until_ended(run_id)
    return ids


@pytest.fixture
def visited(page: Page) -> Iterator[Page]:
    """Every page must stay on its host."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    assert [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))] == []


def rows(page: Page) -> Any:
    return page.locator("#runs li[id]")


def lines(page: Page, selector: str) -> Any:
    return page.locator(f"{selector} .scatterlayer path.js-line")


def test_runs_are_found_chosen_and_compared_and_the_address_opens_the_same_elsewhere(
    visited: Page, chromium: Browser, server: Server, runs: list[str]
) -> None:
    page = visited
    page.goto(server.url + "/")
    expect(rows(page)).to_have_count(len(runs))
    expect(page.locator("#runs svg.thumbnail")).to_have_count(3)
    compare = page.locator("#compare button.primary")
    expect(compare).to_be_disabled()

    page.get_by_label("Search").fill("sigmoid")
    expect(rows(page)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=sigmoid$"))
    page.get_by_label("Compare Beta sigmoid").check()
    expect(page.locator("#compare [role=status]")).to_have_text("1 run chosen: choose another one.")
    page.get_by_label("Search").fill("alpha")
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Compare Alpha tanh").check()
    expect(compare).to_have_text("Compare 2 runs")
    compare.click()

    expect(page).to_have_url(re.compile(r"/compare\?runs=\w{6}\.\w{6}$"))
    expect(page.locator("#differences tbody")).to_contain_text("sigmoid")
    histograms = '[data-query*="layer=hidden2"]'
    page.locator(histograms).scroll_into_view_if_needed()
    expect(lines(page, histograms)).to_have_count(2, timeout=LOADING)
    before = lines(page, histograms).first.get_attribute("d")
    slider = page.get_by_label("Moment")
    slider.focus()
    slider.press("Home")
    expect(lines(page, histograms).first).not_to_have_attribute("d", str(before), timeout=LOADING)
    expect(page).to_have_url(re.compile(r"at=0$"))
    assert_a_stranger_sees_the_same(chromium, page.url)


def assert_a_stranger_sees_the_same(chromium: Browser, address: str) -> None:
    context = chromium.new_context()
    other = context.new_page()
    other.goto(address)
    expect(other.get_by_label("Moment")).to_have_value("0")
    other.locator('[data-query*="layer=hidden2"]').scroll_into_view_if_needed()
    expect(lines(other, '[data-query*="layer=hidden2"]')).to_have_count(2, timeout=LOADING)
    context.close()


def test_the_choice_and_the_focus_survive_that_the_list_is_drawn_anew(
    page: Page, server: Server, runs: list[str]
) -> None:
    long = server.launch(
        name="Long", dataset="shapeset", hidden=[100] * 5, batch_size=10, epochs=300, steps_per_epoch=200
    )
    page.goto(server.url + "/")
    expect(rows(page)).to_have_count(len(runs) + 1)
    page.get_by_label("Compare Gamma").check()
    title = page.get_by_role("link", name="Long", exact=True)
    title.focus()
    state = page.locator(f"#row-{long} .state")
    expect(state).to_contain_text("val error", timeout=LOADING)
    reached = page.locator(f"#row-{long} progress").get_attribute("value")
    expect(page.locator(f"#row-{long} progress")).not_to_have_attribute("value", str(reached), timeout=LOADING)
    expect(title).to_be_focused()
    expect(page.get_by_label("Compare Gamma")).to_be_checked()
    server.client.post(f"/api/runs/{long}/cancel")
    expect(state).to_contain_text("Cancelled", timeout=LOADING)
    server.client.delete(f"/api/runs/{long}")


def test_without_scripts_runs_are_found_and_compared(chromium: Browser, server: Server, runs: list[str]) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server.url + "/")
    page.get_by_label("Search").fill("tanh")
    page.get_by_role("button", name="Search").click()
    expect(rows(page)).to_have_count(2)
    for run_id in (runs[0], runs[2]):
        page.locator(f"#pick-{run_id}").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("#curves .figure > svg")).to_have_count(4)
    expect(page.locator("#numbers")).to_contain_text("Over the seeds: A, B")
    page.get_by_role("link", name="each by itself").click()
    expect(page).to_have_url(re.compile(r"group=0"))
    page.get_by_label("Moment").fill("0")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile(r"at=0"))
    context.close()
