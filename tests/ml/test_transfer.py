import numpy as np
import pytest

from ml.records import Trained
from ml.spec import RunSpec
from ml.trainer import train
from ml.transfer import Source, misfit

SMALL = {"hidden": [12, 8], "train_size": 60, "batch_size": 20, "epochs": 2, "monitor_size": 20}


def spec(**changes) -> RunSpec:
    return RunSpec(**{**SMALL, **changes})


def trained(run: RunSpec, source: Source | None = None) -> Trained:
    return list(train(run, source=source))[-1]


def source(**changes) -> Source:
    run = spec(seed=7, **changes)
    return Source(run, trained(run).weights)


def weights_at_start(run: RunSpec, taken_from: Source | None) -> dict[str, np.ndarray]:
    return trained(run.model_copy(update={"epochs": 0}), taken_from).weights


@pytest.mark.parametrize("count", [1, 2, None])
def test_the_lower_layers_start_as_the_source_left_them_and_the_others_are_drawn(count):
    old = source()
    new = weights_at_start(spec(transfer_from="a", transfer_layers=count), old)
    fresh = weights_at_start(spec(), None)

    taken = [f"hidden{i}" for i in range(1, (count or 2) + 1)]
    for name, value in new.items():
        np.testing.assert_array_equal(value, (old.weights if name.split(".")[0] in taken else fresh)[name])


def test_frozen_layers_stay_and_fine_tuned_ones_move():
    old = source(batch_norm="before")
    changes = {"batch_norm": "before", "transfer_from": "a", "transfer_layers": 1, "weight_decay": 0.1}
    frozen = trained(spec(transfer_freeze=True, **changes), old).weights
    tuned = trained(spec(**changes), old).weights

    for name in ("hidden1.weight", "hidden1.bias", "hidden1_norm.weight", "hidden1_norm.running_mean"):
        np.testing.assert_array_equal(frozen[name], old.weights[name])
        assert not np.array_equal(tuned[name], old.weights[name])
    assert not np.array_equal(frozen["hidden2.weight"], weights_at_start(spec(**changes), old)["hidden2.weight"])


def test_frozen_layers_have_no_pulse_of_their_own():
    run = spec(transfer_from="a", transfer_layers=1, transfer_freeze=True, epochs=10, max_norm=0.1)
    last = [found for found in train(run, source=source()) if hasattr(found, "pulses")][-1]

    assert last.pulses[-1].update_ratio[0] == last.pulses[-1].gradient_norm[0] == 0
    assert last.pulses[-1].update_ratio[1] > 0


def test_layers_learnt_on_some_digits_can_be_taken_to_others():
    assert misfit(spec(classes=[5, 6, 7, 8, 9], transfer_from="a"), spec(classes=[0, 1, 2, 3, 4])) is None


@pytest.mark.parametrize(
    ("changes", "theirs", "reason"),
    [
        ({"hidden": [12, 8, 5], "transfer_layers": 3}, {}, "has only 2 hidden layers, 3 were asked for"),
        ({"hidden": [11, 8]}, {}, "hidden1 has 12 units with 64 inputs in that run, here it has 11 units"),
        ({}, {"dataset": "shapeset"}, "hidden1 has 12 units with 1024 inputs in that run"),
        ({"activation": "tanh"}, {}, "hidden1 was trained as relu, here it is tanh"),
        ({"activation": "maxout"}, {"activation": "maxout", "pieces": 3}, "12 units of 3 pieces"),
        ({"batch_norm": "before"}, {}, "was trained with batch_norm = none, here it is before"),
        (
            {"architecture": "cnn", "channels": [12], "transfer_layers": 1},
            {"architecture": "cnn", "channels": [9]},
            "hidden1 has 9 units with 1 inputs over 8×8 pixels in that run, here it has 12 units",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_the_reason(changes, theirs, reason):
    run = spec(**{"transfer_from": "a", **changes})

    assert reason in misfit(run, spec(**theirs))
    with pytest.raises(ValueError, match="transfer_from"):
        next(train(run, source=Source(spec(**theirs), {})))


def test_only_the_layers_that_are_taken_need_fit():
    assert misfit(spec(transfer_from="a", transfer_layers=1, hidden=[12, 99, 5]), spec()) is None


def test_a_source_that_is_gone_is_told():
    with pytest.raises(ValueError, match="is gone"):
        next(train(spec(transfer_from="a")))
