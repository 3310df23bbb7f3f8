"""A run that goes on from a checkpoint is, bit for bit, the run that was never stopped."""

import io
import math
import pickle
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_tensors

from ml.catalog import INITIALISERS, OPTIMIZERS
from ml.checkpoint import Checkpoint
from ml.datasets import Draws
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


EVERYTHING = {"dropout": 0.3, "input_dropout": 0.1, "clip": "norm", "clip_at": 0.1, "batch_norm": "before"}


def test_a_run_goes_on_from_any_step_and_to_keep_checkpoints_changes_nothing() -> None:
    spec = tiny(**EVERYTHING)
    records, kept = list(train(spec)), {}
    for place, record in enumerate(train(spec)):
        if isinstance(record, Progress):
            kept[place] = record.checkpoint().to_bytes()

    assert len(kept) == spec.steps
    for place, data in kept.items():
        resumed = list(train(spec, resume=Checkpoint.from_bytes(data)))
        np.testing.assert_equal(numbers(resumed), numbers(records[place + 1 :]))


def test_the_records_after_a_checkpoint_depend_on_it() -> None:
    one, other = (list(train(tiny(), resume=stopped(tiny(seed=seed), MIDDLE))) for seed in (0, 1))
    assert (
        numbers(one)[-1]["weights"]["hidden1.weight"].tolist()
        != numbers(other)[-1]["weights"]["hidden1.weight"].tolist()
    )


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
        {"architecture": "cnn", "channels": (2, 3), "hidden": (), "batch_norm": "after", "optimizer": "nadam"},
    ],
    ids=str,
)
def test_whatever_else_changes_while_it_trains_is_kept(settings: dict[str, Any]) -> None:
    assert_goes_on(tiny(**settings))


@pytest.mark.parametrize("init", INITIALISERS)
def test_weights_are_kept_however_they_were_drawn(init: str) -> None:
    assert_goes_on(tiny(init=init, init_std=0.1 if init == "normal" else None))


def test_a_run_that_has_diverged_goes_on_diverging() -> None:
    spec = tiny(activation="leaky_relu", lr=1000.0, optimizer="sgd", steps_per_epoch=20)
    records = rest(spec, 52)
    assert math.isnan(next(x for x in records if isinstance(x, StepRecord)).metrics.train_loss)
    assert_goes_on(spec, 52)


def test_pulses_and_clipping_between_two_snapshots_are_told_once() -> None:
    assert_goes_on(tiny(steps_per_epoch=30, epochs=2, clip="norm", clip_at=0.1), 25)


def test_an_endless_stream_goes_on_with_images_that_were_not_seen() -> None:
    assert_goes_on(tiny(dataset="shapeset", train_size=None, batch_size=300, epochs=2), 5)


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


def test_a_run_on_frozen_normalised_layers_goes_on() -> None:
    settings = {"batch_norm": "before", "dropout": 0.3}
    *_, trained = train(tiny(**settings))
    spec = tiny(**settings, transfer_from="another", transfer_layers=1, transfer_freeze=True, seed=1)
    assert_goes_on(spec, source=Source(tiny(**settings), trained.weights))


def test_no_global_random_state_is_touched() -> None:
    kept = stopped(tiny(**EVERYTHING), MIDDLE)
    before = torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()
    list(train(tiny(**EVERYTHING), resume=kept))
    assert (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist()) == before


def test_a_checkpoint_is_safetensors_and_nothing_else() -> None:
    data = stopped(tiny(**EVERYTHING), MIDDLE).to_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    assert len(data) == header + sum(values.nbytes for values in load_tensors(data).values())


def test_bytes_that_are_no_checkpoint_are_refused() -> None:
    whole = stopped(tiny(), 1)
    saved = io.BytesIO()
    torch.save(whole.tensors, saved)
    pickled = pickle.dumps(whole.notes), saved.getvalue()
    for damaged in (b"", b"no checkpoint at all", whole.to_bytes()[:-20], *pickled):
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
