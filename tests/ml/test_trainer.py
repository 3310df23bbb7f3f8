import math
import random
import statistics
from dataclasses import asdict

import numpy as np
import pytest
import torch

from ml.catalog import (
    ACTIVATIONS,
    ARCHITECTURES,
    BATCH_NORMS,
    CLIPS,
    DATASETS,
    INITIALISERS,
    LOSSES,
    OPTIMIZERS,
    SCALINGS,
)
from ml.datasets import load
from ml.model import build
from ml.records import Progress, StepRecord, Trained
from ml.spec import RunSpec
from ml.trainer import train

SMALL = {"hidden": [8, 6], "train_size": 50, "batch_size": 20, "epochs": 3, "monitor_size": 20}


def small(**changes) -> RunSpec:
    return RunSpec(**{**SMALL, **changes})


def records(spec: RunSpec, **options) -> list[StepRecord]:
    return [found for found in train(spec, **options) if isinstance(found, StepRecord)]


def assert_identical(one, other) -> None:
    """Bit for bit; NaN equals NaN."""
    np.testing.assert_equal([asdict(record) for record in one], [asdict(record) for record in other])


def test_progress_comes_after_every_update_and_the_record_that_an_epoch_ends_with():
    found = [(type(x), getattr(x, "step", None)) for x in train(small(epochs=2))]

    assert found == [
        (StepRecord, 0),
        (Progress, 1), (Progress, 2), (StepRecord, 3), (Progress, 3),
        (Progress, 4), (Progress, 5), (StepRecord, 6), (Progress, 6),
        (Trained, None),
    ]  # fmt: skip


@pytest.mark.parametrize(("every", "steps"), [(1, range(10)), (2, [0, 2, 4, 6, 8, 9]), (4, [0, 4, 8, 9]), (50, [0, 9])])
def test_records_come_at_the_specs_cadence_and_at_the_end_once(every, steps):
    found = records(small(snapshot_every=every))

    assert [record.step for record in found] == list(steps)
    assert [record.epoch for record in found] == [step / 3 for step in steps]


def test_no_epochs_show_the_initialisation():
    first, trained = train(small(epochs=0))

    assert first.step == 0
    assert [layer.layer for layer in first.layers] == ["hidden1", "hidden2", "output"]
    assert set(trained.weights) == {f"{layer.layer}.{part}" for layer in first.layers for part in ("weight", "bias")}


def test_steps_per_epoch_sets_the_length_of_an_epoch():
    found = records(small(steps_per_epoch=5, epochs=2))

    assert [(record.step, record.epoch) for record in found] == [(0, 0), (5, 1), (10, 2)]


@pytest.mark.parametrize("changes", [{}, {"dropout": 0.3}, {"dataset": "shapeset", "train_size": None, "epochs": 1}])
def test_the_same_spec_yields_the_same_records_bit_for_bit_whatever_the_reader_does(changes):
    spec = small(steps_per_epoch=6, **changes)
    undisturbed = records(spec)

    disturbed = []
    for found in train(spec):
        torch.manual_seed(1)
        np.random.seed(1)
        disturbed += [found] if isinstance(found, StepRecord) else []

    assert_identical(undisturbed, disturbed)


def test_another_seed_yields_another_run():
    assert records(small(seed=1))[-1].metrics != records(small(seed=2))[-1].metrics


EVERY_ARCHITECTURE = {
    "dense": {},
    "dropout": {"dropout": 0.3, "input_dropout": 0.2},
    "batch norm before": {"batch_norm": "before", "dropout": 0.3},
    "batch norm after": {"batch_norm": "after"},
    "maxout": {"activation": "maxout", "pieces": 3, "max_norm": 0.5},
    "cnn": {"architecture": "cnn", "channels": [3, 4], "hidden": [6], "dropout": 0.3},
    "cnn with batch norm": {"architecture": "cnn", "channels": [3, 4], "hidden": [], "batch_norm": "before"},
    "wide, with estimated jacobians": {"hidden": [300, 280]},
    "one activation each": {"activation": ["leaky_relu", "relu"], "init": ["orthogonal", "lecun_normal"]},
    "clipped": {"clip": "norm", "clip_at": 0.1, "weight_decay": 0.01, "loss": "quadratic", "optimizer": "nadam"},
    "stream": {"dataset": "shapeset", "train_size": None, "steps_per_epoch": 4, "activation": "tanh"},
    "monte carlo": {"dropout": 0.3, "mc_passes": 3},
}


