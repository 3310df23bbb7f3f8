"""What several machines begin at the same moment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app import db, schema
from app.settings import PROJECT
from tests.databases import databases

pytestmark = pytest.mark.postgresql


@pytest.fixture
def postgresql(tmp_path: Path):
    """The URL of a database without any table."""
    url = databases.address(tmp_path)
    databases.make(url)
    yield url
    databases.drop(url)


def test_servers_that_start_at_once_migrate_once(postgresql: str, tmp_path: Path) -> None:
    environment = {**os.environ, "DATABASE_URL": postgresql, "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "app", "migrate"]
    started = [
        subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    engine = db.make_engine(postgresql)
    assert schema.revision(postgresql) == schema.newest_revision()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM dbos.workflow_status")).scalar() == 0
    engine.dispose()
