"""What an attempt of a run leaves for the next one."""

from collections.abc import Callable

import pytest
from sqlmodel import Session

from app import store
from app.models import Run
from ml.records import StepRecord
from ml.trainer import train
from tests.conftest import TINY


@pytest.fixture(scope="module")
def records() -> list[StepRecord]:
    return [record for record in train(TINY) if isinstance(record, StepRecord)]


def measured(session: Session, records: list[StepRecord], worker: str | None = None) -> tuple[str, int]:
    """A run with all these records and a checkpoint after the second but last."""
    run = store.create_run(session, TINY)
    attempt = store.claim(session, run.id, worker)
    assert attempt is not None
    for record in records[:-1]:
        store.save_snapshot(session, run.id, attempt, record)
    store.save_checkpoint(session, run.id, attempt, records[-2].step, 12.5, b"state")
    store.save_snapshot(session, run.id, attempt, records[-1])
    return run.id, attempt


def test_a_new_attempt_keeps_what_was_measured_until_the_checkpoint(
    session: Session, records: list[StepRecord]
) -> None:
    run_id, _ = measured(session, records)
    started = session.get(Run, run_id).started  # type: ignore[union-attr]
    assert store.claim(session, run_id, "worker-2") == 2
    session.expire_all()
    run, kept = session.get(Run, run_id), store.checkpoint(session, run_id)
    assert run is not None
    assert kept is not None
    assert (kept.step, kept.data, store.trained_seconds(session, run_id)) == (records[-2].step, b"state", 12.5)
    assert (run.step, run.resumed_step, run.worker, run.started) == (kept.step, kept.step, "worker-2", started)
    assert store.load_run(session, run_id).steps == [r.step for r in records[:-1]]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "end",
    [
        lambda session, run_id: store.finish(session, run_id, 1, {}),
        lambda session, run_id: store.fail(session, run_id, 1, "no"),
        lambda session, run_id: store.cancel_run(session, run_id),
    ],
    ids=["finished", "failed", "cancelled"],
)
def test_a_run_that_has_ended_is_not_begun_again_and_keeps_what_was_measured(
    session: Session, records: list[StepRecord], end: Callable[[Session, str], object]
) -> None:
    run_id, _ = measured(session, records)
    end(session, run_id)
    assert store.claim(session, run_id, "worker-2") is None
    session.expire_all()
    assert store.load_run(session, run_id).steps == [r.step for r in records]  # type: ignore[union-attr]


def test_a_snapshot_that_is_saved_twice_is_there_once(session: Session, records: list[StepRecord]) -> None:
    run = store.create_run(session, TINY)
    store.claim(session, run.id)
    for _ in range(2):
        store.save_snapshot(session, run.id, 1, records[0])
    assert store.load_run(session, run.id).steps == [records[0].step]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "end",
    [
        lambda session, run_id: store.finish(session, run_id, 1, {}),
        lambda session, run_id: store.fail(session, run_id, 1, "no"),
        lambda session, run_id: store.fail_unclaimed(session, run_id, "no"),
        lambda session, run_id: store.cancel_run(session, run_id),
        lambda session, run_id: store.delete_run(session, run_id),
    ],
    ids=["finished", "failed", "given up", "cancelled", "deleted"],
)
def test_a_run_that_has_ended_keeps_no_checkpoint(
    session: Session, records: list[StepRecord], end: Callable[[Session, str], object]
) -> None:
    run_id, _ = measured(session, records)
    end(session, run_id)
    assert store.checkpoint(session, run_id) is None


def test_an_attempt_that_is_over_keeps_no_checkpoint(session: Session, records: list[StepRecord]) -> None:
    run_id, attempt = measured(session, records)
    store.claim(session, run_id)
    with pytest.raises(store.Fenced):
        store.save_checkpoint(session, run_id, attempt, 99, 1.0, b"late")
    assert store.checkpoint(session, run_id).data == b"state"  # type: ignore[union-attr]


def test_attempts_count_as_stalls_until_one_comes_further(session: Session, records: list[StepRecord]) -> None:
    run_id, _ = measured(session, records)
    assert store.stalls(session, run_id) == 0
    for _ in range(3):
        attempt = store.claim(session, run_id)
    assert store.stalls(session, run_id) == 3
    store.save_checkpoint(session, run_id, attempt, 99, 1.0, b"further")  # type: ignore[arg-type]
    assert store.stalls(session, run_id) == 0


def test_only_a_run_that_none_of_these_workers_trains_is_taken_back(
    session: Session, records: list[StepRecord]
) -> None:
    run_id, _ = measured(session, records, "worker-1")
    assert not store.take_back(session, run_id, {"worker-1", "worker-2"})
    assert store.take_back(session, run_id, {"worker-2"})
    session.expire_all()
    assert store.find_run(session, run_id).status == "queued"  # type: ignore[union-attr]
    store.cancel_run(session, run_id)
    assert not store.take_back(session, run_id, set())
