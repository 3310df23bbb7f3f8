"""The whole product in processes of its own, for tests that need it real."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil

from app.settings import PROJECT, Settings

T = TypeVar("T")
PATIENCE = 90.0  # seconds after which something that should have happened counts as broken


def wait_for(look: Callable[[], T], what: str) -> T:
    """Ask until the answer is true, and give that answer."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := look():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain: {what}")


def left_of(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that go on and on."""
    deadline = time.monotonic() + PATIENCE
    while (left := list(filter(_goes_on, family))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _goes_on(process: psutil.Process) -> bool:
    """A zombie has ended; where init reaps nothing it stays listed."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


class Server:
    """`python -m app serve` on a free port, with a data folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self._environment = {"PORT": "0", "DATA_DIR": str(folder), **environment}
        self.url = ""

    @property
    def settings(self) -> Settings:
        """With which it runs."""
        return Settings(_env_file=None, **{name.lower(): value for name, value in self._environment.items()})  # type: ignore[arg-type]

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def start(self) -> None:
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"], cwd=PROJECT, env={**os.environ, **self._environment},
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.url = self._announced()
        self.client = httpx2.Client(base_url=self.url, timeout=PATIENCE)

    def _announced(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://\S+", line):
                return found[0]
        raise AssertionError((self.folder / "log").read_text())

    def stop(self) -> int:
        """As Ctrl-C does. The exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def kill(self) -> None:
        """Kill the supervisor alone; nothing else may outlive it."""
        self.process.kill()
        self.ended()

    def ended(self) -> int:
        code = self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.client.close()
        return code

    def family(self) -> list[psutil.Process]:
        """Every process of the product."""
        supervisor = psutil.Process(self.process.pid)
        return [supervisor, *supervisor.children(recursive=True)]

    def launch(self, **spec: Any) -> str:
        answer = self.client.post("/api/runs", json=spec)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def run(self, run_id: str) -> dict[str, Any]:
        """The run, asked for until the web process answers."""
        found: dict[str, Any] = self._ask(f"/api/runs/{run_id}")
        return found

    def pid(self, role: str, run_id: str | None = None) -> int | None:
        """The process of this role, the trainer of this run."""
        for process in self._ask("/healthz")["processes"]:
            if process["role"] == role and (role != "trainer" or process["run"] == run_id):
                return int(process["pid"])
        return None

    def wait_until_ended(self, run_id: str) -> dict[str, Any]:
        ended = ("finished", "failed", "cancelled")
        return wait_for(lambda: (run := self.run(run_id))["status"] in ended and run, f"run {run_id} to end")

    def wait_for_step(self, run_id: str, step: int) -> None:
        wait_for(lambda: self.run(run_id)["progress"]["step"] >= step, f"run {run_id} to reach step {step}")

    def _ask(self, path: str) -> Any:
        def ask() -> Any:
            try:
                return self.client.get(path).json()
            except httpx2.TransportError:
                return None

        return wait_for(ask, f"{path} to answer")
