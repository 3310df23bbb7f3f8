"""The page of a run in a real browser: what one switches, what a link says of it, and what survives an update."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import wait_until
from tests.server import Server

pytestmark = pytest.mark.browser
TALL = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def finished(server: Server) -> str:
    run_id = server.launch(name="Seen by all", hidden=[20, 15, 10], activation="tanh", epochs=8)
    server.wait_until_ended(run_id)
    return run_id


@pytest.fixture(scope="module")
def dying(server: Server) -> str:
    run_id = server.launch(name="Dying", hidden=[100] * 4, lr=0.05)
    server.wait_until_ended(run_id)
    return run_id


@pytest.fixture(scope="module")
def slow(server: Server, finished: str, dying: str) -> Iterator[str]:
    """A run that goes on for as long as the tests need it. There is one worker, so what is to end ends before."""
    for ended in (finished, dying):
        server.wait_until_ended(ended)
    run_id = server.launch(
        dataset="shapeset", hidden=[60, 60], activation="tanh", optimizer="sgd", lr=0.05, epochs=900,
        steps_per_epoch=300,
    )  # fmt: skip
    server.wait_for_step(run_id, 300)
    yield run_id
    server.client.post(f"/api/runs/{run_id}/cancel")


def figure(page: Page, key: str) -> Any:
    return page.locator(f'.figure[data-key="{key}"]')


def tool(page: Page, key: str, name: str) -> Any:
    return page.locator(f'.tools[data-of="{key}"]').get_by_role("button", name=name)


def shows_chart(page: Page, key: str) -> None:
    """Plotly has drawn it, and nothing lies above that."""
    expect(figure(page, key).locator(".plot .main-svg").first).to_be_visible(timeout=20_000)


def lines(page: Page, key: str) -> Any:
    return figure(page, key).locator(".scatterlayer path.js-line")


def opened(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address)
    shows_chart(page, "weight_gradient")


def seen(page: Page) -> dict[str, Any]:
    """What is on the screen, as far as a link has to say it."""
    found: dict[str, Any] = page.evaluate(
        """() => ({
            pressed: [...document.querySelectorAll("[aria-pressed]")].map((b) => b.textContent.trim() + b.ariaPressed),
            step: document.querySelector("#epoch").getAttribute("aria-valuetext"),
            tables: [...document.querySelectorAll(".numbers:not([hidden])")].map((t) => t.textContent.slice(0, 200)),
            overview: [...document.querySelectorAll("[data-overview]:not([hidden])")].map((p) => p.dataset.overview),
            axes: [...document.querySelectorAll(".figure .plot")].filter((p) => p.checkVisibility()).map((p) =>
                [p.layout.xaxis.range, p.layout.yaxis.range].flat().map((x) => x.toPrecision(3)).join(" ")),
        })"""
    )
    return found


def settled(page: Page) -> None:
    """Every visible figure is drawn by Plotly as it is wanted."""
    wait_until(
        page,
        """[...document.querySelectorAll(".figure")].filter((f) => f.checkVisibility())
            .every((f) => f.dataset.drawn?.includes("plotly") && !f.querySelector(":scope > :not(.plot)"))""",
    )


def change_everything(page: Page) -> None:
    page.get_by_role("button", name="Gradient", exact=True).click()
    page.get_by_role("button", name="layer 2").click()
    tool(page, "loss", "Log").click()
    tool(page, "loss", "Smooth").click()
    tool(page, "activation", "Log").click()
    tool(page, "error", "Table").click()
    expect(page.locator(".numbers table")).to_be_visible()
    page.locator("#epoch").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    drag_across(page, "gradient_flow")


def drag_across(page: Page, key: str) -> None:
    """Zooms into the middle of a chart."""
    plot = figure(page, key)
    plot.scroll_into_view_if_needed()
    area = plot.locator(".nsewdrag").bounding_box()
    assert area
    page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 0.2 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 0.8 * area["height"], steps=4)
    page.mouse.up()
    expect(tool(page, key, "Show all")).to_be_visible()


def test_the_address_says_what_is_on_the_screen(page: Page, server: Server, finished: str) -> None:
    opened(page, f"{server.url}/runs/{finished}")
    change_everything(page)
    expect(page).to_have_url(re.compile(r"zoom=gradient_flow:"))
    settled(page)
    address, before = page.url, seen(page)
    for part in (
        "step=",
        "overview=gradient",
        "hide=hidden2",
        "log=loss",
        "linear=activation",
        "smooth=loss",
        "table=error",
    ):
        assert part in address, address
    assert "lang" not in address
    opened(page, address)
    expect(page.locator(".numbers table")).to_be_visible()
    settled(page)
    assert seen(page) == before


def test_a_link_shows_the_same_to_its_receiver(page: Page, chromium: Browser, server: Server, finished: str) -> None:
    """From the owner's page, and from a shared one: there it leads to the shared one."""
    share = server.client.post(f"/api/runs/{finished}/shares").json()["url"]
    for start in (f"/runs/{finished}", share):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
        opened(page, server.url + start)
        change_everything(page)
        page.get_by_role("button", name="Ridgeline").click()
        settled(page)
        page.get_by_role("button", name="Copy link to this view").click()
        expect(page.locator("#copied")).to_have_text("Link copied")
        link = page.evaluate("navigator.clipboard.readText()")
        assert link.startswith(f"{server.url}{start}?")
        context = chromium.new_context(locale="en")
        other = context.new_page()
        opened(other, link)
        expect(other.locator(".numbers table")).to_be_visible()
        settled(other)
        assert seen(other) == seen(page)
        context.close()


