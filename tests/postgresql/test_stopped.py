"""PostgreSQL is stopped in the middle of a run, and started again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.postgres import PostgreSQL
from tests.postgresql.long_run import LONG, STEPS, assert_whole
from tests.server import Server, wait_for

pytestmark = pytest.mark.postgresql
SECONDS = 20


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """A server that the test may stop."""
    with PostgreSQL() as server:
        yield server


def test_runs_and_visitors_wait_and_the_run_goes_on_by_itself(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.new_database()
    with Server(tmp_path, DATABASE_URL=url) as server:
        run_id = server.launch(**LONG)
        server.wait_for_step(run_id, STEPS // 4)
        postgresql.stop()
        stopped = time.monotonic()
        refused = server.client.post("/api/runs", json=LONG)
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        assert "Nothing was lost" in refused.json()["detail"]
        assert server.client.get("/healthz").status_code == 503
        assert server.client.get("/").status_code == 503
        time.sleep(max(0.0, SECONDS - (time.monotonic() - stopped)))
        postgresql.start()

        wait_for(lambda: server.client.get("/healthz").status_code == 200, "the web process to come back")
        run = server.wait_until_ended(run_id)
        assert (run["status"], run["error"], run["attempt"]) == ("finished", None, 1)
        assert server.wait_until_ended(server.launch(hidden=[8], epochs=1))["status"] == "finished"
    assert_whole(url, run_id)
    log = (tmp_path / "log").read_text()
    assert "the database can't be used" in log
    assert str(make_url(url).password) not in log
