"""The lines of the log: their form, the run they are about, and that no token is in them."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import logs, store
from app.settings import PROJECT
from ml.spec import RunSpec

RUN, OTHER_RUN = "0661247c31046c9c4af3", "0661247c3170e8ce9512"
log = logging.getLogger("app.test")


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What a log wrote that was started in this test, since this was asked last."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, threading.excepthook
    logs.begin()
    yield lambda: capsys.readouterr().err
    logging.captureWarnings(False)
    root.handlers[:], _, sys.excepthook, threading.excepthook = before
    root.setLevel(before[1])


def lines(told: Callable[[], str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told().splitlines()]


def test_a_line_of_text_says_when_how_grave_who_and_what(told: Callable[[], str]) -> None:
    logs.start_log()
    log.info("ready after %d s", 3)

    assert told().endswith(" INFO    app.test: ready after 3 s\n")


def test_a_json_line_has_the_same_as_fields(told: Callable[[], str]) -> None:
    logs.start_log("json")
    log.warning("ready after %d s", 3)

    [line] = lines(told)
    assert line["time"].startswith("20")
    assert line["time"].endswith("+00:00")
    assert {name: line[name] for name in ("level", "logger", "message", "run")} == {
        "level": "WARNING", "logger": "app.test", "message": "ready after 3 s", "run": None,
    }  # fmt: skip
    assert line.keys() == {"time", "level", "logger", "process", "run", "message"}


def test_an_exception_stays_in_its_line(told: Callable[[], str]) -> None:
    logs.start_log("json")
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("it failed")

    [line] = lines(told)
    assert "ValueError: no" in line["exc_info"]


def test_a_line_is_about_the_run_of_its_job_or_that_it_names(told: Callable[[], str]) -> None:
    logs.start_log("json")
    with logs.about(RUN):
        log.info("loading data")
        log.info("run %s waits for it", OTHER_RUN)
    log.info("run %s is stored", OTHER_RUN)
    log.info("idle")

    assert [line["run"] for line in lines(told)] == [RUN, RUN, OTHER_RUN, None]


def test_a_line_of_text_names_the_run_once(told: Callable[[], str]) -> None:
    logs.start_log()
    with logs.about(RUN):
        log.info("loading data")
        log.info("run %s has ended", RUN)

    assert [line.split("app.test: ")[1] for line in told().splitlines()] == [
        f"run {RUN}: loading data", f"run {RUN} has ended",
    ]  # fmt: skip


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_token_of_a_link_is_in_no_line(told: Callable[[], str], log_format: str) -> None:
    logs.start_log(log_format)
    token = "1Lo2QpiIfdYvVdIuG2nMFnVG_NlhtR6l"
    log.info("GET /s/%s/metrics", token)
    try:
        raise ValueError(f"/m/{token}")
    except ValueError:
        log.exception("http://x.org/l/%s?a=b", token)

    said = told()
    assert token not in said
    assert "GET /s/…/metrics" in said


def test_a_crash_in_a_thread_is_a_line(told: Callable[[], str]) -> None:
    logs.start_log("json")
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()

    [line] = lines(told)
    assert line["level"] == "CRITICAL"
    assert "ZeroDivisionError" in line["exc_info"]


@pytest.mark.parametrize("library", ["dbos", "uvicorn.error", "alembic", "py.warnings"])
def test_lines_of_libraries_are_of_the_same_form(told: Callable[[], str], library: str) -> None:
    logs.start_log("json")
    logging.getLogger(library).error("hm")

    assert [line["logger"] for line in lines(told)] == [library]


def test_the_queue_engine_makes_no_lines_of_its_own() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from app.logs import start_log; start_log('json'); import logging, dbos\n"
         "from dbos._logger import init_logger; init_logger(); logging.getLogger('dbos').error('hm')"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stderr  # fmt: skip

    assert [json.loads(line)["message"] for line in told.splitlines()] == ["hm"]


def test_a_request_is_about_the_run_of_its_path_or_of_its_link(
    app: FastAPI, session: Session, told: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.create_run(session, RunSpec())
    _share, token = store.create_share(session, run.id)

    def crash(*_: object) -> None:
        log.error("asked")
        raise RuntimeError(f"at /s/{token}")

    monkeypatch.setattr(type(app.state.cache), "load", crash)
    monkeypatch.setattr(store, "load_run", crash)
    logs.start_log("json")
    client = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    for path in (f"/api/runs/{run.id}/metrics", f"/s/{token}/metrics"):
        assert client.get(path).status_code == 500

    said = told()
    asked = [line for line in map(json.loads, said.splitlines()) if line["logger"] == "app.test"]
    assert [line["run"] for line in asked] == [run.id, run.id]
    assert token not in said
