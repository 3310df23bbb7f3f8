from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from app.main import create_app
from app.settings import Settings
from tests.learn.scripts import open_blank
from tests.server import wait_for


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the web process alone, in a thread: Learn pages need neither a worker nor a run."""
    settings = Settings(_env_file=None, data_dir=Path(tmp_path_factory.mktemp("site")))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_config=None, ws="none"))
    thread = Thread(target=server.run)
    thread.start()
    wait_for(lambda: server.started, "the web process to start")
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def modules(chromium: Browser) -> Iterator[Page]:
    """One page for all tests of a module that computes: `modules.evaluate("async () => (await import(...)).x")`."""
    page = chromium.new_page()
    yield open_blank(page)
    page.close()
