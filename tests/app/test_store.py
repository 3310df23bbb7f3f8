import math
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from app import store
from app.models import Experiment, Layer, Share, Snapshot
from ml.records import HEALTH, Clipping, Metrics, RunRecord, StepRecord
from ml.spec import RunSpec
from ml.trainer import train
from tests.conftest import TINY


def queued(session: Session, **spec: object) -> RunRecord:
    return store.create_run(session, TINY.model_copy(update=spec))


@pytest.fixture(scope="module")
def records() -> list[StepRecord]:
    return [record for record in train(TINY) if isinstance(record, StepRecord)]


def test_a_run_comes_back_with_its_spec(session: Session) -> None:
    run = queued(session, name="mine")
    assert store.find_run(session, run.id) == run
    assert (run.spec.name, run.status, run.attempt, run.step) == ("mine", "queued", 0, 0)
    assert store.find_run(session, "nope") is None
    assert store.load_run(session, "nope") is None


def test_saved_snapshots_come_back_as_they_were_measured(session: Session, records: list[StepRecord]) -> None:
    run = queued(session)
    attempt = store.claim(session, run.id)
    assert attempt == 1
    for record in records:
        store.save_snapshot(session, run.id, attempt, record)
    back = store.load_run(session, run.id)
    assert back is not None
    assert [s.metrics for s in back.snapshots] == [r.metrics for r in records]
    for saved, measured in zip(back.snapshots, records, strict=True):
        assert [layer.layer for layer in saved.layers] == list(TINY.layers)
        for old, new in zip(measured.layers, saved.layers, strict=True):
            assert list(new.signals) == list(old.signals)
            assert [getattr(new.health, n) for n in HEALTH] == pytest.approx([getattr(old.health, n) for n in HEALTH])
            for name, summary in old.signals.items():
                assert np.array_equal(new.signals[name].histogram.counts, summary.histogram.counts)
                assert new.signals[name].mean == pytest.approx(summary.mean, rel=1e-6, abs=1e-12)


# A run that has all that only some runs have: units' norms, shares of pieces, clipping, pulses.
EVERYTHING = TINY.model_copy(
    update={"activation": "maxout", "max_norm": 1.0, "clip": "norm", "clip_at": 0.1, "epochs": 5, "optimizer": "sgd"}
)


def test_what_only_some_runs_have_comes_back_too(session: Session) -> None:
    run = store.create_run(session, EVERYTHING)
    attempt = store.claim(session, run.id)
    assert attempt is not None
    records = [record for record in train(EVERYTHING) if isinstance(record, StepRecord)]
    for record in records:
        store.save_snapshot(session, run.id, attempt, record)
    back = store.load_run(session, run.id)
    assert back is not None
    assert [s.clipping for s in back.snapshots] == [r.clipping for r in records]
    assert [pulse.step for pulse in back.pulses] == [10]
    (pulse,) = records[-2].pulses
    assert back.pulses[0].gradient_norm == pytest.approx(pulse.gradient_norm)
    assert back.pulses[0].update_ratio == pytest.approx(pulse.update_ratio)
    for saved, measured in zip(back.snapshots, records, strict=True):
        for old, new in zip(measured.layers, saved.layers, strict=True):
            np.testing.assert_equal(new.extras, old.extras)
    assert {name for layer in back.snapshots[0].layers for name in layer.extras} == {"unit_norms", "piece_shares"}


@pytest.mark.parametrize("norm", [math.nan, math.inf])
def test_clipping_of_a_diverged_run_stays_not_finite(session: Session, norm: float) -> None:
    run = queued(session)
    store.claim(session, run.id)
    record = StepRecord(3, 1.0, Metrics(1, 1, 1, 1), clipping=Clipping(norm, norm, 0.5))
    store.save_snapshot(session, run.id, 1, record)
    back = store.load_run(session, run.id)
    assert back is not None
    np.testing.assert_equal(back.snapshots[0].clipping, record.clipping)


