import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_sigmoids_steepest_slope_and_its_flat_sides_can_be_read(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/activations?init=normal&width=300")
    expect(page.locator("#told-slope")).to_contain_text("f′ is at most 0.25, at z = 0;")
    expect(page.locator("#curves .shapelayer path")).to_have_count(2)
    expect(page.locator("#curves .scatterlayer path.js-line")).to_have_count(2)
    # N(0, 1024 · 0.37) beyond ±4.357
    expect(page.locator("#told-density")).to_contain_text("82% of the units are saturated")


def test_curves_stand_beside_each_other_with_what_they_read(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/activations?activation=relu&with_elu=1")
    expect(page.locator("#curves .legendtext")).to_have_text(["ReLU", "ELU"])
    expect(page.locator("[name=elu_alpha]")).to_be_visible()
    expect(page.locator("[name=pieces]")).to_be_hidden()
    page.get_by_label("maxout", exact=True).check()
    expect(page.locator("[name=pieces]")).to_be_visible()
    expect(page.locator("#curves .legendtext")).to_have_text(["ReLU", "ELU", "maxout"])


def test_what_has_no_flat_side_is_not_saturated(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/activations?activation=leaky_relu")
    expect(page.locator("#told-density")).to_contain_text("nothing is saturated")
    expect(page.locator("#curves .main-svg").first).to_be_visible()
    expect(page.locator("#curves .shapelayer path")).to_have_count(0)
