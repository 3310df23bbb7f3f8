"""A grid of runs, from the form to its table, in a real browser with a real worker."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.server import Server

pytestmark = pytest.mark.browser


def test_a_grid_that_is_typed_into_the_form_becomes_a_finished_table(
    page: Page, chromium: Browser, server: Server
) -> None:
    page.goto(server.url + "/new")
    page.get_by_label("Name", exact=True).fill("Two by two")
    page.get_by_label("Hidden layers").fill("8, 6")
    page.get_by_label("Epochs", exact=True).fill("2")
    page.get_by_label("Steps per epoch").fill("3")
    page.get_by_label("How many seeds").fill("2")
    page.locator("#vary1").select_option("init")
    expect(page.locator("#values1-hint")).to_contain_text("xavier_uniform")
    page.locator("#values1").fill("standard, xavier_uniform")
    page.locator("#vary2").select_option("hidden")
    page.locator("#values2").fill("8; 8, 6")
    expect(page.locator("#preview")).to_contain_text("Of the first of 8 runs.")
    expect(page).to_have_url(
        re.compile(r"/new\?name=Two\+by\+two&seeds=2&hidden=8,6&epochs=2&steps_per_epoch=3&vary1=")
    )
    expect(page.locator("#vary3")).to_be_visible()
    address = page.url

    page.get_by_role("button", name="Launch").click()
    expect(page).to_have_url(re.compile(r"/experiments/\w+$"))
    expect(page.locator(".facts")).to_contain_text("8 of 8 runs finished", timeout=60_000)
    cells = page.locator("table.grid tbody td")
    expect(cells).to_have_count(4)
    for number in range(4):
        expect(cells.nth(number)).to_contain_text(re.compile(r"^\s*\d+\.\d\d\s± \d+\.\d\d\s%.*n = 2\s*$", re.DOTALL))
    expect(page.locator(".best").first).to_be_visible()
    assert_table_is_there_without_scripts(chromium, page.url)

    page.goto(address)
    for name, value in {"name": "Two by two", "seeds": "2", "hidden": "8, 6", "vary1": "init", "vary2": "hidden",
                        "values2": "8; 8, 6"}.items():  # fmt: skip
        expect(page.locator(f"[name={name}]")).to_have_value(value)


def assert_table_is_there_without_scripts(chromium: Browser, url: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    expect(page.locator("table.grid tbody td")).to_have_count(4)
    context.close()


def test_without_scripts_check_brings_back_what_was_typed(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(server.url + "/new")
    page.locator("#vary1").select_option("lr")
    page.locator("#values1").fill("0.1, fast")
    page.get_by_label("How many seeds").fill("3")
    page.get_by_role("button", name="Check").click()
    expect(page).to_have_url(server.url + "/new?seeds=3&vary1=lr&values1=0.1,fast")
    expect(page.locator("#values1-hint")).to_contain_text("lr = fast: must be greater than 0")
    page.locator("#values1").fill("0.1, 0.2")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#preview")).to_contain_text("Of the first of 6 runs.")
    context.close()
