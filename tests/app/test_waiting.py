"""Runs that start with the layers of another one: when they are handed to the workers, and when they fail."""

from dataclasses import replace

import pytest
from sqlmodel import Session

from app import actions, store
from app.waiting import hand_over, pass_on
from ml.labs import LABS
from ml.records import RunRecord
from tests.lab_runs import CHAIN, TRIAL, StandInQueue


@pytest.fixture
def queue() -> StandInQueue:
    return StandInQueue()


@pytest.fixture
def chain(session: Session) -> list[RunRecord]:
    """Three runs, each of which starts with the layers of the one before."""
    return store.create_lab(session, TRIAL, "Chain", CHAIN, [0])[1]


def end(session: Session, run_id: str, status: str = "finished") -> None:
    attempt = store.claim(session, run_id)
    assert attempt is not None
    if status == "finished":
        store.finish(session, run_id, attempt, {})
    else:
        store.fail(session, run_id, attempt, "no memory")


def status(session: Session, run: RunRecord) -> tuple[str, str | None]:
    found = store.find_run(session, run.id)
    assert found
    return found.status, found.error


def test_a_run_that_needs_no_other_is_queued_at_once(
    session: Session, queue: StandInQueue, chain: list[RunRecord]
) -> None:
    hand_over(session, queue, chain[0].id)
    assert queue.enqueued == [chain[0].id]


def test_a_run_waits_outside_of_the_queue_until_its_source_has_finished(
    session: Session, queue: StandInQueue, chain: list[RunRecord]
) -> None:
    base, second, third = chain
    hand_over(session, queue, second.id)
    store.claim(session, base.id)
    hand_over(session, queue, second.id)
    assert queue.enqueued == []
    end(session, base.id)
    pass_on(session, queue, base.id)
    assert queue.enqueued == [second.id]
    assert status(session, third) == ("queued", None)


@pytest.mark.parametrize(("how", "word"), [("failed", "failed"), ("cancelled", "cancelled"), ("deleted", "deleted")])
def test_all_that_wait_fail_with_the_reason_where_the_source_comes_to_nothing(
    session: Session, queue: StandInQueue, chain: list[RunRecord], how: str, word: str
) -> None:
    base, second, third = chain
    if how == "failed":
        end(session, base.id, "failed")
        pass_on(session, queue, base.id)
    elif how == "cancelled":
        actions.cancel(session, queue, base.id)  # type: ignore[arg-type]
    else:
        end(session, base.id)
        actions.delete(session, queue, base.id)  # type: ignore[arg-type]
    assert queue.enqueued == []
    for run, said in ((second, word), (third, "failed")):
        found, error = status(session, run)
        assert found == "failed"
        assert said in str(error)


def test_cancelling_all_of_an_experiment_leaves_nothing_failed(
    session: Session, queue: StandInQueue, chain: list[RunRecord]
) -> None:
    actions.cancel_experiment(session, queue, str(chain[0].experiment_id))  # type: ignore[arg-type]
    assert [status(session, run)[0] for run in chain] == ["cancelled"] * 3


@pytest.mark.usefixtures("trial")
def test_launching_a_lab_queues_only_what_can_begin(
    session: Session, queue: StandInQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = replace(LABS[TRIAL], arms=CHAIN)
    monkeypatch.setitem(LABS, "chain", lab)
    experiment = actions.launch_lab(session, queue, "chain")  # type: ignore[arg-type]
    runs = store.experiment_runs(session, experiment.id)
    assert len(runs) == 9
    assert queue.enqueued == [run.id for run in runs if run.arm == "base"]
    for seed in (0, 1, 2):
        base, second, third = (run for run in runs if run.spec.seed == seed)
        assert (second.spec.transfer_from, third.spec.transfer_from) == (base.id, second.id)
