"""How fast a server answers that has 200 runs in its folder, and what TensorBoard takes for the same histograms."""

import itertools
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import quote

import psutil
from sqlmodel import Session

from app import db, store
from app.figures import FIGURES
from app.settings import Settings
from app.training import train_and_save
from ml.records import SIGNALS, RunRecord
from ml.spec import RunSpec
from tests.bench.table import missing, row
from tests.server import Server, wait_for

RUNS, CLIENTS, ASKED = 200, 8, 60
DEEP = RunSpec(name="five layers", hidden=(100,) * 5, activation="tanh", init="xavier_uniform", epochs=50)
Ask = Callable[[], list[str]]


def serving() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run, ids = fill(Path(folder))
        with Server(Path(folder), WORKERS="1") as server:
            ours, cold = answers(server, ids), first_page(server, ids)
            streams(server)
        theirs(run, ours, cold)


def fill(folder: Path) -> tuple[RunRecord, list[str]]:
    """A data folder with one run, trained, and copies of it. The run, and the ids of all."""
    settings = Settings(_env_file=None, data_dir=folder)
    db.migrate(settings)
    engine = db.make_engine(settings.runs_url)
    with Session(engine) as session:
        run = store.create_run(session, DEEP)
        attempt = store.claim(session, run.id)
    train_and_save(engine, run.id, attempt or 1)
    with Session(engine) as session:
        whole = store.load_run(session, run.id)
    engine.dispose()
    assert whole is not None
    return whole, [run.id, *copies(folder / "layerscope.db", run.id)]


def copies(file: Path, run_id: str) -> list[str]:
    ids = [f"{run_id[:-4]}{number:04d}" for number in range(RUNS - 1)]
    with sqlite3.connect(file) as connection:
        for table, key in (("run", "id"), ("snapshot", "run_id"), ("layer", "run_id"), ("artifact", "run_id")):
            names = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join("?" if name == key else name for name in names)
            copy = f"INSERT INTO {table} SELECT {values} FROM {table} WHERE {key} = ?"
            connection.executemany(copy, [(new, run_id) for new in ids])
    connection.close()
    return ids


# --- ours ---


