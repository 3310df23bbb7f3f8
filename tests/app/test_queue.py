import json

import pytest

from app import queue
from app.settings import Settings


def test_enqueueing_before_any_worker_was_there_loses_nothing_and_says_so(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = queue.Queue(settings)
    client.enqueue("a-run")
    client.cancel("a-run")
    assert "stored but could not be enqueued" in caplog.text
    client.close()


def test_a_run_is_enqueued_once_however_often_it_is_asked(settings: Settings) -> None:
    queue.prepare(settings)
    client = queue.Queue(settings)
    assert client.states(["a-run"]) == {}
    client.enqueue("a-run")
    client.enqueue("a-run")
    assert client.states(["a-run"])["a-run"].status == "ENQUEUED"
    client.cancel("a-run")
    assert client.states(["a-run"])["a-run"].status == "CANCELLED"
    client.wake("a-run")
    assert client.states(["a-run"])["a-run"].status == "ENQUEUED"
    client.close()


def test_nothing_in_the_queue_is_pickled(settings: Settings) -> None:
    queue.prepare(settings)
    client = queue.Queue(settings)
    client.enqueue("a-run")
    schema = "dbos." if client._engine.dialect.name == "postgresql" else ""
    with client._engine.connect() as connection:
        inputs = connection.exec_driver_sql(f"SELECT inputs FROM {schema}workflow_input").scalar()
        how = connection.exec_driver_sql(f"SELECT serialization FROM {schema}workflow_status").scalar()
    assert (json.loads(str(inputs))["positionalArgs"], how) == (["a-run"], "portable_json")
    client.close()
