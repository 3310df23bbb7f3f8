"""What goes when it is old or when room is short, and what stays."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import ByteSize
from sqlalchemy import update
from sqlmodel import Session, col, select

from app import retention, store
from app.models import Artifact, Experiment, Run
from app.queue import Queue
from app.settings import BadSettings, Settings, load_settings
from app.store import sizes
from ml.labs import LABS
from ml.spec import RunSpec
from tests.databases import ADMINISTRATOR

DAY = 24 * 3600.0
BLOB = 40_000  # bytes that a run leaves here
Make = Callable[..., str]


@pytest.fixture
def make(session: Session) -> Make:
    """Makes a run that ended some days ago and left a file of BLOB bytes."""

    def make(days: float = 100, status: str = "finished", **spec: object) -> str:
        run = store.create_run(session, RunSpec.model_validate(spec))
        ended = None if status in ("queued", "running") else time.time() - days * DAY
        session.execute(update(Run).where(col(Run.id) == run.id).values(status=status, finished=ended))
        session.add(Artifact(run_id=run.id, name="x", data=bytes(BLOB)))
        session.commit()
        return run.id

    return make


def keeping(settings: Settings, **values: object) -> Settings:
    """The settings with these, which need not be such as an operator could give."""
    return settings.model_copy(update=values)


def left(session: Session) -> set[str]:
    return set(session.exec(select(Run.id)))


# --- old runs ---


def test_runs_go_that_ended_more_than_keep_days_ago(session: Session, settings: Settings, make: Make) -> None:
    old = [make(31, status) for status in ("finished", "failed", "cancelled")]
    young, waiting = make(29), make(status="queued")

    assert sorted(retention.tidy(session, keeping(settings, keep_days=30))) == sorted(old)
    assert left(session) == {young, waiting}


def test_without_the_settings_nothing_goes(session: Session, settings: Settings, make: Make) -> None:
    run = make(10_000)

    assert retention.tidy(session, settings) == []
    assert left(session) == {run}


def test_what_went_and_why_is_in_the_log(
    session: Session, settings: Settings, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    first, _, last = make(50), make(40), make(31)

    retention.tidy(session, keeping(settings, keep_days=30))

    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line == f"deleted 3 runs, {first} to {last}: ended more than KEEP_DAYS=30 days ago"


def shared(session: Session, run_id: str) -> None:
    store.create_share(session, run_id)


def of_a_mystery(session: Session, run_id: str) -> None:
    _, patient = store.create_mystery(session, RunSpec(), "Patient", None)
    hidden = session.get_one(Run, patient.id).mystery_id
    session.execute(update(Run).where(col(Run.id) == run_id).values(mystery_id=hidden))
    session.commit()


def of_an_experiment(session: Session, run_id: str, lab: str | None = None) -> str:
    experiment, _ = store.create_experiment(session, "Some", RunSpec(), {}, 1, [])
    session.execute(update(Experiment).where(col(Experiment.id) == experiment.id).values(lab=lab))
    session.execute(update(Run).where(col(Run.id) == run_id).values(experiment_id=experiment.id))
    session.commit()
    return experiment.id


def of_a_class(session: Session, run_id: str) -> None:
    store.create_lab_class(session, of_an_experiment(session, run_id, next(iter(LABS))), "")


def in_a_shared_report(session: Session, run_id: str) -> None:
    prediction = store.add_prediction(session, of_an_experiment(session, run_id, next(iter(LABS))), "Ana", 0)
    store.create_report_share(session, prediction.id)


def source_of_a_waiting_run(session: Session, run_id: str) -> None:
    store.create_run(session, RunSpec(transfer_from=run_id, transfer_layers=1))


NEEDED = [shared, of_a_mystery, of_a_class, in_a_shared_report, source_of_a_waiting_run]


@pytest.mark.parametrize("need", NEEDED)
@pytest.mark.parametrize("limit", [{"keep_days": 30}, {"disk_cap": ByteSize(1)}])
def test_a_run_that_is_needed_stays(
    session: Session, settings: Settings, make: Make, need: Callable[[Session, str], None], limit: dict[str, object]
) -> None:
    run, other = make(), make()
    need(session, run)

    assert retention.tidy(session, keeping(settings, **limit)) == [other]
    assert run in left(session)


@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_run_that_has_not_ended_stays(session: Session, settings: Settings, make: Make, status: str) -> None:
    run = make(status=status)

    assert retention.tidy(session, keeping(settings, keep_days=1, disk_cap=ByteSize(1))) == []
    assert left(session) == {run}


def test_an_expired_link_keeps_nothing(session: Session, settings: Settings, make: Make) -> None:
    run = make()
    store.create_share(session, run, expires=time.time() - 1)

    assert retention.tidy(session, keeping(settings, keep_days=30)) == [run]


def test_an_experiment_goes_with_its_last_run(session: Session, settings: Settings, make: Make) -> None:
    emptied, kept, elsewhere = make(), make(), make()
    for run in (emptied, kept):
        of_an_experiment(session, run)
    left_over = of_an_experiment(session, make(days=1))
    session.execute(update(Run).where(col(Run.id) == elsewhere).values(experiment_id=left_over))
    shared(session, kept)

    retention.tidy(session, keeping(settings, keep_days=30))

    assert set(session.exec(select(Experiment.id))) == {session.get_one(Run, kept).experiment_id, left_over}


# --- room ---


def test_the_oldest_go_until_there_is_room(session: Session, settings: Settings, make: Make) -> None:
    runs = [make(days) for days in (9, 1, 8, 7, 2)]
    cap = ByteSize(sizes.used_bytes(session) - BLOB // 2)

    gone = retention.tidy(session, keeping(settings, disk_cap=cap))

    assert gone == [runs[0], runs[2], runs[3]][: len(gone)]
    assert 1 <= len(gone) < 5
    assert sizes.used_bytes(session) <= cap


def test_below_the_cap_nothing_goes(session: Session, settings: Settings, make: Make) -> None:
    make()

    assert retention.tidy(session, keeping(settings, disk_cap=ByteSize(sizes.used_bytes(session)))) == []


def test_while_runs_keep_coming_the_used_size_stays_below_the_cap(
    session: Session, settings: Settings, make: Make
) -> None:
    """Room of runs that went is used again: neither what is used nor the file grows beyond the cap."""
    cap = ByteSize(sizes.used_bytes(session) + 20 * BLOB)
    most = 0
    for _ in range(100):
        make(days=0)
        make(days=0)
        retention.tidy(session, keeping(settings, disk_cap=cap))
        most = max(most, sizes.used_bytes(session))

    assert most <= cap
    if sizes.on_sqlite(session):  # whose file is as long as it was before the first run went
        assert sizes.database_bytes(session) <= cap + 3 * BLOB
    assert 10 <= len(left(session)) <= 20


@pytest.mark.skipif(bool(ADMINISTRATOR), reason="PostgreSQL's own vacuum cares for it")
def test_room_goes_back_to_the_disk_where_much_is_free(session: Session, settings: Settings, make: Make) -> None:
    for _ in range(50):
        make()
    before = sizes.database_bytes(session)

    retention.tidy(session, keeping(settings, keep_days=30))

    assert sizes.database_bytes(session) < before / 4


@pytest.fixture
def full(app: FastAPI, session: Session, make: Make) -> str:
    """An application whose cap is used up by a run that is shared: its id."""
    run = make()
    shared(session, run)
    app.state.room = retention.Room(keeping(app.state.settings, disk_cap=ByteSize(10_000)))
    return run


LAB = next(iter(LABS))
LAUNCHES = {
    "/api/runs": {"json": {"epochs": 0}},
    "/api/experiments": {"json": {"base": {"epochs": 0}, "vary": {"lr": [0.1, 0.2]}}},
    f"/api/labs/{LAB}": {},
    "/api/runs/FULL/repairs": {"json": {"rule": "overfit", "cures": ["dropout"]}},
    "/runs/FULL/repairs": {"data": {"rule": "overfit", "cure": "dropout"}},
    "/runs": {"data": {"epochs": "0"}},
    f"/labs/{LAB}": {"data": {"choice": "0"}},
    f"/labs/{LAB}/again": {},
    "/mystery/new": {},
}


@pytest.mark.parametrize("path", LAUNCHES)
def test_where_nothing_may_go_a_new_run_is_refused_and_told_why(
    client: TestClient, session: Session, full: str, path: str
) -> None:
    before = left(session)

    answer = client.post(path.replace("FULL", full), **LAUNCHES[path])  # type: ignore[arg-type]

    assert answer.status_code == 507
    assert "DISK_CAP allows 0.01 MB" in answer.text
    assert left(session) == before


@pytest.mark.usefixtures("full")
def test_a_run_is_taken_for_which_another_one_may_go(client: TestClient, make: Make) -> None:
    make()

    assert client.post("/api/runs", json={"epochs": 0}).status_code == 201


@pytest.mark.usefixtures("full")
def test_the_log_says_that_no_run_may_go(
    session: Session, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    retention.tidy(session, keeping(settings, disk_cap=ByteSize(10_000)))

    assert "of DISK_CAP=10.0KB are used and no run may go" in caplog.text


# --- settings, and the worker's thread ---


@pytest.mark.parametrize(("given", "cap"), [("20GB", 20 * 10**9), ("500MiB", 500 * 2**20), ("0", 0)])
def test_the_cap_is_given_with_a_unit(monkeypatch: pytest.MonkeyPatch, given: str, cap: int) -> None:
    monkeypatch.setenv("DISK_CAP", given)

    assert load_settings(_env_file=None).disk_cap == cap


def test_a_cap_without_its_unit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISK_CAP", "20")

    with pytest.raises(BadSettings, match="DISK_CAP: 20 bytes would leave no room"):
        load_settings(_env_file=None)


def test_a_worker_tidies_until_it_stops(
    session: Session, settings: Settings, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    forgotten = threading.Event()

    class Engine:
        def forget_done(self, _seconds: float) -> None:
            forgotten.set()

    monkeypatch.setattr(retention, "TIDY_SECONDS", 0.01)
    stop = threading.Event()
    arguments = keeping(settings, keep_days=30), session.get_bind(), Engine(), stop
    thread = threading.Thread(target=retention.keep_tidy, args=arguments)
    thread.start()
    assert forgotten.wait(30)
    stop.set()
    thread.join(30)

    assert left(session) == set()


def test_the_queue_forgets_what_was_done_long_ago(tmp_path: Path) -> None:
    from app.queue import prepare

    settings = Settings(_env_file=None, data_dir=tmp_path)
    prepare(settings)
    queue = Queue(settings)
    for run_id in ("a", "b"):
        queue.enqueue(run_id)
    queue.cancel("a")

    queue.forget_done(60)
    assert queue.states(["a", "b"]).keys() == {"a", "b"}
    queue.forget_done(-60)
    assert queue.states(["a", "b"]).keys() == {"b"}
    queue.close()
