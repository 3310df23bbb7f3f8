"""Workers on several hosts: one is cut off in the middle of a run, and comes back."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlmodel import Session

from app import actions, db
from app.models import Run
from app.queue import Queue
from app.serve import prepare
from app.settings import PROJECT, Settings
from ml.spec import RunSpec
from tests.postgres import PostgreSQL
from tests.postgresql.hosts import CannotMake, Host, hosts
from tests.postgresql.long_run import LONG, STEPS, assert_whole
from tests.server import wait_for

pytestmark = pytest.mark.postgresql
TAKEN_OVER_WITHIN = 20.0  # seconds


@pytest.fixture
def network() -> Iterator[list[Host]]:
    """Three hosts."""
    try:
        with hosts(3) as made:
            yield made
    except CannotMake as reason:
        pytest.skip(str(reason))


@pytest.fixture
def database(network: list[Host]) -> Iterator[PostgreSQL]:
    with PostgreSQL(network[0].address, 5432, network[0].within) as server:
        yield server


@contextmanager
def worker(host: Host, url: str, folder: Path) -> Iterator[Path]:
    """A worker process there; its log."""
    folder.mkdir()
    log = folder / "log"
    command = [*host.within, sys.executable, "-m", "app", "worker", "--name", folder.name]
    environment = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder)}
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=file, stderr=file)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(20)


def test_a_run_of_a_host_that_is_cut_off_is_taken_over_and_nothing_is_there_twice(
    network: list[Host], database: PostgreSQL, tmp_path: Path
) -> None:
    remote = database.new_database()
    local = make_url(database.local_url).set(database=make_url(remote).database).render_as_string(hide_password=False)
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=local)
    prepare(settings)
    engine, queue = db.make_engine(local), Queue(settings)
    with ExitStack() as stack:
        logs = {name: stack.enter_context(worker(host, remote, tmp_path / name))
                for name, host in zip("ab", network[1:], strict=True)}  # fmt: skip
        session = stack.enter_context(Session(engine))

        def ask(query, *values):
            session.rollback()
            return query(session, *values)

        def run() -> Run:
            session.rollback()
            found = session.get(Run, run_id, populate_existing=True)
            assert found is not None
            return found

        wait_for(lambda: all("is ready" in log.read_text() for log in logs.values()), "both workers")
        run_id = ask(actions.launch, queue, RunSpec.model_validate(LONG)).id
        wait_for(lambda: run().step > STEPS // 4, "the middle of the run")
        first = str(run().worker)
        host = dict(zip("ab", network[1:], strict=True))[first[0]]
        host.cut_off()
        cut = time.monotonic()
        wait_for(lambda: run().worker not in (None, first) and run().status == "running", "the other one")
        took = time.monotonic() - cut
        host.come_back()
        wait_for(lambda: run().status not in ("queued", "running"), "the end of the run")
        assert (run().status, run().attempt, run().error) == ("finished", 2, None)
        assert str(run().worker)[0] != first[0]
        assert took < TAKEN_OVER_WITHIN
        wait_for(lambda: "attempt 1 is over" in logs[first[0]].read_text(), "the one that was cut off to give up")
    queue.close()
    engine.dispose()
    assert_whole(local, run_id)
