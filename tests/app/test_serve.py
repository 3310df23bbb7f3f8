import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from app import serve
from app.settings import PROJECT
from tests.server import Server, left_of, wait_for


@pytest.fixture(scope="module")
def server(own_server: Server) -> Server:
    """Whose processes are killed."""
    return own_server


def refused(folder: Path, **environment: str) -> str:
    """Start the product where it can't; the one line it says."""
    result = subprocess.run(
        [sys.executable, "-m", "app", "serve"], cwd=PROJECT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "DATA_DIR": str(folder), **environment},
    )  # fmt: skip
    assert result.returncode == 2
    [line] = result.stderr.splitlines()
    assert line.startswith("Layerscope can't start: ")
    return line


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_taken_port_is_said_in_one_line(tmp_path: Path, taken: int) -> None:
    assert f"port {taken} of 127.0.0.1 can't be used (Address already in use); try PORT={taken + 1}" in refused(
        tmp_path, PORT=str(taken)
    )


def test_an_address_others_can_reach_is_refused_without_a_password(tmp_path: Path) -> None:
    assert "CLASS_PASSWORD must be set" in refused(tmp_path, HOST="0.0.0.0", PORT="0", CLASS_PASSWORD="")


def test_a_full_disk_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5_000_000))
    with pytest.raises(serve.CannotStart, match="only 5 MB are free"), serve._only_one(tmp_path):
        pass


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(serve.CannotStart, match="can't be written"), serve._only_one(tmp_path / "file"):
        pass


def test_a_second_server_on_the_same_folder_is_refused(server: Server) -> None:
    assert "already running" in refused(server.folder, PORT="0")


def test_a_process_that_dies_is_back_within_two_seconds(server: Server) -> None:
    for role in ("web", "worker"):
        victim = wait_for(lambda role=role: server.pid(role), f"a {role}")  # type: ignore[misc]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda role=role, victim=victim: server.pid(role) not in (None, victim), f"another {role}")  # type: ignore[misc]


def test_a_killed_spare_child_is_replaced(server: Server) -> None:
    spare = wait_for(lambda: server.pid("trainer"), "a spare child")
    os.kill(spare, signal.SIGKILL)
    wait_for(lambda: server.pid("trainer") not in (None, spare), "another spare child")
    run_id = server.launch(hidden=[8], epochs=1)
    assert server.wait_until_ended(run_id)["status"] == "finished"


def test_requests_wait_while_the_web_process_is_restarted(server: Server) -> None:
    victim = server.pid("web")
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(victim)] if psutil.pid_exists(victim) else [], timeout=10)
    assert httpx2.get(server.url + "/healthz", timeout=60).status_code == 200


def test_the_token_of_a_link_is_in_no_line_of_the_log(server: Server) -> None:
    """However it is asked for, and by whomever."""
    made = server.client.post(f"/api/runs/{server.launch(hidden=[4], epochs=0)}/shares").json()
    made = server.client.post(f"/api/shares/{made['id']}/rotate").json()
    token = made["url"].rpartition("/")[2]
    spelled = f"%{ord(token[0]):x}{token[1:]}"
    for path in (
        f"/s/{token}",
        f"/s/{token}/metrics?v=1",
        f"/s/{spelled}",
        f"//s/{token}",
        f"/s/{token}/nope",
        f"/s/{token}x",
    ):
        for method in ("GET", "HEAD", "POST"):
            server.client.request(method, path, headers={"Referer": made["link"]})
    server.client.get(f"/s/{token}", headers={"Host": f"/s/{token}"})
    said = (server.folder / "log").read_text()
    assert token not in said
    assert token[1:] not in said


def test_the_web_process_is_small_and_free_of_torch(server: Server) -> None:
    web = server.pid("web")
    assert web is not None
    run_id = server.launch(hidden=[20] * 5, epochs=5)
    server.wait_until_ended(run_id)
    for path in (f"/runs/{run_id}", f"/runs/{run_id}.html", f"/api/runs/{run_id}/export.zip", "/", "/new"):
        assert server.client.get(path).status_code == 200
    process = psutil.Process(web)
    assert process.memory_info().rss < 200e6
    assert not [m.path for m in process.memory_maps() if "/torch/" in m.path]


def test_an_open_event_stream_does_not_hold_up_the_end(server: Server) -> None:
    """The last one here: it ends the server."""
    run_id = server.launch(dataset="shapeset", hidden=[100] * 5, epochs=20, steps_per_epoch=1000)
    with server.client.stream("GET", f"/api/runs/{run_id}/events") as stream:
        next(stream.iter_lines())
        family = server.family()
        asked = time.monotonic()
        assert server.stop() == 0
        print(f"ended after {time.monotonic() - asked:.1f} s")
    assert left_of(family) == []