def test_a_loss_that_is_not_a_number_stays_not_a_number(session: Session) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.save_snapshot(session, run.id, 1, StepRecord(0, 0.0, Metrics(math.nan, 0.9, math.inf, 0.9)))
    back = store.load_run(session, run.id)
    assert back is not None
    assert math.isnan(back.snapshots[0].metrics.train_loss)
    assert back.snapshots[0].metrics.val_loss == math.inf


def test_runs_are_listed_newest_first_and_page_by_page(session: Session) -> None:
    ids = [queued(session, name=f"run {n}").id for n in range(5)]
    newest_first = sorted(ids, reverse=True)
    first = store.list_runs(session, limit=3)
    rest = store.list_runs(session, limit=3, cursor=first[-1].id)
    assert [run.id for run in first + rest] == newest_first


def test_runs_are_found_by_part_of_their_name_and_by_status(session: Session) -> None:
    deep, wide = queued(session, name="Deep 100% sigmoid"), queued(session, name="wide relu")
    store.cancel_run(session, wide.id)
    assert [r.id for r in store.list_runs(session, q="SIGM")] == [deep.id]
    assert [r.id for r in store.list_runs(session, q="100%")] == [deep.id]
    assert [r.id for r in store.list_runs(session, q="%")] == [deep.id]
    assert [r.id for r in store.list_runs(session, status="cancelled")] == [wide.id]


def test_claiming_again_begins_a_new_attempt_and_forgets_the_old_snapshots(
    session: Session, records: list[StepRecord]
) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.save_snapshot(session, run.id, 1, records[0])
    assert store.claim(session, run.id) == 2
    assert session.exec(select(Snapshot)).all() == []
    assert session.exec(select(Layer)).all() == []


def test_a_write_of_an_older_attempt_changes_nothing(session: Session, records: list[StepRecord]) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.claim(session, run.id)
    for write in (
        lambda: store.save_progress(session, run.id, 1, 5),
        lambda: store.save_snapshot(session, run.id, 1, records[0]),
        lambda: store.finish(session, run.id, 1, {"x": b"y"}),
        lambda: store.fail(session, run.id, 1, "no"),
        lambda: store.release(session, run.id, 1),
    ):
        with pytest.raises(store.Fenced):
            write()
    session.expire_all()
    after = store.load_run(session, run.id)
    assert after is not None
    assert (after.status, after.attempt, after.step, after.snapshots, after.error) == ("running", 2, 0, (), None)
    assert store.artifact(session, run.id, "x") is None


@pytest.mark.parametrize("end", ["cancelled", "deleted", "finished"])
def test_a_run_that_has_ended_can_neither_be_claimed_nor_written(session: Session, end: str) -> None:
    run = queued(session)
    store.claim(session, run.id)
    if end == "cancelled":
        assert store.cancel_run(session, run.id)
        assert not store.cancel_run(session, run.id)
    elif end == "deleted":
        assert store.delete_run(session, run.id)
        assert not store.delete_run(session, run.id)
    else:
        store.finish(session, run.id, 1, {})
    assert not store.is_current(session, run.id, 1)
    with pytest.raises(store.Fenced):
        store.save_progress(session, run.id, 1, 5)
    assert store.claim(session, run.id) is None


def test_deleting_a_run_takes_everything_along(session: Session, records: list[StepRecord]) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.save_snapshot(session, run.id, 1, records[0])
    store.finish(session, run.id, 1, {"weights": b"w"})
    _, token = store.create_share(session, run.id)
    store.delete_run(session, run.id)
    assert store.open_share(session, token) is None
    for table in (Snapshot, Layer, Share):
        assert session.exec(select(table)).all() == []
    assert store.artifact(session, run.id, "weights") is None


def test_a_released_run_waits_again(session: Session) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.release(session, run.id, 1)
    assert store.claim(session, run.id) == 2


def test_the_live_state_tells_the_place_in_the_queue(session: Session) -> None:
    first, second = sorted(queued(session).id for _ in range(2))
    places = [store.live_state(session, run_id).queue_place for run_id in (first, second)]  # type: ignore[union-attr]
    assert places == [1, 2]
    store.claim(session, first)
    state = store.live_state(session, second)
    assert state is not None
    assert state.queue_place == 1


