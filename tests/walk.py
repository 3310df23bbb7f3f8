"""Walks over pages as axe, a ruler and somebody who reads the console would."""

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.server import Server

# Language, scheme and width. Each page is looked at in the dark and at the other width, too, without asking for it
# again: colours are the same in all languages.
LOOKS = [("en", "light", 1280), ("es", "dark", 360)]
OTHER: dict[int, int] = {1280: 360, 360: 1280}
# Everything that WCAG 2.2 asks for at levels A and AA and a machine can check, and axe's own advice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def walk(
    chromium: Browser, server: Server, pages: dict[str, str], language: str, scheme: str, width: int,
    signing_in: dict[str, str] | None = None,
) -> list[str]:  # fmt: skip
    """Everything that is wrong with the pages, for whoever signs in so where one has to."""
    context = chromium.new_context(
        locale=language, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )  # type: ignore[arg-type]
    if signing_in:
        context.request.post(server.url + "/sign-in", form=signing_in)  # type: ignore[arg-type]
    page = context.new_page()
    reported, asked = listen(page)
    found: list[str] = []
    for name, path in pages.items():
        answer = page.goto(server.url + path)
        assert answer is not None
        if page.locator("[data-figure], .drawing").count():
            page.wait_for_load_state("networkidle")  # Plotly has taken over by then
        assert page.url.split("?")[0] == server.url + path.split("?")[0]  # and not to another one instead
        found += [f"{name}: {complaint}" for complaint in complaints(page, answer, language)]
        found += [f"{name}, otherwise: {complaint}" for complaint in otherwise(page, scheme, width)]
        found += [f"{name}: {text}" for text in reported if f"status of {answer.status}" not in text]
        reported.clear()
    context.close()
    ours = (server.url, "data:", "blob:")
    return found + [f"asked {url}" for url in asked if not url.startswith(ours)]


def listen(page: Page) -> tuple[list[str], list[str]]:
    """What the console reports and what is asked for, from now on."""
    reported: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: reported.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: reported.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    return reported, asked


def complaints(page: Page, answer: Response, language: str) -> Iterator[str]:
    if answer.status >= 500:
        yield f"answered {answer.status}"
    spoken = page.locator("html").get_attribute("lang")
    if not page.url.split("?")[0].endswith("/s/unknown") and spoken != language:
        yield f"speaks {spoken}"
    yield from _too_wide(page)
    yield from _violations(page, {"runOnly": RULES})


def otherwise(page: Page, scheme: str, width: int) -> Iterator[str]:
    """What is wrong in the dark, where the page was seen in the light, and at the other width."""
    if scheme == "light":
        page.emulate_media(color_scheme="dark")
        yield from _violations(page, {"runOnly": {"type": "rule", "values": ["color-contrast"]}})
        page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": OTHER[width], "height": 800})
    yield from _too_wide_for_good(page)
    page.set_viewport_size({"width": width, "height": 800})


def _too_wide_for_good(page: Page) -> Iterator[str]:
    """Charts take another width a moment later."""
    for _ in range(50):
        wide = list(_too_wide(page))
        if not wide:
            return
        page.wait_for_timeout(100)
    yield from wide


def _too_wide(page: Page) -> Iterator[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        yield f"{wide} px wider than the window"


def _violations(page: Page, options: dict[str, Any]) -> Iterator[str]:
    results = Axe().run(page, options=options | {"resultTypes": ["violations"]})  # four times as fast
    for violation in results.response["violations"]:
        for node in violation["nodes"]:
            yield f"axe {violation['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
