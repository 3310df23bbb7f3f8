import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def share(page: Page, cost: str) -> float:
    text = page.locator(f"[data-flat={cost}]").inner_text()
    return float(text.split("%")[0])


def test_the_page_draws_both_surfaces_and_follows_the_point(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/cost-surfaces?seed=3")
    for cost in ("crossEntropy", "quadratic"):
        expect(page.locator(f"[data-surface={cost}] path:is(.flat, .steep)")).to_have_count(40 * 40)
    assert share(page, "quadratic") > 2 * share(page, "crossEntropy")

    before = page.locator("[data-value=quadratic]").inner_text()
    page.locator("#controls").get_by_label("w₂, in the second layer").press("Home")
    expect(page.locator("[data-value=quadratic]")).not_to_have_text(before)
    expect(page).to_have_url(re.compile(r"w2=-10"))
    expect(page.locator("#cut .scatterlayer path.js-line")).to_have_count(2)


def test_dragging_a_surface_turns_both_and_leaves_the_shares(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/cost-surfaces")
    surfaces = page.locator("[data-surface]")
    edge = surfaces.nth(1).locator(".edge").first
    before, flat = edge.get_attribute("d"), share(page, "quadratic")
    surfaces.nth(0).hover(position={"x": 100, "y": 100})
    page.mouse.down()
    surfaces.nth(0).hover(position={"x": 160, "y": 100})
    page.mouse.up()
    expect(edge).not_to_have_attribute("d", str(before))
    assert share(page, "quadratic") == flat
