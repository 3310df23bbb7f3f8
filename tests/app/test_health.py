"""/healthz and /metrics, with the database there and away."""

import threading
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app import health, store
from app.models import Worker
from ml.spec import RunSpec

NUMBERS = ("queued", "running", "workers")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database does not take connections."""

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception("connection refused"))

    monkeypatch.setattr(Session, "execute", fail)
    monkeypatch.setattr(Session, "exec", fail)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database takes questions and does not answer."""
    over = threading.Event()

    def wait(_session: Session) -> None:
        over.wait(30)
        raise OperationalError("", {}, Exception("nobody listens any more"))  # and so no connection is opened

    monkeypatch.setattr(health, "LONGEST_LOOK", 0.1)
    monkeypatch.setattr(store, "count_by_status", wait)
    yield
    over.set()


def scraped(client: TestClient) -> list[Sample]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]


def values(samples: list[Sample], name: str) -> dict[tuple[str, ...], float]:
    """By the values of the labels, in the order of their names."""
    return {
        tuple(value for _name, value in sorted(sample.labels.items())): sample.value
        for sample in samples
        if sample.name == name
    }


# --- /healthz ---


def test_health_counts_the_runs_and_tells_the_processes_to_this_machine_only(
    app: FastAPI, client: TestClient, session: Session
) -> None:
    store.create_run(session, RunSpec())
    store.report_worker(session, Worker(name="one", pid=7, spare_pid=8))

    told = client.get("/healthz").json()
    assert told | {"processes": []} == {
        "status": "ok", "database": "ok", "queued": 1, "running": 0, "workers": 1, "processes": [],
    }  # fmt: skip
    assert [process["role"] for process in told["processes"]] == ["web", "worker", "trainer"]
    stranger = TestClient(app, base_url="http://127.0.0.1:8000", client=("192.168.1.7", 50000))
    assert stranger.get("/healthz").json()["processes"] is None


@pytest.mark.usefixtures("away")
def test_health_says_that_the_database_is_away(client: TestClient) -> None:
    answer = client.get("/healthz")

    assert answer.status_code == 503
    told = answer.json()
    assert (told["status"], told["database"]) == ("error", "unreachable")
    assert [told[name] for name in NUMBERS] == [None, None, None]
    assert [process["role"] for process in told["processes"]] == ["web"]


@pytest.mark.usefixtures("silent")
def test_health_does_not_wait_for_a_database_that_is_silent(client: TestClient) -> None:
    began = time.monotonic()

    assert client.get("/healthz").json()["database"] == "unreachable"
    assert time.monotonic() - began < 5


# --- /metrics ---


def test_metrics_tell_the_runs_the_queue_and_the_workers(client: TestClient, session: Session) -> None:
    waiting, trained = (store.create_run(session, RunSpec(seed=seed)) for seed in (1, 2))
    store.claim(session, trained.id)
    store.report_worker(session, Worker(name="one", pid=7))

    samples = scraped(client)

    assert values(samples, "layerscope_runs") == {
        ("queued",): 1, ("running",): 1, ("finished",): 0, ("failed",): 0, ("cancelled",): 0,
    }  # fmt: skip
    assert values(samples, "layerscope_queue_length") == {(): 1}
    assert 0 <= values(samples, "layerscope_queue_oldest_seconds")[()] < 60
    assert values(samples, "layerscope_workers_alive") == {(): 1}
    assert values(samples, "layerscope_database_up") == {(): 1}
    for name in ("layerscope_database_bytes", "layerscope_disk_free_bytes", "process_resident_memory_bytes"):
        assert values(samples, name)[()] > 10_000
    assert waiting.id not in client.get("/metrics").text


def test_metrics_count_requests_by_route_and_never_by_id_or_token(client: TestClient, session: Session) -> None:
    run = store.create_run(session, RunSpec())
    _share, token = store.create_share(session, run.id)
    for path in (f"/api/runs/{run.id}", f"/api/runs/{run.id}", f"/s/{token}/metrics", "/nothing", f"/s/{token[:-1]}"):
        client.get(path)
    client.request("BREW", "/")

    counts = values(scraped(client), "layerscope_http_request_seconds_count")

    assert counts[("GET", "/api/runs/{run_id}", "200")] == 2
    assert counts[("GET", "/s/{token}/metrics", "200")] == 1
    assert counts[("GET", "/s/{token}", "404")] == 1
    assert counts[("GET", "other", "404")] == 1
    assert counts[("other", "/", "405")] == 1
    text = client.get("/metrics").text
    assert run.id not in text
    assert token[:-1] not in text


def test_the_classes_of_a_duration_add_up(client: TestClient) -> None:
    client.get("/healthz")

    samples = scraped(client)

    classes = [
        sample.value for sample in samples
        if sample.name == "layerscope_http_request_seconds_bucket" and sample.labels["route"] == "/healthz"
    ]  # fmt: skip
    assert classes == sorted(classes)
    assert classes[-1] == 1
    assert values(samples, "layerscope_http_request_seconds_sum")[("GET", "/healthz", "200")] > 0


@pytest.mark.usefixtures("away")
def test_metrics_go_on_without_the_database(client: TestClient) -> None:
    samples = scraped(client)

    assert values(samples, "layerscope_database_up") == {(): 0}
    assert values(samples, "layerscope_runs") == {}
    assert values(samples, "layerscope_disk_free_bytes")[()] > 0
