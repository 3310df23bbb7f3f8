import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def still(chromium: Browser) -> Iterator[Page]:
    """A reader who asked for less motion."""
    context = chromium.new_context(locale="en", reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_each_draw_is_another_network_and_the_mean_of_all_stays(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/dropout?passes=1")
    expect(page.locator("[data-say=networks]")).to_contain_text("256 networks in one")
    mean, answered = page.locator("[data-say=mean]").inner_text(), page.locator("[data-say=pass]").inner_text()
    page.get_by_role("button", name="Draw another pass").click()
    expect(page.locator("[data-say=pass]")).to_contain_text("Pass 2")
    expect(page).to_have_url(re.compile("passes=2"))
    assert page.locator("[data-say=pass]").inner_text() != answered
    assert page.locator("[data-say=mean]").inner_text() == mean
    kept = re.search(r"keeps (\d)", page.locator("[data-say=pass]").inner_text())
    assert kept is not None
    expect(page.locator("#wiring .cross")).to_have_count(8 - int(kept[1]))


def test_one_layer_with_a_linear_output_is_exact_and_a_sigmoid_is_not(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/dropout?depth=1")
    expect(page.locator("[data-say=networks]")).to_contain_text("16 networks in one")
    expect(page.locator("[data-say=difference]")).to_have_text("none: exact")
    page.locator("#controls").get_by_label("Output unit").select_option("sigmoid")
    expect(page.locator("[data-say=difference]")).to_contain_text("of the standard deviation")


def test_play_draws_on_until_it_is_paused(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/dropout?passes=1")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-say=pass]")).to_contain_text(re.compile(r"Pass ([3-9]|\d\d)"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_who_wants_less_motion_is_offered_no_play(still: Page, site: str) -> None:
    still.goto(f"{site}/learn/dropout")
    expect(still.get_by_role("button", name="Draw another pass")).to_be_visible()
    expect(still.get_by_role("button", name="Play")).to_be_hidden()