def test_the_time_left_follows_from_the_steps_made(session: Session) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.save_progress(session, run.id, 1, 2)
    state = store.live_state(session, run.id)
    assert state is not None
    assert (state.step, state.steps, state.epoch) == (2, 6, pytest.approx(2 / 3))
    assert state.seconds_left is not None
    assert state.seconds_left > 0


def test_a_token_is_not_in_the_database(engine: Engine, session: Session) -> None:
    run = queued(session)
    _, token = store.create_share(session, run.id)
    assert len(token) == 32  # 192 bits, 6 in each letter
    session.commit()
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM share").all()
    assert token not in repr(rows)
    found = store.open_share(session, token)
    assert found is not None
    assert found.run_id == run.id


def test_a_share_ends_by_revocation_and_by_its_date(session: Session) -> None:
    run = queued(session)
    share, token = store.create_share(session, run.id)
    _, expired = store.create_share(session, run.id, expires=1.0)
    assert store.open_share(session, expired) is None
    assert store.revoke_share(session, share.id)
    assert not store.revoke_share(session, share.id)
    assert store.open_share(session, token) is None


def test_the_newest_metrics_of_several_runs_come_at_once(session: Session, records: list[StepRecord]) -> None:
    with_some, without = queued(session), queued(session)
    store.claim(session, with_some.id)
    for record in records:
        store.save_snapshot(session, with_some.id, 1, record)
    assert store.last_metrics(session, [with_some.id, without.id]) == {with_some.id: records[-1].metrics}


def test_a_spec_keeps_only_what_was_chosen(session: Session) -> None:
    """A default that changes later must not change old runs, so every value in force is stored."""
    run = queued(session)
    stored = session.connection().exec_driver_sql("SELECT spec FROM run").scalar()
    assert RunSpec.model_validate_json(str(stored)) == run.spec
    assert '"lr":' in str(stored)


def test_reading_with_monitoring_off_gives_snapshots_without_layers(
    session: Session, records: list[StepRecord]
) -> None:
    run = queued(session)
    store.claim(session, run.id)
    store.save_snapshot(session, run.id, 1, replace(records[0], layers=()))
    back = store.load_run(session, run.id)
    assert back is not None
    assert back.snapshots[0].layers == ()


def test_a_run_stays_readable_when_the_limits_change(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    run = queued(session, classes=(0, 1, 2))
    monkeypatch.setattr("ml.checks.MAX_PARAMETERS", 1)
    with pytest.raises(ValueError, match="parameters"):
        RunSpec(**run.spec.model_dump())
    session.expire_all()
    assert store.find_run(session, run.id) == run


def test_runs_are_found_by_the_values_of_their_settings_but_not_by_their_names(session: Session) -> None:
    tanh = queued(session, activation="tanh", name="x")
    mixed = queued(session, activation=("leaky_relu", "relu"), name="y")
    assert [r.id for r in store.list_runs(session, q="tanh digits")] == [tanh.id]
    assert [r.id for r in store.list_runs(session, q="Leaky")] == [mixed.id]
    assert store.list_runs(session, q="activation") == []
    assert [r.id for r in store.list_runs(session, q="leaky sigmoid")] == []


def test_the_runs_next_to_a_newer_page_are_the_ones_just_above(session: Session) -> None:
    ids = sorted((queued(session, name=f"run {n}").id for n in range(5)), reverse=True)
    assert [run.id for run in store.list_runs(session, limit=2, newer_than=ids[4])] == ids[2:4]


def test_runs_are_found_by_data_set_and_experiment(session: Session) -> None:
    session.add(Experiment(id="e1", name="one", base="{}", vary="{}", seeds=1))
    session.add(member := store.new_run(RunSpec(dataset="shapeset"), 0, "e1"))
    session.commit()
    queued(session, name="another")
    assert [run.id for run in store.list_runs(session, experiment="e1")] == [member.id]
    assert [run.id for run in store.list_runs(session, dataset="shapeset")] == [member.id]
    assert store.experiment_names(session) == {"e1": "one"}
