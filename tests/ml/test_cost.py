import pytest
import torch

from ml.catalog import DATASETS
from ml.cost import (
    JACOBIAN_SHARE,
    jacobian_interval,
    jacobian_seconds,
    memory,
    run_seconds,
    snapshots,
    step_seconds,
)
from ml.model import build
from ml.optimisation import make_optimizer, trained_parameters
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


# --- memory and time ---

SPECS = [
    RunSpec(hidden=[30, 20], optimizer="sgd", batch_size=16),
    RunSpec(hidden=[30, 20], optimizer="momentum", batch_norm="after", dropout=0.5),
    RunSpec(hidden=[12], activation="maxout", pieces=3, optimizer="rmsprop", batch_norm="before", batch_size=8),
    RunSpec(hidden=[9, 9], optimizer="adagrad", activation="tanh"),
    RunSpec(architecture="cnn", channels=[4, 6], hidden=[10], optimizer="adam", dropout=0.2, batch_size=7),
    RunSpec(architecture="cnn", channels=[3], hidden=[], optimizer="nadam", batch_norm="before", dataset="shapeset"),
]


@pytest.mark.parametrize("spec", SPECS)
def test_memory_is_what_torch_holds_after_a_step(spec):
    model = build(spec, torch.Generator().manual_seed(0))
    held = []
    for name, module in model.named_children():
        if name not in ("image", "flat"):  # views, which hold nothing of their own
            module.register_forward_hook(lambda _module, _inputs, output: held.append(output))
    parameters = trained_parameters(model, spec)
    optimizer = make_optimizer(spec, parameters)
    inputs = torch.rand(spec.batch_size, DATASETS[spec.dataset].inputs)
    torch.nn.functional.cross_entropy(model(inputs), torch.zeros(spec.batch_size, dtype=torch.long)).backward()
    optimizer.step()

    kept = [x for state in optimizer.state.values() for x in state.values() if torch.is_tensor(x) and x.dim()]
    expected = (
        bytes_of(model.parameters()), bytes_of(p.grad for p in parameters.values()), bytes_of(kept),
        bytes_of([inputs, *held]),
    )  # fmt: skip
    assert tuple(memory(spec)) == expected


def bytes_of(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def test_frozen_layers_have_neither_gradients_nor_a_state():
    spec = RunSpec(hidden=[30, 20], transfer_from="x", transfer_layers=1, transfer_freeze=True)

    trained = 4 * (20 * 31 + 10 * 21)
    assert memory(spec)[1:3] == (trained, 2 * trained)


def test_a_run_takes_its_steps_and_its_snapshots():
    assert snapshots(RunSpec(epochs=0)) == 1
    assert snapshots(RunSpec(epochs=2, steps_per_epoch=5, snapshot_every=4)) == 4
    longer, looked_at = RunSpec(epochs=20), RunSpec(epochs=10, snapshot_every=2)
    assert run_seconds(RunSpec(epochs=0)) < run_seconds(RunSpec()) < min(run_seconds(longer), run_seconds(looked_at))
    assert run_seconds(longer) >= longer.steps * step_seconds(longer)
