import io
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from sqlalchemy import Engine, text
from sqlmodel import Session

from app import db, store, training
from app.settings import Settings
from ml import downloads
from ml.catalog import DATASETS
from ml.records import Progress, Trained
from ml.spec import RunSpec
from ml.trainer import train
from tests.conftest import TINY
from tests.published import described, draw, files_of, unreachable
from tests.records import make_run

TINY_MNIST = TINY.model_copy(update={"dataset": "mnist"})


def test_a_run_ends_finished_with_its_snapshots_and_files(session: Session, finished: str) -> None:
    run = store.load_run(session, finished)
    assert run is not None
    assert (run.status, run.step, run.steps) == ("finished", 6, [0, 3, 6])
    *_, trained = train(TINY)
    assert isinstance(trained, Trained)
    weights = load_tensors(store.artifact(session, finished, "weights.safetensors") or b"")
    assert {name: array.shape for name, array in weights.items()} == {
        "hidden1.weight": (8, 64), "hidden1.bias": (8,), "hidden2.weight": (6, 8), "hidden2.bias": (6,),
        "output.weight": (10, 6), "output.bias": (10,),
    }  # fmt: skip
    assert all(np.array_equal(weights[name], array) for name, array in trained.weights.items())
    monitor = np.load(io.BytesIO(store.artifact(session, finished, "monitor.npz") or b""))
    assert np.array_equal(monitor["inputs"], trained.monitor_inputs)
    assert np.array_equal(monitor["labels"], trained.monitor_labels)


def claimed(session: Session, spec: RunSpec = TINY) -> tuple[str, int]:
    run = store.create_run(session, spec)
    attempt = store.claim(session, run.id)
    assert attempt is not None
    return run.id, attempt


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("the file is broken"), "the file is broken (ValueError)"),
        (MemoryError(), f"{training.TOO_LARGE} (MemoryError)"),
    ],
)
def test_a_failure_is_stored_with_its_reason(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def breaks(_spec: object, **_: object) -> None:
        raise error

    monkeypatch.setattr(training, "train", breaks)
    run_id, attempt = claimed(session)
    training.train_and_save(engine, run_id, attempt)
    run = store.find_run(session, run_id)
    session.expire_all()
    run = store.find_run(session, run_id)
    assert run is not None
    assert (run.status, run.error) == ("failed", reason)


def test_a_run_without_its_data_fails_with_what_to_do(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_id, attempt = claimed(session, TINY_MNIST)
    with unreachable() as nowhere:
        monkeypatch.setitem(downloads.FILES, "mnist", described({"train-images-idx3-ubyte.gz": b""}, nowhere))
        training.train_and_save(engine, run_id, attempt, tmp_path)
    session.expire_all()
    found = store.find_run(session, run_id)
    assert found is not None
    assert found.status == "failed"
    assert found.error is not None
    assert found.error.startswith("mnist/train-images-idx3-ubyte.gz could not be downloaded: ")
    assert found.error.endswith(f"put what you get into the folder {tmp_path / 'mnist'}.")


def test_a_run_trains_on_files_in_its_folder(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    contents = files_of("mnist", *draw("mnist"))
    monkeypatch.setitem(downloads.FILES, "mnist", described(contents))
    monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], validation=40, monitoring=30))
    (tmp_path / "mnist").mkdir()
    for name, content in contents.items():
        (tmp_path / "mnist" / name).write_bytes(content)
    run_id, attempt = claimed(session, TINY_MNIST)
    training.train_and_save(engine, run_id, attempt, tmp_path)
    session.expire_all()
    found = store.find_run(session, run_id)
    assert found is not None
    assert (found.status, found.error) == ("finished", None)


def test_a_run_with_monte_carlo_dropout_leaves_what_it_found(engine: Engine, session: Session) -> None:
    spec = TINY.model_copy(update={"dropout": 0.3, "mc_passes": 3})
    run_id, attempt = claimed(session, spec)
    training.train_and_save(engine, run_id, attempt)
    session.expire_all()
    run = store.load_run(session, run_id)
    assert run is not None
    *_, trained = train(spec)
    assert isinstance(trained, Trained)
    np.testing.assert_equal(asdict(run)["monte_carlo"], asdict(trained)["monte_carlo"])


def test_a_run_starts_with_the_layers_of_another(engine: Engine, session: Session, finished: str) -> None:
    spec = TINY.model_copy(update={"transfer_from": finished, "transfer_layers": 1, "transfer_freeze": True})
    run_id, attempt = claimed(session, spec)
    training.train_and_save(engine, run_id, attempt)
    taken, left = (load_tensors(store.artifact(session, x, store.WEIGHTS) or b"") for x in (run_id, finished))
    assert np.array_equal(taken["hidden1.weight"], left["hidden1.weight"])
    assert not np.array_equal(taken["hidden2.weight"], left["hidden2.weight"])


def test_a_run_whose_source_was_deleted_fails_with_the_reason(engine: Engine, session: Session) -> None:
    run_id, attempt = claimed(session, TINY.model_copy(update={"transfer_from": "gone"}))
    training.train_and_save(engine, run_id, attempt)
    session.expire_all()
    run = store.find_run(session, run_id)
    assert run is not None
    assert run.status == "failed"
    assert "the run that its layers come from is gone" in (run.error or "")


