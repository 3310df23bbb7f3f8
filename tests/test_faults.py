"""The database can't be written for a while: everybody is told, nothing is half written, and it goes on by itself."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from app.db import SQLITE
from app.main import WAIT_SECONDS
from tests.server import Server, wait_for

pytestmark = pytest.mark.sqlite

# The lock is held for longer than a visitor waits; `make chaos` holds it for 20 s.
LOCKED_SECONDS = float(os.environ.get("LOCKED_SECONDS") or WAIT_SECONDS + 1)
DISK = "160m"  # below 100 MB free the product does not start
STEPS, EVERY = 2000, 200
LONG = {
    "dataset": "shapeset", "hidden": [100] * 5, "activation": "tanh", "init": "xavier_uniform", "optimizer": "sgd",
    "lr": 0.05, "batch_size": 10, "epochs": STEPS // EVERY, "steps_per_epoch": EVERY,
}  # fmt: skip
TINY = {"hidden": [4], "epochs": 1, "steps_per_epoch": 1}


def launch_to_its_first_steps(server: Server) -> str:
    run_id = server.launch(**LONG)
    server.wait_for_step(run_id, EVERY)
    return run_id


def assert_told_to_come_back(server: Server) -> None:
    answer = server.client.post("/api/runs", json=TINY)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert "Nothing was lost" in answer.json()["detail"]


def assert_pages_answer(server: Server, run_id: str) -> None:
    for path in ("/", "/new", f"/runs/{run_id}", f"/api/runs/{run_id}/metrics", "/healthz"):
        assert server.client.get(path).status_code == 200, path


def assert_goes_on_by_itself(server: Server, run_id: str, data: Path) -> None:
    """The run that was trained meanwhile finishes, in its first attempt and with everything once; so does the next."""
    run = server.wait_until_ended(run_id)
    assert (run["status"], run["error"], run["attempt"]) == ("finished", None, 1)
    assert server.wait_until_ended(server.launch(**TINY))["status"] == "finished"
    steps = list(range(0, STEPS + 1, EVERY))
    with closing(SQLITE.connect(data / "layerscope.db")) as database:
        found = "SELECT step FROM snapshot WHERE run_id = ? ORDER BY step", [run_id]
        assert [step for (step,) in database.execute(*found)] == steps
        [layers] = database.execute("SELECT count(*) FROM layer WHERE run_id = ?", [run_id])
        assert layers == (len(steps) * 6,)
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def locked(*files: Path) -> Iterator[None]:
    """As by a program that has begun to write and takes its time."""
    with ExitStack() as held:
        for file in files:
            writer = held.enter_context(closing(SQLITE.connect(file, timeout=20, isolation_level=None)))
            writer.execute("BEGIN IMMEDIATE")
        yield


def test_a_locked_database_is_waited_for(server: Server) -> None:
    run_id = launch_to_its_first_steps(server)
    with locked(server.folder / "layerscope.db", server.folder / "queue.db"):
        until = time.monotonic() + LOCKED_SECONDS
        assert_pages_answer(server, run_id)
        assert_told_to_come_back(server)
        assert_pages_answer(server, run_id)
        assert server.run(run_id)["status"] == "running"
        time.sleep(max(0.0, until - time.monotonic()))
    assert_goes_on_by_itself(server, run_id, server.folder)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small one."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", mounted]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"needs to mount a small disk: {made.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "--lazy", mounted], check=True)


def fill(file: Path) -> None:
    with file.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass


def test_a_full_disk_is_waited_for(tmp_path: Path, disk: Path) -> None:
    with Server(tmp_path, DATA_DIR=str(disk)) as server:
        run_id = launch_to_its_first_steps(server)
        fill(disk / "filler")
        wait_for(lambda: "database or disk is full" in (tmp_path / "log").read_text(), "the log to say so")
        assert_told_to_come_back(server)
        assert_pages_answer(server, run_id)
        assert server.run(run_id)["status"] == "running"
        (disk / "filler").unlink()
        assert_goes_on_by_itself(server, run_id, disk)
