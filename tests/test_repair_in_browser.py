"""A dying network, from the preset to the verdict on its repair, in a real browser with a real worker."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.server import PATIENCE, Server

pytestmark = pytest.mark.browser
SOON = 1000 * PATIENCE


def test_a_dying_relu_is_found_and_the_fix_that_is_proposed_is_tried_and_judged(page: Page, server: Server) -> None:
    page.goto(server.url + "/new")
    page.get_by_role("link", name="Dying ReLU", exact=True).click()
    page.get_by_role("button", name="Launch").click()
    expect(page).to_have_url(re.compile(r"/runs/\w+$"))
    expect(page.locator("#run-head")).to_contain_text("Finished", timeout=SOON)
    expect(page.locator("#diagnosis")).to_contain_text("Dead units", timeout=SOON)

    page.get_by_role("button", name="Try this fix").first.click()
    expect(page).to_have_url(re.compile(r"/runs/\w+/repairs/\w+$"))
    expect(page.locator("#word")).to_have_text(re.compile("Fixed"), timeout=SOON)
    expect(page.locator("#repair")).to_contain_text("The fault is gone.")
    expect(page.locator("#repair")).to_contain_text(
        re.compile(r"Dead units in the worst layer: \d+.% before, \d+.% after")
    )
    expect(page.get_by_role("link", name="Use this as my experiment")).to_be_visible()

    page.get_by_role("link", name="The run before").click()
    expect(page.locator("#repairs-tried")).to_contain_text("Fixed")
