import pytest

from ml.cost import JACOBIAN_SHARE, jacobian_interval, jacobian_seconds, step_seconds
from ml.spec import RunSpec

WIDE = RunSpec(dataset="shapeset", hidden=[1000] * 5, activation="tanh", batch_size=10)


def test_a_step_costs_more_with_more_parameters_examples_or_positions():
    for small, large in [
        (RunSpec(hidden=[100]), RunSpec(hidden=[300])),
        (RunSpec(batch_size=10), RunSpec(batch_size=100)),
        (RunSpec(architecture="cnn", channels=[8]), RunSpec(architecture="cnn", channels=[8], dataset="shapeset")),
    ]:
        assert step_seconds(small) < step_seconds(large)


@pytest.mark.parametrize(
    "spec",
    [
        RunSpec(),
        WIDE,
        RunSpec(snapshot_every=3),
        RunSpec(architecture="cnn"),
        WIDE.model_copy(update={"hidden": (9, 9)}),
    ],
)
def test_jacobians_take_their_share_of_a_run_and_are_not_rarer_than_that_asks(spec):
    between = spec.snapshot_interval * step_seconds(spec)
    interval = jacobian_interval(spec)

    assert jacobian_seconds(spec) <= JACOBIAN_SHARE * interval * between
    assert interval == 1 or jacobian_seconds(spec) > JACOBIAN_SHARE * (interval - 1) * between


def test_wider_layers_have_fewer_jacobians():
    narrow = WIDE.model_copy(update={"hidden": (100,) * 5})

    assert jacobian_interval(narrow.model_copy(update={"snapshot_every": 20})) < jacobian_interval(
        RunSpec(dataset="shapeset", hidden=[250] * 5, batch_size=10, snapshot_every=20, epochs=1)
    )


def test_a_network_with_one_hidden_layer_has_no_jacobian_to_pay_for():
    assert jacobian_seconds(RunSpec(hidden=[3000])) == 0
    assert jacobian_interval(RunSpec(hidden=[3000])) == 1
