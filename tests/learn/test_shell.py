"""What every Learn page has around its drawing: controls in the address, and a teacher's link that hides them."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.browser


def control(page: Page, name: str) -> Locator:
    return page.locator(f"#controls [name={name}]")


def drag(slider: Locator, value: str) -> None:
    slider.evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })) }",
        value,
    )


def test_the_address_says_what_differs_from_the_page_as_it_opens(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/signal")
    expect(page.locator("#up .main-svg").first).to_be_visible()
    expect(page).to_have_url(re.compile("/learn/signal$"))
    at_first = control(page, "gain").input_value()
    told = page.locator("#told-up").inner_text()
    drag(control(page, "gain"), "1.5")
    control(page, "activation").select_option("relu")
    control(page, "theory").uncheck()
    expect(page).to_have_url(re.compile(r"\?gain=1.5&activation=relu&theory=0$"))
    expect(page.locator("output[for=gain]")).to_have_text("1.5")
    assert page.locator("#told-up").inner_text() != told

    there = page.locator("#told-up").inner_text()
    page.reload()
    expect(control(page, "activation")).to_have_value("relu")
    expect(control(page, "theory")).not_to_be_checked()
    expect(page.locator("#told-up")).to_have_text(there)

    control(page, "activation").select_option("tanh")
    control(page, "theory").check()
    drag(control(page, "gain"), at_first)
    expect(page).to_have_url(re.compile("/learn/signal$"))
    expect(page.locator("#told-up")).to_have_text(told)


def test_what_an_address_says_wrongly_is_not_taken(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/signal?activation=cubic&gain=abc&nobody=1")
    expect(control(page, "activation")).to_have_value("tanh")
    expect(page).to_have_url(re.compile("/learn/signal$"))


def test_half_a_number_moves_nothing(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/cost-surfaces?seed=3")
    drawn = page.locator("[data-flat=quadratic]")
    expect(drawn).not_to_be_empty()
    before = drawn.inner_text()
    control(page, "seed").fill("")
    drag(control(page, "w1"), "2")
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    expect(page).to_have_url(re.compile("seed=3$"))
    assert drawn.inner_text() == before
    control(page, "seed").fill("4")
    expect(page).to_have_url(re.compile("w1=2&seed=4$"))
    expect(drawn).not_to_have_text(before)


def test_a_teacher_hands_out_the_page_as_it_stands_without_some_controls(
    page: Page, chromium: Browser, site: str
) -> None:
    page.goto(f"{site}/learn/signal")
    control(page, "activation").select_option("relu")
    page.get_by_text("A link for the class").click()
    box = page.locator("#handout")
    link = box.locator("input[readonly]")
    expect(link).to_have_value(re.compile("activation=relu"))
    names = box.locator(".keep input").evaluate_all("boxes => boxes.map((box) => box.value)")
    assert names == page.locator("#controls [data-control]").evaluate_all(
        "all => all.map((one) => one.dataset.control)"
    )
    box.locator("input[value=activation]").uncheck()
    box.locator("input[value=theory]").uncheck()
    expect(link).to_have_value(re.compile("hide=activation,theory$"))

    student = chromium.new_page()
    student.goto(link.input_value())
    expect(control(student, "activation")).to_be_hidden()
    expect(control(student, "activation")).to_have_value("relu")  # it counts all the same
    expect(control(student, "gain")).to_be_visible()
    expect(student.locator("#handout")).to_have_count(0)
    drag(control(student, "gain"), "1.2")
    expect(student).to_have_url(re.compile(r"gain=1.2&activation=relu&hide=activation,theory$"))
    student.close()


def test_a_link_without_any_control_shows_the_drawing_alone(page: Page, site: str) -> None:
    page.goto(f"{site}/learn/signal")
    page.get_by_text("A link for the class").click()
    for box in page.locator("#handout .keep input").all():
        box.uncheck()
    link = page.locator("#handout input[readonly]").input_value()
    assert link.endswith("?hide=all")
    page.goto(link)
    expect(page.locator("#up .main-svg").first).to_be_visible()
    expect(page.locator("#controls")).to_be_hidden()


def test_without_javascript_the_text_and_the_formulas_are_there(chromium: Browser, site: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/learn/signal")
    expect(page.locator(".reading math").first).to_be_visible()
    expect(page.locator(".point")).to_be_visible()
    context.close()