def test_an_attempt_that_was_taken_over_stops_without_a_trace(engine: Engine, session: Session) -> None:
    run_id, attempt = claimed(session)
    store.claim(session, run_id)
    training.train_and_save(engine, run_id, attempt)
    session.expire_all()
    run = store.load_run(session, run_id)
    assert run is not None
    assert (run.status, run.attempt, run.snapshots) == ("running", 2, ())


def test_a_run_that_was_deleted_meanwhile_is_left_alone(engine: Engine) -> None:
    training.train_and_save(engine, "nope", 1)


def test_two_runs_of_one_spec_leave_the_same_bytes(engine: Engine, session: Session) -> None:
    files = []
    for _ in range(2):
        run_id, attempt = claimed(session)
        training.train_and_save(engine, run_id, attempt)
        query = "SELECT step, position, data FROM layer WHERE run_id = :run ORDER BY step, position"
        rows = session.execute(text(query), {"run": run_id})
        files.append((rows.all(), store.artifact(session, run_id, "weights.safetensors")))
    assert files[0] == files[1]


# --- an attempt that goes on ---

LONGER = TINY.model_copy(update={"epochs": 6, "dropout": 0.3, "optimizer": "adam"})


class Killed(BaseException):
    """Stands in for a SIGKILL: nothing of the child's own sees it."""


def stored(session: Session, run_id: str) -> list[object]:
    """All numbers of a run, as they are stored."""
    snapshots = "SELECT step, train_loss, val_loss, val_error, pulses FROM snapshot WHERE run_id = :run ORDER BY step"
    layers = "SELECT step, position, data, update_ratio FROM layer WHERE run_id = :run ORDER BY step, position"
    found = [session.execute(text(query), {"run": run_id}).all() for query in (snapshots, layers)]
    return [*found, store.artifact(session, run_id, store.WEIGHTS)]


@pytest.fixture
def killed_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have the training killed when it has been told of this step."""

    def arrange(step: int) -> None:
        def train_and_die(*args: object, **options: object) -> Iterator[object]:
            for record in train(*args, **options):
                yield record
                if isinstance(record, Progress) and record.step == step:
                    raise Killed

        monkeypatch.setattr(training, "train", train_and_die)

    return arrange


@pytest.mark.parametrize("every", [0.0, 1e9], ids=["from a checkpoint", "from the start"])
def test_a_run_that_was_killed_and_taken_up_again_is_the_same_bit_for_bit(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch, killed_after: Callable[[int], None], every: float
) -> None:
    whole, attempt = claimed(session, LONGER)
    training.train_and_save(engine, whole, attempt)

    monkeypatch.setattr(training.Pace, "due", lambda pace, _now: pace._measured and every == 0.0)
    killed_after(8)
    run_id, attempt = claimed(session, LONGER)
    with pytest.raises(Killed):
        training.train_and_save(engine, run_id, attempt)
    monkeypatch.setattr(training, "train", train)
    attempt = store.claim(session, run_id)
    session.expire_all()
    assert store.load_run(session, run_id).steps == ([0, 3, 6] if every == 0.0 else [])  # type: ignore[union-attr]
    training.train_and_save(engine, run_id, attempt)

    session.expire_all()
    assert store.find_run(session, run_id).status == "finished"  # type: ignore[union-attr]
    assert stored(session, run_id) == stored(session, whole)


def test_a_checkpoint_that_cannot_be_read_means_a_new_beginning(
    engine: Engine, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    run_id, attempt = claimed(session, LONGER)
    store.save_snapshot(session, run_id, attempt, replace(make_run(1).snapshots[0], step=1))
    store.save_checkpoint(session, run_id, attempt, 3, 1.0, b"of another release")
    attempt = store.claim(session, run_id)
    training.train_and_save(engine, run_id, attempt)
    session.expire_all()
    run = store.load_run(session, run_id)
    assert run is not None
    assert (run.status, run.steps, run.resumed_step) == ("finished", list(range(0, 19, 3)), 0)
    assert "begins anew" in caplog.text


def test_a_checkpoint_is_kept_at_a_snapshot_if_it_is_cheap_and_after_ten_seconds_at_the_latest() -> None:
    pace = training.Pace(now=0.0, cost=0.005)
    assert not pace.due(9.9)
    assert pace.due(10.0)
    pace.measured()
    assert not pace.due(0.2)
    assert pace.due(0.3)
    pace.kept(began=1.0, now=1.1)
    pace.measured()
    assert not pace.due(1.1 + 4.9)
    assert pace.due(1.1 + 5.1)


def test_the_first_checkpoint_of_a_large_net_is_expected_to_take_longer() -> None:
    small, large = (training.first_cost(RunSpec(hidden=hidden)) for hidden in ((10,), (1000,) * 5))
    assert small == pytest.approx(0.005, abs=0.001)
    assert 0.2 < large < 1


def test_a_run_that_needs_more_memory_than_it_may_take_fails_with_the_setting_s_name(
    session: Session, settings: Settings
) -> None:
    run_id, attempt = claimed(session, TINY.model_copy(update={"hidden": (4000, 4000)}))
    child = multiprocessing.get_context("spawn").Process(
        target=train_within, args=(settings.runs_url, run_id, attempt, 30_000_000)
    )
    child.start()
    child.join()
    session.expire_all()
    run = store.find_run(session, run_id)
    assert run is not None
    assert (child.exitcode, run.status) == (0, "failed")
    assert "RUN_MEMORY" in str(run.error)


def train_within(url: str, run_id: str, attempt: int, memory: int) -> None:
    training.warm_up()
    training.limit_memory(memory)
    training.train_and_save(db.make_engine(url), run_id, attempt)
