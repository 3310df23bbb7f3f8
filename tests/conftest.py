"""What many tests need: a migrated database, the application in-process, a real server."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine
from sqlmodel import Session

from app import db, store
from app.main import create_app
from app.settings import Settings
from ml.labs import LABS
from ml.spec import RunSpec
from tests.browser import find_chromium, launch_chromium
from tests.databases import ADMINISTRATOR, databases, let_rest
from tests.lab_runs import LAB, TRIAL
from tests.readiness import share_ready_routes
from tests.server import Server

TINY = RunSpec(hidden=(8, 6), activation="tanh", init="xavier_uniform", epochs=2, steps_per_epoch=3, monitor_size=20)


# Else the engine makes a handler, on the stderr of the test that first starts it, which is closed after that.
logging.getLogger("dbos").addHandler(logging.NullHandler())
share_ready_routes()
expect.set_options(timeout=30_000)  # milliseconds; a machine that is busy with other tests draws a page late


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those with a browser or with processes of their own first: they are the longest, and test processes that
    share the modules out end at the same time only if the last ones are short."""
    _long_files.update(item.path for item in items if _is_long(item))
    items.sort(key=lambda item: item.path not in _long_files)
    runs_here = _on_postgresql if ADMINISTRATOR else _without_postgresql
    config.hook.pytest_deselected(items=[item for item in items if not runs_here(item)])
    items[:] = [item for item in items if runs_here(item)]


def _is_long(item: pytest.Item) -> bool:
    return bool(_LONG.intersection((*item.fixturenames, item.path.stem)))  # type: ignore[attr-defined]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A worker that waits for runs takes a twentieth of a core: once the long tests are over, nobody asks for it."""
    if item.path not in _long_files:
        while _running:
            _running.pop().stop()


def pytest_sessionfinish() -> None:
    databases.close()


def _on_postgresql(item: pytest.Item) -> bool:
    """Whether it has to do with the database, and nothing with a browser."""
    fixtures = set(item.fixturenames)  # type: ignore[attr-defined]
    concerned = "postgresql" in item.keywords or bool(fixtures & _DATABASE)
    return concerned and "sqlite" not in item.keywords and "chromium" not in fixtures


def _without_postgresql(item: pytest.Item) -> bool:
    return "postgresql" not in item.keywords


_running: list[Server] = []  # that are for all modules
_long_files: set[Path] = set()
_DATABASE = {"settings", "server", "own_server"}
_LONG = {
    "chromium", "server", "own_server", "test_reproduce", "test_kills", "test_chaos", "test_bridging", "test_soak",
    "test_fuzz_changes", "test_fuzz_runs", "test_fuzz_links",
}  # fmt: skip


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database of the newest schema, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    url = databases.address(folder)
    databases.make(url)
    db.migrate(Settings(_env_file=None, data_dir=folder, database_url=url))
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[tuple[str, str]]:
    """The URL of a database with a tiny run that was trained to its end, to be copied, and the run's id."""
    from app.training import train_and_save

    url = databases.address(tmp_path_factory.mktemp("trained"))
    databases.make(url, migrated)
    engine = db.make_engine(url)
    with Session(engine) as session:
        run = store.create_run(session, TINY)
        attempt = store.claim(session, run.id)
    assert attempt is not None
    train_and_save(engine, run.id, attempt)
    engine.dispose()
    yield url, run.id
    databases.drop(url)


@pytest.fixture
def settings(tmp_path: Path, migrated: str) -> Iterator[Settings]:
    url = databases.address(tmp_path)
    databases.make(url, migrated)
    yield Settings(_env_file=None, data_dir=tmp_path, database_url=url)
    databases.drop(url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = db.make_engine(settings.runs_url)
    let_rest(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    app = create_app(settings)
    yield app
    app.state.queue.close()
    app.state.engine.dispose()


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """Talks to the application as a program on the same machine would."""
    return TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000), follow_redirects=False)


@pytest.fixture
def finished(settings: Settings, trained: tuple[str, str]) -> str:
    """The id of a tiny run that was trained to its end. Name it before whatever opens the database."""
    url, run_id = trained
    databases.make(settings.runs_url, url)
    return run_id


@pytest.fixture
def trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab that stays as it is, beside those of the product."""
    monkeypatch.setitem(LABS, TRIAL, LAB)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The whole product on a free port, as `make serve` starts it, with the runs that other tests launched. Modules
    that kill its processes, or count what there is, take `own_server` instead."""
    for server in _serve(tmp_path_factory.mktemp("server")):
        _running.append(server)
        yield server


@pytest.fixture(scope="module")
def own_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As `server`, for one module alone, with as many workers as its WORKERS says."""
    yield from _serve(tmp_path_factory.mktemp("server"), WORKERS=str(getattr(request.module, "WORKERS", 1)))


def _serve(folder: Path, **environment: str) -> Iterator[Server]:
    url = databases.address(folder)
    databases.make(url)
    with Server(folder, DATABASE_URL=url, **environment) as server:
        yield server
    databases.drop(url)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium without a window. Where there is none the test is skipped; on CI that is a failure."""
    if find_chromium() is None:
        reason = "needs Chromium (Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with launch_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a browser that has never seen the site. The test fails if its console reports anything."""
    context = chromium.new_context(locale="en")
    page = context.new_page()
    reported: list[str] = []
    page.on("console", lambda message: reported.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: reported.append(str(error)))
    yield page
    context.close()
    # Chromium reports the form that comes back with its errors, which is answered 422, as a resource not loaded.
    assert [text for text in reported if "status of 422" not in text] == []
