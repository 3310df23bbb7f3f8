"""A run that goes on from a checkpoint is, bit for bit, the run that was never stopped."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch

from ml.catalog import OPTIMIZERS
from ml.checkpoint import Checkpoint
from ml.datasets import CHUNK, Draws
from ml.records import Progress, StepRecord, Trained
from ml.spec import RunSpec
from ml.trainer import train
from ml.transfer import Source

Record = Progress | StepRecord | Trained
TINY = {
    "hidden": (6, 5), "activation": "tanh", "init": "xavier_uniform", "epochs": 3, "steps_per_epoch": 4,
    "batch_size": 7, "monitor_size": 20, "train_size": 30,
}  # fmt: skip
MIDDLE = 6  # between the snapshots of steps 4 and 8


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def tiny(**settings: Any) -> RunSpec:
    return RunSpec(**TINY | settings)


def stopped(spec: RunSpec, step: int, **options: Any) -> Checkpoint:
    """What the run leaves when it is killed after this step."""
    for record in train(spec, **options):
        if isinstance(record, Progress) and record.step == step:
            return Checkpoint.from_bytes(record.checkpoint().to_bytes())
    raise AssertionError(f"the run has no step {step}")


def numbers(records: list[Record]) -> list[Any]:
    return [record.step if isinstance(record, Progress) else asdict(record) for record in records]


def rest(spec: RunSpec, step: int, **options: Any) -> list[Record]:
    """All that the run yields after the Progress of this step."""
    records = list(train(spec, **options))
    [place] = [place for place, found in enumerate(records) if isinstance(found, Progress) and found.step == step]
    return records[place + 1 :]


def assert_goes_on(spec: RunSpec, step: int = MIDDLE, **options: Any) -> None:
    resumed = list(train(spec, resume=stopped(spec, step, **options)))
    np.testing.assert_equal(numbers(resumed), numbers(rest(spec, step, **options)))


@pytest.mark.parametrize("step", [1, 4, MIDDLE, 11, 12])
def test_a_run_goes_on_from_any_step(step: int) -> None:
    assert_goes_on(tiny(), step)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_keeps_its_state(optimizer: str) -> None:
    assert_goes_on(tiny(optimizer=optimizer, lr=0.01, weight_decay=1e-3))


@pytest.mark.parametrize(
    "settings",
    [
        {"dropout": 0.4, "input_dropout": 0.1, "mc_passes": 3},
        {"batch_norm": "before"},
        {"batch_norm": "after", "max_norm": 1.0},
        {"clip": "norm", "clip_at": 0.1},
        {"clip": "value", "clip_at": 0.01},
        {"activation": "maxout", "pieces": 2},
        {"architecture": "cnn", "channels": (2,), "hidden": (4,), "dropout": 0.2},
        {"activation": "relu", "lr": 1000.0, "optimizer": "momentum"},  # diverges
    ],
    ids=str,
)
def test_whatever_else_changes_while_it_trains_is_kept(settings: dict[str, Any]) -> None:
    assert_goes_on(tiny(**settings))


def test_pulses_and_clipping_between_two_snapshots_are_told_once() -> None:
    assert_goes_on(tiny(steps_per_epoch=30, epochs=2, clip="norm", clip_at=0.1), 25)


@pytest.mark.parametrize("size", [1, 300, CHUNK, 1300])
def test_an_endless_stream_goes_on_with_images_that_were_not_seen(size: int) -> None:
    assert_goes_on(tiny(dataset="shapeset", train_size=None, batch_size=size, epochs=2), 5)


def test_a_run_may_be_stopped_again_and_again() -> None:
    spec = tiny(dropout=0.3, optimizer="adam")
    kept = None
    for step in (2, 5, 9):
        kept = next(
            Checkpoint.from_bytes(record.checkpoint().to_bytes())
            for record in train(spec, resume=kept)
            if isinstance(record, Progress) and record.step == step
        )
    np.testing.assert_equal(numbers(list(train(spec, resume=kept))), numbers(rest(spec, 9)))


def test_a_run_with_layers_of_another_one_goes_on_without_it() -> None:
    *_, trained = train(tiny())
    assert isinstance(trained, Trained)
    spec = tiny(transfer_from="another", transfer_layers=1, transfer_freeze=True, seed=1)
    source = Source(tiny(), trained.weights)
    assert_goes_on(spec, source=source)


def test_to_take_checkpoints_changes_nothing() -> None:
    spec = tiny(dropout=0.3, optimizer="adam")
    watched = []
    for record in train(spec):
        if isinstance(record, Progress):
            record.checkpoint().to_bytes()
        watched.append(record)
    np.testing.assert_equal(numbers(watched), numbers(list(train(spec))))


def test_bytes_that_are_no_checkpoint_are_refused() -> None:
    whole = stopped(tiny(), 1)
    for damaged in (b"", b"no checkpoint at all", whole.to_bytes()[:-20]):
        with pytest.raises(ValueError, match="no checkpoint"):
            Checkpoint.from_bytes(damaged)
    with pytest.raises(ValueError, match="format 99"):
        Checkpoint.from_bytes(replace(whole, notes=whole.notes | {"format": 99}).to_bytes())


def test_draws_go_on_in_the_middle_of_a_portion() -> None:
    draws = Draws(np.random.default_rng(0))
    orders = [draws.draw(lambda rng: rng.permutation(10)) for _ in range(3)]
    draws.used = 4
    again = Draws(np.random.default_rng(99), draws.place)
    assert again.draw(lambda rng: rng.permutation(10)).tolist() == orders[2].tolist()
    assert again.used == 4
    assert again.draw(lambda rng: rng.permutation(10)).tolist() == draws.draw(lambda rng: rng.permutation(10)).tolist()
    assert again.used == 0
