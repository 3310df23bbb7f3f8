"""A lab, from the prediction to the verdict, in a real browser with a real worker."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.server import PATIENCE, Server

pytestmark = pytest.mark.browser
SOON = 1000 * PATIENCE


def test_a_prediction_has_the_networks_trained_and_the_verdict_comes_without_reload(page: Page, server: Server) -> None:
    page.goto(server.url + "/labs")
    page.get_by_role("link", name="Vanishing gradient", exact=True).click()
    page.get_by_label("Up to 10 times less").check()
    page.get_by_role("button", name="Run it").click()
    expect(page).to_have_url(re.compile(r"/labs/vanishing-gradient/\w+$"))
    page.evaluate("window.stillHere = true")
    expect(page.locator("#word")).to_have_text(re.compile("^✓ Confirmed"), timeout=SOON)
    expect(page.locator("#said")).to_have_text(re.compile("Confirmed"))
    expect(page.locator(".prediction")).to_contain_text("It came out differently.")
    expect(page.locator(".panel svg[role=img]").first).to_be_visible()
    assert page.evaluate("window.stillHere")

    page.goto(server.url + "/labs")
    expect(page.get_by_role("link", name="Confirmed")).to_be_visible()
