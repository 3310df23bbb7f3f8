"""Sharing as a teacher does it, in a real browser: the link, its end, its code for the screen; and what readers see."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.server import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    run_id = server.launch(hidden=[12, 8], activation="tanh", epochs=2, name="To be shared")
    server.wait_until_ended(run_id)
    return run_id


def test_a_link_is_made_with_an_end_and_its_code_fills_the_screen(page: Page, server: Server, run_id: str) -> None:
    page.goto(f"{server.url}/runs/{run_id}")
    page.get_by_role("button", name="Share").click()
    first = page.locator("[data-link] input")
    expect(first).to_have_value(re.compile(r"/s/[\w-]{32}$"))
    page.locator("#lasting").select_option("3600")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("ends in 60 minutes")).to_be_visible()
    page.get_by_role("link", name="Show the code large", exact=True).click()
    screen = page.locator("#screen")
    expect(screen).to_be_visible()
    box, window = screen.bounding_box(), page.viewport_size
    assert box is not None
    assert window is not None
    assert (box["width"], box["height"]) == (window["width"], window["height"])
    assert screen.evaluate("element => getComputedStyle(element).backgroundColor") == "rgb(255, 255, 255)"
    page.keyboard.press("Escape")
    expect(screen).to_be_hidden()


def test_a_link_is_replaced_without_leaving_the_page(page: Page, server: Server, run_id: str) -> None:
    old = server.client.post(f"/api/runs/{run_id}/shares").json()["url"]
    page.goto(f"{server.url}/runs/{run_id}")
    page.get_by_role("button", name="Replace").last.click()
    link = page.locator("[data-link] input")
    expect(link).to_have_value(re.compile(r"/s/[\w-]{32}$"))
    assert page.url.endswith(run_id)
    assert server.client.get(old).status_code == 404
    assert server.client.get(link.input_value()).status_code == 200


def test_all_of_that_works_without_javascript(chromium: Browser, server: Server, run_id: str) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{server.url}/runs/{run_id}")
    page.get_by_role("button", name="Share").click()
    page.locator("#lasting").select_option("86400")
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("[data-link] input")).to_be_visible()
    expect(page.get_by_text("ends in 24 hours").first).to_be_visible()
    page.get_by_role("link", name="Show the code large", exact=True).click()
    expect(page.locator("#screen svg")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.locator("#screen")).to_be_hidden()
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_section_the_screen_and_the_share_page_are_accessible(
    chromium: Browser, server: Server, run_id: str, scheme: Any, width: int
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}, locale="en")
    page = context.new_page()
    page.goto(f"{server.url}/runs/{run_id}")
    page.get_by_role("button", name="Share").click()
    link = page.locator("[data-link] input")
    expect(link).to_be_visible()
    found = [violations(page, "#share")]
    page.get_by_role("link", name="Show the code large", exact=True).click()
    found.append(violations(page, "#screen"))
    page.goto(link.input_value())
    found.append(violations(page, ".take"))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    context.close()
    assert found == [[], [], []]


def violations(page: Page, part: str) -> list[str]:
    options = {"resultTypes": ["violations"]}  # four times as fast
    found = Axe().run(page, context=part, options=options).response["violations"]
    return [f"{violation['id']}: {violation['nodes'][0]['html'][:90]}" for violation in found]
