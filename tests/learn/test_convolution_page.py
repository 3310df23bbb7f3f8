import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_window_follows_keyboard_and_pointer_and_the_map_the_kernel(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/convolution")
    page.locator("#controls").get_by_label("Output in row").press("Home")
    expect(page.locator("[data-say=reading]")).to_contain_text("reads 6 of 64 pixels")
    expect(page.locator("#image .window")).to_have_attribute("y", "-1")

    page.locator("#map").hover(position={"x": 120, "y": 120})
    expect(page.locator("[data-say=reading]")).to_contain_text("reads 9 of 64 pixels")
    expect(page).to_have_url(re.compile("row=[2-7]"))

    value = page.locator("#map text").nth(20)
    before = value.text_content()
    page.get_by_role("button", name="blur").click()
    expect(value).not_to_have_text(str(before))
    page.get_by_label("weight 5 of 9").fill("7")
    expect(page.locator("[data-say=sum]")).to_contain_text("· 7")
    expect(page).to_have_url(re.compile("k5=7"))


def test_a_dense_layer_reads_everything_with_weights_of_its_own(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/convolution?layer=dense")
    expect(page.locator("[data-say=reading]")).to_contain_text("all 64 pixels")
    expect(page.locator("[data-say=reading]")).to_contain_text("4,096")
    expect(page.locator("#image .window")).to_have_attribute("width", "8")
    expect(page.get_by_label("weight 5 of 9")).to_be_hidden()


def test_the_counts_follow_the_layer(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/convolution?side=8&outputs=1")
    expect(page.locator("[data-say=counts]")).to_have_text("10 parameters instead of 4,160: 416 times fewer")
    page.locator("#controls").get_by_label("Side of the kernel").press("End")
    expect(page.locator("[data-say=counts]")).to_contain_text("50 parameters")
