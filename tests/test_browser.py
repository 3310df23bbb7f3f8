"""The product as a newcomer uses it: a real browser, a real server, a real worker."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import wait_until
from tests.server import Server

pytestmark = pytest.mark.browser
SIGNALS = ("activation", "backprop_gradient", "weight_gradient")


def lines(page: Page, figure: str) -> Any:
    """The lines that Plotly drew in a figure (the legend would have its own)."""
    return page.locator(f'.figure[data-figure="{figure}"] .scatterlayer path.js-line')


def launch(page: Page, server: Server, **fields: str) -> None:
    page.goto(server.url + "/new")
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Launch").click()


def test_a_newcomer_launches_watches_and_shares_a_run(page: Page, chromium: Browser, server: Server) -> None:
    launch(page, server, name="My first run", hidden="60, 40, 20", activation="tanh", init="xavier_uniform", epochs="6")
    expect(page).to_have_url(re.compile(r"/runs/\w+$"))
    expect(page.locator(".pill")).to_have_text("Finished")
    expect(page.get_by_role("heading", level=1)).to_have_text("My first run")
    for figure, count in zip(SIGNALS, (3, 3, 4), strict=True):
        expect(lines(page, figure)).to_have_count(count)

    slider = page.get_by_label("Epoch", exact=True)
    expect(slider).to_have_value("6")
    before = lines(page, "activation").nth(0).get_attribute("d")
    slider.focus()
    slider.press("Home")
    expect(slider).to_have_value("0")
    expect(lines(page, "activation").nth(0)).not_to_have_attribute("d", str(before))
    expect(page).to_have_url(re.compile(r"step=0$"))

    page.get_by_role("button", name="Share").click()
    link = page.locator("[data-link] input")
    expect(link).to_have_value(re.compile(re.escape(server.url) + r"/s/[\w-]{32}$"))
    assert_classmate_can_read_it(chromium, server, link.input_value())

    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    stranger = chromium.new_context()
    answer = stranger.new_page().goto(link.input_value() if link.is_visible() else server.url + "/s/x")
    assert answer is not None
    assert answer.status == 404
    stranger.close()


def assert_classmate_can_read_it(chromium: Browser, server: Server, url: str) -> None:
    """In a browser that has never seen the site: the figures are there, and nothing leads elsewhere."""
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("My first run")
    expect(lines(page, "activation")).to_have_count(3)
    assert page.locator("form").count() == 0
    links = [a.get_attribute("href") or "" for a in page.locator("a").all()]
    assert [
        href for href in links if not href.startswith(("#", "?", "/new?", f"{url.removeprefix(server.url)}/figures/"))
    ] == []
    assert [u for u in asked if not u.startswith((url, server.url + "/static/", "data:"))] == []
    context.close()


def test_a_wrong_field_is_explained_beside_it_and_nothing_typed_is_lost(page: Page, server: Server) -> None:
    page.context.set_default_timeout(20_000)
    launch(page, server, name="Too fast", hidden="50, 50", lr="1e9")
    expect(page.locator("[name=lr]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("body")).to_contain_text("must be greater than 0 and at most 1000")
    expect(page.locator("[name=name]")).to_have_value("Too fast")
    expect(page.locator("[name=hidden]")).to_have_value("50, 50")
    page.locator("[name=lr]").fill("0.01")
    page.get_by_role("button", name="Launch").click()
    expect(page).to_have_url(re.compile(r"/runs/\w+$"))


def test_what_theory_expects_follows_what_is_typed(page: Page, server: Server) -> None:
    page.goto(server.url + "/new")
    preview = page.locator("#preview")
    expect(preview).not_to_contain_text("vanishes")
    page.locator("[name=hidden]").fill("60, 60, 60, 60, 60, 60")
    page.locator("[name=activation]").select_option("sigmoid")
    expect(preview).to_contain_text("vanishes")
    page.locator("[name=lr]").fill("-1")
    expect(preview).to_contain_text("The preview waits")
    page.locator("[name=lr]").fill("0.1")
    expect(preview).to_contain_text("vanishes")


def test_fields_come_and_go_with_what_they_depend_on(page: Page, server: Server) -> None:
    page.goto(server.url + "/new")
    for name in ("alpha", "pieces", "mc_passes", "transfer_layers", "clip_at"):
        expect(page.locator(f"[name={name}]")).to_be_hidden()
    page.locator("summary", has_text="or one for each layer").first.click()
    page.locator("[name=activation_layers]").fill("maxout, leaky_relu")
    page.locator("[name=dropout]").fill("0.2")
    page.locator("[name=transfer_from]").fill("abc")
    for name in ("alpha", "pieces", "mc_passes", "transfer_layers"):
        expect(page.locator(f"[name={name}]")).to_be_visible()
    page.locator("[name=dropout]").fill("0.0")
    expect(page.locator("[name=mc_passes]")).to_be_hidden()
    page.locator("[name=optimizer]").select_option("nesterov")
    expect(page.get_by_text("look-ahead point")).to_be_visible()


def test_how_certain_the_net_is_appears_at_the_end_of_the_run(page: Page, server: Server) -> None:
    spec = "hidden=100,50&epochs=40&steps_per_epoch=20&dropout=0.4&mc_passes=20&max_norm=2&clip=norm"
    page.goto(f"{server.url}/new?{spec}")
    page.get_by_role("button", name="Launch").click()
    expect(page.locator(".pill")).to_have_text("Finished", timeout=60_000)
    expect(page.locator("#answers img")).to_have_count(12)
    expect(page.locator("#certainty")).to_contain_text("Over 20 passes")
    for figure in ("monte_carlo", "clipping", "unit_norms", "update_ratio", "jacobian"):
        page.locator(f'.figure[data-figure="{figure}"]').scroll_into_view_if_needed()
        expect(lines(page, figure).first).to_be_attached(timeout=20_000)


def test_the_figures_follow_a_run_while_it_trains(page: Page, server: Server) -> None:
    launch(
        page, server, dataset="shapeset", hidden="100, 100, 100, 100, 100", activation="tanh", batch_size="10",
        optimizer="sgd", lr="0.05", epochs="200", steps_per_epoch="200",
    )  # fmt: skip
    expect(page.locator('.figure[data-figure="activation"] svg').first).to_be_visible(timeout=20_000)
    slider = page.get_by_label("Epoch", exact=True)
    expect(lines(page, "activation")).to_have_count(5)
    reached = int(slider.input_value())
    expect(page.locator(".pill")).to_have_text("Running")
    wait_until(page, f"document.querySelector('#epoch').value > {reached + 3}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".pill")).to_have_text("Cancelled")


def test_the_offline_file_works_without_a_server(page: Page, server: Server, tmp_path: Path) -> None:
    run_id = server.launch(hidden=[20, 10], epochs=3, name="</script><b>offline</b>")
    server.wait_until_ended(run_id)
    file = tmp_path / "run.html"
    file.write_bytes(server.client.get(f"/runs/{run_id}.html").content)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("</script><b>offline</b>")
    expect(lines(page, "activation")).to_have_count(2)
    slider = page.get_by_label("Epoch", exact=True)
    before = lines(page, "activation").nth(0).get_attribute("d")
    slider.focus()
    slider.press("Home")
    expect(lines(page, "activation").nth(0)).not_to_have_attribute("d", str(before))
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_the_first_pictures_need_no_javascript(chromium: Browser, server: Server) -> None:
    run_id = server.launch(hidden=[20, 10], activation="tanh", epochs=3)
    server.wait_until_ended(run_id)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.url}/runs/{run_id}")
    for figure in (*SIGNALS, "loss", "error", "saturation", "gradient_flow"):
        expect(page.locator(f'.figure[data-figure="{figure}"] svg').first).to_be_visible()
    page.goto(server.url + "/new")
    page.locator("[name=epochs]").fill("1")
    page.get_by_role("button", name="Launch").click()
    expect(page).to_have_url(re.compile(r"/runs/\w+$"))
    context.close()


def test_many_layers_make_the_page_of_a_run_no_wider_than_the_window(chromium: Browser, server: Server) -> None:
    """Other pages, and runs of fewer layers, are measured by the walk over every page."""
    run_id = server.launch(
        hidden=[20] * 8, activation="sigmoid", epochs=3, dropout=0.1, mc_passes=5, clip="norm", max_norm=2
    )
    server.wait_until_ended(run_id)
    for width in (1280, 360):
        page = chromium.new_page(viewport={"width": width, "height": 800})
        page.goto(f"{server.url}/runs/{run_id}", wait_until="networkidle")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        page.close()
