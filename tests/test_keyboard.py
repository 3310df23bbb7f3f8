"""Everything that matters without a mouse."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server import Server

pytestmark = pytest.mark.browser
MOST_TABS = 150


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse does; it must be visible there."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"{MOST_TABS} tabs do not reach {target}")


def test_a_run_is_launched_opened_read_shared_and_closed_by_keyboard_alone(page: Page, server: Server) -> None:
    page.goto(server.url + "/new?hidden=30,20&activation=tanh&init=xavier_uniform&epochs=4")
    tab_to(page, page.get_by_label("Name", exact=True))
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/\w+$"))
    expect(page.locator(".pill")).to_have_text("Finished")

    page.goto(server.url)
    tab_to(page, page.get_by_role("link", name="By keyboard", exact=True).first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")

    slider = page.get_by_label("Epoch", exact=True)
    expect(page.locator('.figure[data-figure="activation"] .scatterlayer path.js-line')).to_have_count(
        2, timeout=20_000
    )
    tab_to(page, page.get_by_role("button", name="layer 1", exact=True))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="layer 1", exact=True)).to_have_attribute("aria-pressed", "false")
    expect(page.locator('.figure[data-figure="activation"] .scatterlayer path.js-line')).to_have_count(1)
    tab_to(page, slider)
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("epoch 0 of 4"))

    page.reload()
    tab_to(page, page.get_by_role("button", name="Share", exact=True))
    page.keyboard.press("Enter")
    link = page.locator("[data-link] input")
    expect(link).to_have_value(re.compile(r"/s/[\w-]{32}$"))
    address = link.input_value()
    tab_to(page, page.get_by_role("button", name=re.compile("^Revoke")).first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^Revoke"))).to_have_count(0)
    assert server.client.get(address).status_code == 404
