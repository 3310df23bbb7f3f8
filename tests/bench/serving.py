"""How fast a server answers that has 200 runs in its folder, and what TensorBoard takes for the same histograms."""

import asyncio
import itertools
import random
import shutil
import sqlite3
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
from sqlalchemy import Engine
from sqlmodel import Session

from app import db, store
from app.figures import FIGURES
from app.live import Hub, Opened
from app.settings import Settings
from app.training import train_and_save
from ml.records import SIGNALS, RunRecord
from ml.spec import RunSpec
from tests.bench import cold
from tests.bench.table import missing, row
from tests.server import Server, wait_for
from tests.statements import statements

RUNS, CLIENTS, ASKED = 200, 8, 60
STREAMS, WATCHED = 50, 8  # seconds
DEEP = RunSpec(name="five layers", hidden=(100,) * 5, activation="tanh", init="xavier_uniform", epochs=50)
Ask = Callable[[], list[str]]


def serving() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run, ids = fill(Path(folder))
        with Server(Path(folder), WORKERS="1") as server:
            ours = answers(server, ids)
            streams(server)
            with tensorboard_logs(run) as logs:
                cold.first_picture(server.folder, ids[0], logs)
                theirs(run, logs, ours)


def fill(folder: Path) -> tuple[RunRecord, list[str]]:
    """A data folder with one run, trained, and copies of it. The run, and the ids of all."""
    run = trained(folder, DEEP)
    return run, [run.id, *copies(folder / "layerscope.db", run.id)]


def trained(folder: Path, spec: RunSpec) -> RunRecord:
    """A run of this spec, which is the only one in its data folder."""
    settings = Settings(_env_file=None, data_dir=folder)
    db.migrate(settings)
    engine = db.make_engine(settings.runs_url)
    with Session(engine) as session:
        run = store.create_run(session, spec)
        attempt = store.claim(session, run.id)
    train_and_save(engine, run.id, attempt or 1)
    whole = loaded(engine, run.id)
    engine.dispose()
    return whole


def loaded(engine: Engine, run_id: str) -> RunRecord:
    """The run as it is stored."""
    with Session(engine) as session:
        run = store.load_run(session, run_id)
    assert run is not None
    return run


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
        return [f"/api/runs/{chance.choice(ids)}/histograms"]

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


def streams(server: Server) -> None:
    """What 50 open streams of a run that trains cost the web process; and, of as many that share a hub as in the web
    process, what they ask the database."""
    run_id = server.launch(**DEEP.model_dump(exclude_none=True) | {"epochs": 1_300})
    server.wait_for_step(run_id, 1)
    web = psutil.Process(server.pid("web"))
    with ExitStack() as open_streams:
        for _ in range(STREAMS):
            stream = open_streams.enter_context(server.client.stream("GET", f"/api/runs/{run_id}/events"))
            next(stream.iter_lines())
        before, began = sum(web.cpu_times()[:2]), time.monotonic()
        wait_for(lambda: time.monotonic() > began + WATCHED, "the time to pass")
        used = sum(web.cpu_times()[:2]) - before
        row("s", f"% of a core: {STREAMS} open event streams", [100 * used / (time.monotonic() - began)])
    asked = asyncio.run(_queries(db.make_engine(f"sqlite:///{server.folder / 'layerscope.db'}"), run_id))
    row("s", f"queries a second: {STREAMS} open event streams of a run that trains", [asked / WATCHED], target="<= 2")
    server.client.post(f"/api/runs/{run_id}/cancel")


async def _queries(engine: Engine, run_id: str) -> int:
    """How many statements the streams cause within WATCHED seconds."""
    hub = Hub(engine)

    async def follow() -> None:
        async for _ in hub.follow(Opened(run_id), ""):
            pass

    with statements(engine) as asked:
        followers = [asyncio.create_task(follow()) for _ in range(STREAMS)]
        await asyncio.sleep(WATCHED)
        count = len(asked)
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
    engine.dispose()
    return count


# --- theirs ---


@contextmanager
def tensorboard_logs(run: RunRecord) -> Iterator[Path | None]:
    """A folder with the run's histograms as TensorBoard keeps them, as often as ours has the run; None without it."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        write(run, SummaryWriter(str(Path(folder) / "run0")))
        (events,) = (Path(folder) / "run0").iterdir()
        for number in range(1, RUNS):
            (Path(folder) / f"run{number}").mkdir()
            shutil.copy(events, Path(folder) / f"run{number}" / events.name)
        yield Path(folder)


def theirs(run: RunRecord, logs: Path | None, ours: list[float]) -> None:
    if logs is None:
        missing("s", "TensorBoard, the same histograms", "needs requirements-bench.txt")
        return
    with cold.started(cold.tensorboard(logs)) as port:
        wait_for(lambda: _status(port, path_of("activation/hidden1")) == 200, "TensorBoard's first histogram")
        warm = times(port, lambda: [path_of(tag) for tag in tags(run)], 5)
    row("s", "ms: all histograms of a run with TensorBoard", warm)
    row("s", "all histograms of a run: TensorBoard / ours", [one / median(ours) for one in warm], target=">= 20")


def _status(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


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
