from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.learn.scripts import open_blank


@pytest.fixture(scope="module")
def modules(chromium: Browser) -> Iterator[Page]:
    """One page for all tests of a module that computes: `modules.evaluate("async () => (await import(...)).x")`."""
    page = chromium.new_page()
    yield open_blank(page)
    page.close()