def answers(server: Server, ids: list[str]) -> list[float]:
    """The times of all histograms of a run."""
    chance = random.Random(2010)
    names = [name for name, figure in FIGURES.items() if figure.suits(DEEP)]
    port = int(server.url.rsplit(":", 1)[1])

    def figure() -> list[str]:
        return [f"/api/runs/{chance.choice(ids)}/figures/{chance.choice(names)}"]

    def histograms() -> list[str]:
        run_id = chance.choice(ids)
        return [f"/api/runs/{run_id}/histograms/{signal}" for signal in SIGNALS]

    asked: list[tuple[str, Ask, float]] = [
        ("home, 200 runs stored", lambda: ["/"], 50),
        ("any figure of any run", figure, 10),
        ("all histograms of any run", histograms, 10),
    ]
    found: list[float] = []
    for name, ask, target in asked:
        found = times(port, ask, ASKED)
        row("s", f"ms: {name}", found, target=f"<= {target:g}")
        with ThreadPoolExecutor(CLIENTS) as pool:
            together = list(pool.map(lambda _, ask=ask: times(port, ask, ASKED // 4), range(CLIENTS)))
        row(
            "s", f"ms: {name}, {CLIENTS} clients at once", list(itertools.chain(*together)), target=f"<= {8 * target:g}"
        )
    web = psutil.Process(server.pid("web"))
    row("s", "MB: memory of the web process after that", [web.memory_info().rss / 1e6], target="<= 200")
    return found


def times(port: int, ask: Ask, count: int) -> list[float]:
    """Milliseconds that each of so many questions takes, on one connection; the first one is not counted."""
    connection = HTTPConnection("127.0.0.1", port)
    found = [_milliseconds(connection, ask()) for _ in range(count + 1)]
    connection.close()
    return found[1:]


def _milliseconds(connection: HTTPConnection, paths: list[str]) -> float:
    began = time.perf_counter()
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, path
    return 1000 * (time.perf_counter() - began)


def first_page(server: Server, ids: list[str]) -> float:
    """Seconds from the start of a web process to a run's page, with its pictures."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "DATA_DIR": str(server.folder), "PORT": str(port)}
    return _until_answered([sys.executable, "-m", "app", "web"], environment, port, f"/runs/{ids[0]}")


def streams(server: Server) -> None:
    """What they cost the web process. What they cost the database is counted in tests/app/test_live.py."""
    run_id = server.launch(**DEEP.model_dump(exclude_none=True) | {"epochs": 400, "hidden": [100] * 5})
    server.wait_for_step(run_id, 1)
    web = psutil.Process(server.pid("web"))
    with ExitStack() as open_streams:
        for _ in range(50):
            stream = open_streams.enter_context(server.client.stream("GET", f"/api/runs/{run_id}/events"))
            next(stream.iter_lines())
        before, began = sum(web.cpu_times()[:2]), time.monotonic()
        wait_for(lambda: time.monotonic() > began + 5, "five seconds")
        used = sum(web.cpu_times()[:2]) - before
        row("s", "% of a core: 50 open event streams of a run that trains", [100 * used / (time.monotonic() - began)])
    server.client.post(f"/api/runs/{run_id}/cancel")


# --- theirs ---


def theirs(run: RunRecord, ours: list[float], cold: float) -> None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        missing("s", "TensorBoard, the same histograms", "needs requirements-bench.txt")
        return
    with tempfile.TemporaryDirectory() as folder:
        write(run, SummaryWriter(str(Path(folder) / "run0")))
        (events,) = (Path(folder) / "run0").iterdir()
        for number in range(1, RUNS):
            (Path(folder) / f"run{number}").mkdir()
            shutil.copy(events, Path(folder) / f"run{number}" / events.name)
        with tensorboard(Path(folder)) as (port, first):
            row("s", "s: from the start of the server to a run's first picture", [cold])
            row("s", "s: the same with TensorBoard, to a histogram's data", [first], target=f"> {cold:.2f}")
            warm = times(port, lambda: [path_of(tag) for tag in tags(run)], 5)
    row("s", "ms: all histograms of a run with TensorBoard", warm)
    row("s", "all histograms of a run: TensorBoard / ours", [one / median(ours) for one in warm], target=">= 20")


def tags(run: RunRecord) -> list[str]:
    return [f"{signal}/{layer}" for signal in SIGNALS for layer in run.layers_with(signal)]


def path_of(tag: str, number: int = 7) -> str:
    return f"/data/plugin/histograms/histograms?run=run{number}&tag={quote(tag, safe='')}"


def write(run: RunRecord, writer: "SummaryWriter") -> None:  # type: ignore[name-defined] # noqa: F821
    for record in run.snapshots:
        for layer in record.layers:
            for signal, summary in layer.signals.items():
                found = summary.histogram
                writer.add_histogram_raw(
                    f"{signal}/{layer.layer}", min=summary.min, max=summary.max, num=int(found.counts.sum()),
                    sum=0.0, sum_squares=0.0, bucket_limits=found.edges[1:].tolist(),
                    bucket_counts=found.counts.tolist(), global_step=record.step,
                )  # fmt: skip
    writer.close()


@contextmanager
def tensorboard(folder: Path) -> Iterator[tuple[int, float]]:
    """Its port, and the seconds until it gave the first histogram."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", str(port)]
    process, began = _start(command, dict(os.environ)), time.perf_counter()
    try:
        _wait_for_answer(port, path_of("activation/hidden1"))
        yield port, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _until_answered(command: list[str], environment: dict[str, str], port: int, path: str) -> float:
    process, began = _start(command, environment), time.perf_counter()
    try:
        _wait_for_answer(port, path)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _wait_for_answer(port: int, path: str) -> None:
    def answered() -> bool:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    wait_for(answered, f"{path} to be answered")