def test_hidden_layers_are_hidden_while_the_slider_moves(page: Page, server: Server, finished: str) -> None:
    opened(page, f"{server.url}/runs/{finished}?hide=hidden1")
    drag_across(page, "backprop_gradient")
    zoom = page.evaluate("document.querySelector('[data-key=backprop_gradient] .plot').layout.xaxis.range")
    page.locator("#epoch").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    moving = figure(page, "activation").locator(":scope > svg")
    expect(moving).to_be_visible()
    assert moving.locator('[data-layer="hidden1"]').count() == 0
    assert moving.locator('[data-layer="hidden2"]').count() > 0
    settled(page)
    assert page.evaluate("document.querySelector('[data-key=backprop_gradient] .plot').layout.xaxis.range") == zoom
    expect(lines(page, "activation")).to_have_count(2)


def test_show_all_ends_a_zoom(page: Page, server: Server, finished: str) -> None:
    opened(page, f"{server.url}/runs/{finished}?zoom=loss:1,2,,")
    settled(page)
    assert page.evaluate("document.querySelector('[data-key=loss] .plot').layout.xaxis.range") == [1, 2]
    tool(page, "loss", "Show all").click()
    expect(page).not_to_have_url(re.compile("zoom"))
    settled(page)
    assert page.evaluate("document.querySelector('[data-key=loss] .plot').layout.xaxis.range[1]") > 7


def test_files_come_under_telling_names(page: Page, server: Server, finished: str) -> None:
    opened(page, f"{server.url}/runs/{finished}?step=0")
    with page.expect_download() as csv:
        page.get_by_role("link", name="Activations as a CSV file").first.click()
    text = Path(csv.value.path()).read_text()
    assert csv.value.suggested_filename.endswith(".csv")
    assert len(text.splitlines()) > 20
    with page.expect_download() as png:
        page.get_by_role("button", name="Activations as a PNG picture").first.click()
    assert png.value.suggested_filename == "Seen-by-all-activation-step-0.png"
    picture = Path(png.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") >= 1280


def test_what_was_chosen_survives_the_updates_of_a_run(page: Page, server: Server, slow: str) -> None:
    opened(page, f"{server.url}/runs/{slow}")
    change_everything(page)
    before = seen(page)
    table = page.locator(".numbers td").count()
    snapshots = int(page.locator("#epoch").get_attribute("max") or 0)
    wait_until(page, f"+document.querySelector('#epoch').max > {snapshots + 3}")
    wait_until(page, f"document.querySelectorAll('.numbers td').length > {table}")
    after = seen(page)
    assert after["pressed"] == before["pressed"]
    assert after["step"] == before["step"]
    assert after["overview"] == ["gradient"]
    zoom = "document.querySelector('[data-key=gradient_flow] .plot').layout.xaxis.range"
    assert page.evaluate(zoom) != [0, 1]
    expect(tool(page, "gradient_flow", "Show all")).to_be_visible()


def test_everything_on_the_page_can_be_done_by_keyboard(page: Page, server: Server, finished: str) -> None:
    opened(page, f"{server.url}/runs/{finished}")
    for name in ("Dead", "Expected at step 0", "Ridgeline", "layer 1"):
        button = page.get_by_role("button", name=name, exact=True)
        button.focus()
        page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-pressed", "false" if name == "layer 1" else "true")
    slider = page.get_by_label("Epoch", exact=True)
    expect(slider).to_have_attribute("aria-valuetext", "epoch 0 of 8, step 0")
    slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^epoch 1 of 8, step \d+$"))
    expect(page.get_by_role("button", name="Expected at step 0")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Play").press("Enter")
    page.get_by_role("button", name="Pause").press("Enter")
    table = tool(page, "loss", "Table")
    table.press("Enter")
    expect(table).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("region", name="Loss")).to_be_visible()
    table.press("Enter")
    expect(page.get_by_role("region", name="Loss")).to_be_hidden()


# --- the diagnosis ---


def test_the_diagnosis_is_drawn_anew_with_what_the_reader_has_opened(page: Page, server: Server, dying: str) -> None:
    page.goto(f"{server.url}/runs/{dying}")
    receipt = page.locator("#receipt-dead_units")
    receipt.locator("> summary").click()
    expect(receipt.get_by_text("SageMaker Debugger")).to_be_visible()
    page.evaluate("document.querySelector('#diagnosis .verdict').textContent = 'of an earlier snapshot'")
    page.evaluate(
        """async () => {
            const run = document.querySelector("#run"), script = document.querySelector("[src$='run.js']").src;
            const { followDiagnosis } = await import(script.replace("run.js", "diagnosis.js"));
            followDiagnosis(run, run.dataset.base, () => "")();
        }"""
    )
    expect(page.locator("#diagnosis .verdict")).to_contain_text("silent for every example")
    expect(receipt).to_have_attribute("open", "")
    assert page.evaluate("document.activeElement.id") == "open-receipt-dead_units"


def test_the_evidence_comes_into_sight_without_another_page(page: Page, server: Server, dying: str) -> None:
    opened(page, f"{server.url}/runs/{dying}")
    page.evaluate("window.same = true")
    page.locator("#see-it-dead_units").click()
    expect(page.locator("#see-dead")).to_be_in_viewport()
    expect(page).to_have_url(re.compile(r"\?step=\d+#see-dead$"))
    assert page.evaluate("window.same")