@pytest.mark.parametrize("changes", EVERY_ARCHITECTURE.values(), ids=EVERY_ARCHITECTURE)
def test_losses_and_weights_are_bit_identical_with_monitoring_on_or_off(changes):
    spec = small(snapshot_every=1, epochs=4, **{key: value for key, value in changes.items() if key != "epochs"})
    *watched, watched_end = (x for x in train(spec) if not isinstance(x, Progress))
    *alone, alone_end = (x for x in train(spec, monitor=False) if not isinstance(x, Progress))

    np.testing.assert_equal([asdict(r.metrics) for r in watched], [asdict(r.metrics) for r in alone])
    assert [record.clipping for record in watched] == [record.clipping for record in alone]
    np.testing.assert_equal(watched_end.weights, alone_end.weights)
    assert all(record.layers == () and record.pulses == () for record in alone)
    assert any(record.pulses for record in watched)


def test_jacobians_and_pulses_can_be_left_out_by_themselves():
    spec = small(epochs=5)
    whole, without = records(spec), records(spec, jacobians=False, pulses=False)

    assert [record.metrics for record in whole] == [record.metrics for record in without]
    assert all(record.layers[1].health.jacobian is None and record.pulses == () for record in without)
    assert [record.layers[0].signals["weight"].std for record in whole] == [
        record.layers[0].signals["weight"].std for record in without
    ]


def test_the_first_and_the_last_record_have_a_jacobian_and_the_others_as_often_as_it_is_cheap():
    found = records(small(snapshot_every=1, epochs=4))

    have = [record.layers[1].health.jacobian is not None for record in found]
    assert have[0]
    assert have[-1]
    assert not all(have)


def test_pulses_come_every_tenth_step_with_the_record_that_follows():
    found = records(small(epochs=9, snapshot_every=13))

    assert [[pulse.step for pulse in record.pulses] for record in found] == [[], [10], [20], []]


def test_a_net_that_is_clipped_has_the_share_of_clipped_steps_in_its_records():
    found = records(small(clip="norm", clip_at=0.05))

    assert found[0].clipping is None
    assert all(record.clipping.clipped == 1 for record in found[1:])
    assert all(record.clipping.norm_after == pytest.approx(0.05) for record in found[1:])
    assert all(record.clipping is None for record in records(small()))


def test_no_units_incoming_weights_are_longer_than_max_norm_after_the_first_step():
    found = list(train(small(max_norm=0.7, lr=0.1)))

    norms = [np.linalg.norm(w, axis=1) for name, w in found[-1].weights.items() if name.endswith(".weight")]
    assert np.concatenate(norms).max() <= 0.7
    assert records(small(max_norm=0.7))[0].layers[0].extras["unit_norms"].max() > 0.7


def test_the_certainty_of_a_net_with_dropout_comes_at_the_end_where_it_is_asked_for():
    assert list(train(small(dropout=0.5)))[-1].monte_carlo is None
    assert list(train(small(dropout=0.5, mc_passes=5)))[-1].monte_carlo.mean.shape == (300, 10)


def test_no_global_random_state_is_touched():
    def states() -> tuple:
        return torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()

    before = states()
    list(train(small(dropout=0.5)))
    list(train(small(dataset="shapeset", train_size=None, epochs=1, steps_per_epoch=2)))

    assert states() == before


def test_a_step_of_gradient_descent_is_minus_the_learning_rate_times_the_gradient():
    spec = small(optimizer="sgd", lr=0.1, epochs=1, steps_per_epoch=1)
    model, batch = build(spec, torch.Generator().manual_seed(spec.seed)), next(load(spec).batches)
    torch.nn.functional.cross_entropy(model(batch.inputs), batch.labels).backward()
    weight = model.hidden1.weight

    _, last, _, trained = train(spec)

    expected = (weight - 0.1 * weight.grad).detach().numpy()
    np.testing.assert_allclose(trained.weights["hidden1.weight"], expected, rtol=1e-6, atol=1e-8)
    ratio = np.linalg.norm(expected - weight.detach().numpy()) / weight.norm().item()
    assert last.layers[0].health.update_ratio == pytest.approx(ratio, rel=1e-4)


def test_momentum_adds_the_decayed_steps_of_the_past():
    def weights(**changes) -> np.ndarray:
        spec = small(**{"optimizer": "momentum", "lr": 1e-3, "epochs": 1, "train_size": 20, **changes})
        return list(train(spec))[-1].weights["hidden1.weight"]

    # At so small a rate the gradient stays what it is, on the only batch there is.
    start, one, two = weights(epochs=0), weights(steps_per_epoch=1), weights(steps_per_epoch=2)
    lengths = np.linalg.norm(one - start), np.linalg.norm(two - start)
    assert lengths[1] / lengths[0] == pytest.approx(1 + 1.9, rel=0.01)


