"""`make serve`: bring the databases up to date, start the web process and the workers, and keep them alive."""

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from app import db, queue, schema
from app.passwords import where_teachers_look
from app.settings import Settings

RESTART_SECONDS = 0.2  # before a process that died is started again
MAX_RESTART_SECONDS = 1.5  # where it dies at once, again and again
HEALTHY_SECONDS = 2.0  # a process that lived this long was no failed start
STOP_SECONDS = 4.0  # from SIGTERM to SIGKILL
# glibc gives each thread a heap of its own and keeps what is freed there; the web process has many threads.
FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
# What is large goes back to the system when it is freed, as the 19 MB that each password takes to be looked at; else
# glibc learns to keep it.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "4000000"}
MIN_FREE_BYTES = 100_000_000


log = logging.getLogger(__name__)


class CannotStart(Exception):
    """One line for the operator: what is in the way, and what to do."""


def serve(settings: Settings) -> int:
    """Run until Ctrl-C or SIGTERM. The exit code."""
    try:
        with _only_one(settings.data_dir):
            listener = _listen(settings)
            prepare(settings)
            asyncio.run(Supervisor(settings, listener).run())
    except CannotStart as error:
        print(f"Layerscope can't start: {error}", file=sys.stderr)
        return 2
    return 0


def prepare(settings: Settings) -> None:
    """Create or upgrade both databases. Raises WrongSchema where they are of a later release."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    schema.refuse_newer(schema.revision(settings.runs_url))
    db.migrate(settings)
    queue.prepare(settings)


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder: two supervisors would start two workers of the same name."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise CannotStart(
            f"DATA_DIR={folder} can't be written ({error.strerror}); set DATA_DIR to a folder of yours"
        ) from None
    with lock:
        _check_disk(folder)
        _lock(lock, folder)
        yield


def _lock(file: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(f"it is already running on {folder}; stop that one, or set another DATA_DIR") from None


def _check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        raise CannotStart(
            f"only {free / 1e6:.0f} MB are free on the disk of {folder}; "
            f"free {MIN_FREE_BYTES / 1e6:.0f} MB, or set DATA_DIR to another disk"
        )


def _listen(settings: Settings) -> socket.socket:
    """Take the port now, and keep it while the web process is restarted: requests wait instead of failing."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise CannotStart(
            f"port {settings.port} of {settings.host} can't be used ({error.strerror}); "
            f"try PORT={settings.port + 1} make serve"
        ) from None
    return listener


class Supervisor:
    """Starts the processes, starts again what died, and ends them all together."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._stop = asyncio.Event()

    async def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        commands = [["web", "--fd", str(self._listener.fileno())]]
        commands += [["worker", "--name", f"worker-{n}"] for n in range(1, self._settings.workers + 1)]
        kept = [asyncio.create_task(self._keep(command)) for command in commands]
        announced = asyncio.create_task(self._announce())
        await self._stop.wait()
        print("Stopping ...", flush=True)
        announced.cancel()
        await asyncio.gather(*kept)

    async def _keep(self, command: list[str]) -> None:
        """Keep one process alive until the end."""
        delay = RESTART_SECONDS
        while not self._stop.is_set():
            started = time.monotonic()
            process = await self._start(command)
            if await self._ended_by_itself(process):
                quick = time.monotonic() - started < HEALTHY_SECONDS
                delay = min(2 * delay, MAX_RESTART_SECONDS) if quick else RESTART_SECONDS
                log.warning("%s ended with %s; starting it again", command[0], process.returncode)
                await self._pause(delay)

    async def _start(self, command: list[str]) -> asyncio.subprocess.Process:
        # A session of its own keeps Ctrl-C with us; the pipe tells it when we are gone, however we went.
        serves = command[0] == "web"
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", *command, stdin=asyncio.subprocess.PIPE, start_new_session=True,
            pass_fds=[self._listener.fileno()] if serves else [],
            env={**os.environ, "LAYERSCOPE_SUPERVISED": "1", **FEW_ARENAS, **(GIVE_BACK if serves else {})},
        )  # fmt: skip

    async def _ended_by_itself(self, process: asyncio.subprocess.Process) -> bool:
        ended, stop = asyncio.create_task(process.wait()), asyncio.create_task(self._stop.wait())
        await asyncio.wait([ended, stop], return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if ended.done():
            return True
        process.terminate()
        try:
            await asyncio.wait_for(ended, STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
        return False

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _announce(self) -> None:
        """Say where it is as soon as it answers."""
        host, port = self._listener.getsockname()[:2]
        while not await _answers(host, port):
            await asyncio.sleep(0.1)
        ready = f"Layerscope is ready: {self._settings.public_url or _address(host, port)}"
        lines = (ready, where_teachers_look(self._settings), "Ctrl-C ends it.")
        print("\n" + "\n".join(filter(None, lines)) + "\n", flush=True)


def _address(host: str, port: int) -> str:
    """What to type into a browser on this machine."""
    if host in ("0.0.0.0", "::"):
        return f"http://localhost:{port} (set PUBLIC_URL to the address classmates should type)"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _answers(host: str, port: int) -> bool:
    """Whether /healthz answers."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = await reader.readline()
        writer.close()
    except OSError:
        return False
    return b" 200 " in answer
