"""A page that may import our scripts and has no server behind it."""

from playwright.sync_api import Page, Route

from app.settings import PROJECT

_HOST = "http://scripts.test"


def open_blank(page: Page) -> Page:
    """Empty, at an address from which `import("/static/learn/x.js")` answers with our file."""
    page.route(f"{_HOST}/**", _answer)
    page.goto(_HOST)
    return page


def _answer(route: Route) -> None:
    file = PROJECT / route.request.url.removeprefix(_HOST).lstrip("/")
    if file.is_file():
        route.fulfill(path=file, content_type="text/javascript")
    else:
        route.fulfill(body="", content_type="text/html")