def test_the_last_record_can_be_computed_again_from_what_was_trained():
    *_, last, _, trained = train(small(activation="tanh"))

    z = trained.monitor_inputs
    for layer in last.layers[:-1]:
        z = np.tanh(z @ trained.weights[f"{layer.layer}.weight"].T + trained.weights[f"{layer.layer}.bias"])
        assert layer.signals["activation"].mean == pytest.approx(z.mean(dtype=np.float64), abs=1e-6)
        assert layer.signals["activation"].std == pytest.approx(z.std(dtype=np.float64), rel=1e-5)
    assert trained.monitor_labels.shape == (20,)


def test_every_step_but_the_first_has_an_update_ratio():
    found = records(small(snapshot_every=2))

    ratios = [[layer.health.update_ratio for layer in record.layers[:-1]] for record in found]
    assert ratios[0] == [None, None]
    assert all(ratio > 0 for row in ratios[1:] for ratio in row)


def test_metrics_have_dropout_off_and_are_those_of_the_validation_set():
    first, trained = train(small(dropout=0.5, epochs=0, activation="tanh"))
    data = load(small())

    z = data.validation.inputs.numpy()
    for layer in ("hidden1", "hidden2"):
        z = np.tanh(z @ trained.weights[f"{layer}.weight"].T + trained.weights[f"{layer}.bias"])
    logits = z @ trained.weights["output.weight"].T + trained.weights["output.bias"]
    labels = data.validation.labels.numpy()
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    assert first.metrics.val_loss == pytest.approx(losses.mean(), rel=1e-5)
    assert first.metrics.val_error == np.mean(logits.argmax(axis=1) != labels)


def test_a_network_that_diverges_is_trained_to_its_end_with_the_divergence_in_its_records():
    found = records(small(activation="leaky_relu", optimizer="sgd", lr=1000, steps_per_epoch=20))

    assert [record.step for record in found] == [0, 20, 40, 60]
    assert math.isfinite(found[0].metrics.val_loss)
    assert math.isnan(found[-1].metrics.train_loss)
    assert all(layer.signals["weight"].nonfinite > 0 for layer in found[-1].layers)


EVERY_CHOICE = [
    *({"activation": name} for name in ACTIVATIONS),
    *({"init": name, **({"init_std": 0.1} if name == "normal" else {})} for name in INITIALISERS),
    *({"optimizer": name} for name in OPTIMIZERS),
    *({"architecture": name, "hidden": [8]} for name in ARCHITECTURES),
    *({"batch_norm": name} for name in BATCH_NORMS),
    *({"loss": name} for name in LOSSES),
    *({"clip": name} for name in CLIPS),
    *({"scaling": name, "lr": 0.001} for name in SCALINGS),
    *({"dataset": name} for name in DATASETS),
]


@pytest.mark.parametrize("changes", EVERY_CHOICE, ids=lambda c: " ".join(map(str, c.values())))
@pytest.mark.parametrize("others", [{}, {"activation": "tanh", "init": "xavier_uniform", "batch_norm": "before"}])
def test_every_choice_of_the_catalog_is_built_and_lowers_the_loss_in_a_few_steps(changes, others, folder):
    found = records(small(**{"lr": 0.01, "epochs": 5, "hidden": [16, 12], **others, **changes}), folder=folder)

    assert found[-1].metrics.train_loss < found[0].metrics.train_loss
    assert all(layer.signals["weight"].nonfinite == 0 for layer in found[-1].layers)


@pytest.mark.parametrize("changes", EVERY_ARCHITECTURE.values(), ids=EVERY_ARCHITECTURE)
def test_every_architecture_trains_and_repeats_itself_bit_for_bit(changes):
    found = records(small(**{"lr": 0.01, "epochs": 4, **changes}))

    assert found[-1].metrics.train_loss < found[0].metrics.train_loss
    assert_identical(found, records(small(**{"lr": 0.01, "epochs": 4, **changes})))


def test_a_cnn_learns_the_digits():
    errors = [
        records(RunSpec(architecture="cnn", channels=[16, 32], hidden=[64], epochs=30, seed=seed), monitor=False)[-1]
        for seed in range(3)
    ]

    assert statistics.median(record.metrics.val_error for record in errors) < 0.03


def test_the_default_net_with_dropout_learns_the_digits():
    errors = [records(RunSpec(dropout=0.2, seed=seed), monitor=False)[-1].metrics.val_error for seed in range(3)]

    assert statistics.median(errors) < 0.04
