import pytest
from pydantic import ValidationError

from ml.catalog import ACTIVATIONS, DATASETS, INITIALISERS, OPTIMIZERS, SCALINGS
from ml.spec import RunSpec


def test_the_default_spec_is_complete_and_survives_json():
    spec = RunSpec()

    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_null_means_the_default():
    assert RunSpec(**dict.fromkeys(RunSpec.model_fields)) == RunSpec()


def test_a_spec_can_not_be_changed():
    with pytest.raises(ValidationError):
        RunSpec().lr = 1.0


def test_layers_are_named_bottom_up():
    spec = RunSpec(hidden=[30, 20, 10])

    assert spec.layers == ("hidden1", "hidden2", "hidden3", "output")
    assert spec.hidden_layers == ("hidden1", "hidden2", "hidden3")
    assert [(shape.fan_in, shape.fan_out) for shape in spec.shapes] == [(64, 30), (30, 20), (20, 10), (10, 10)]


def test_a_cnns_convolutions_are_its_first_hidden_layers_and_each_halves_the_image():
    spec = RunSpec(architecture="cnn", channels=[4, 6], hidden=[20])

    assert spec.hidden_layers == ("hidden1", "hidden2", "hidden3")
    assert [(shape.side, shape.inputs, shape.units) for shape in spec.shapes] == [
        ((8, 8), 1, 4), ((4, 4), 4, 6), (None, 2 * 2 * 6, 20), (None, 20, 10),
    ]  # fmt: skip
    assert [(shape.fan_in, shape.fan_out) for shape in spec.shapes[:2]] == [(9, 36), (36, 54)]


def test_an_image_that_can_not_be_halved_any_more_keeps_its_size():
    spec = RunSpec(architecture="cnn", channels=[2] * 5, hidden=[])

    assert [shape.side for shape in spec.shapes[:5]] == [(8, 8), (4, 4), (2, 2), (1, 1), (1, 1)]


def test_a_dense_network_has_no_channels_and_a_cnn_has_sixteen_and_thirty_two_unless_said_otherwise():
    assert RunSpec().conv_channels == ()
    assert RunSpec(architecture="cnn").conv_channels == (16, 32)


def test_activations_and_initialisers_are_one_for_all_or_one_for_each_and_the_output_is_drawn_as_the_last():
    one = RunSpec(activation="tanh", init="standard")
    each = RunSpec(activation=["leaky_relu", "relu"], init=["xavier_normal", "kaiming_normal"], alpha=0.2)

    assert [a.name for a in one.activations] == ["tanh", "tanh"]
    assert one.inits == ("standard",) * 3
    assert [a.name for a in each.activations] == ["leaky_relu", "relu"]
    assert each.inits == ("xavier_normal", "kaiming_normal", "kaiming_normal")
    assert each.title == "leaky_relu / relu, xavier_normal / kaiming_normal"
    assert RunSpec.stored(each.model_dump_json(exclude_none=True)) == each
    assert RunSpec(hidden=[9], activation=["tanh"]) == RunSpec(hidden=[9], activation="tanh")


def test_the_pieces_of_maxout_units_count_as_parameters_of_their_own():
    assert RunSpec(hidden=[30], activation="maxout", pieces=3).parameters == 3 * (64 * 30 + 30) + 30 * 10 + 10


def test_transferred_layers_are_all_hidden_ones_unless_said_otherwise_and_frozen_only_if_asked():
    assert RunSpec().transferred_layers == ()
    assert RunSpec(transfer_from="a").transferred_layers == ("hidden1", "hidden2")
    assert RunSpec(transfer_from="a", transfer_layers=1).transferred_layers == ("hidden1",)
    assert RunSpec(transfer_from="a").frozen_layers == ()
    assert RunSpec(transfer_from="a", transfer_freeze=True).frozen_layers == ("hidden1", "hidden2")


def test_parameters_are_weights_and_biases():
    assert RunSpec(hidden=[30]).parameters == 64 * 30 + 30 + 30 * 10 + 10


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, 38),  # 1,197 examples
        ({"train_size": 100, "batch_size": 30}, 4),
        ({"classes": [0, 1], "batch_size": 100}, 3),  # 240 examples
        ({"steps_per_epoch": 7}, 7),
        ({"dataset": "shapeset", "batch_size": 10}, 1000),
    ],
)
def test_an_epoch_is_one_pass_over_the_training_data_unless_said_otherwise(changes, steps):
    spec = RunSpec(epochs=3, **changes)

    assert spec.steps_in_epoch == spec.snapshot_interval == steps
    assert spec.steps == 3 * steps


def test_classes_are_sorted_and_shape_the_output():
    spec = RunSpec(classes=[7, 3, 5])

    assert spec.classes == (3, 5, 7)
    assert spec.shapes[-1].units == spec.class_count == 3


@pytest.mark.parametrize(
    ("changes", "alpha"),
    [
        ({"activation": "leaky_relu"}, 0.01),
        ({"activation": "elu"}, 1.0),
        ({"activation": "elu", "alpha": 0.0}, 0.0),
        ({"activation": "tanh"}, 0.0),
    ],
)
def test_alpha_is_the_specs_or_the_activations_default(changes, alpha):
    spec = RunSpec(**changes)

    assert spec.activation_alpha(spec.activations[0]) == alpha


@pytest.mark.parametrize(
    ("changes", "constants"),
    [
        ({"optimizer": "sgd"}, {}),
        ({"optimizer": "momentum", "momentum": 0.5}, {"momentum": 0.5}),
        ({"optimizer": "rmsprop", "rho": 0.5}, {"rho": 0.5, "eps": 1e-8}),
        ({"optimizer": "adagrad"}, {"eps": 1e-10}),
        ({"optimizer": "adam", "beta2": 0.9}, {"momentum": 0.9, "beta2": 0.9, "eps": 1e-8}),
        ({"optimizer": "adam", "momentum": 0.0}, {"momentum": 0.0, "beta2": 0.999, "eps": 1e-8}),
    ],
)
def test_the_optimizers_constants_are_the_specs_or_the_defaults(changes, constants):
    assert RunSpec(**changes).optimizer_constants == constants


@pytest.mark.parametrize(
    ("field", "table"),
    [
        ("dataset", DATASETS),
        ("optimizer", OPTIMIZERS),
        ("scaling", SCALINGS),
    ],
)
def test_the_schema_lists_the_catalogs_choices(field, table):
    assert RunSpec.model_json_schema()["properties"][field]["enum"] == list(table)


@pytest.mark.parametrize(("field", "table"), [("activation", ACTIVATIONS), ("init", INITIALISERS)])
def test_the_schema_lists_the_choices_for_all_layers_and_for_each(field, table):
    one, each = RunSpec.model_json_schema()["properties"][field]["anyOf"]

    assert one["enum"] == each["items"]["enum"] == list(table)


def test_every_field_with_an_example_takes_it():
    unused_by_default = {
        "alpha": {"activation": "elu"},
        "init_std": {"init": "normal"},
        "classes": {"hidden": [5]},
        "channels": {"architecture": "cnn"},
        "pieces": {"activation": "maxout"},
        "rho": {"optimizer": "rmsprop"},
        "clip_at": {"clip": "norm"},
        "mc_passes": {"dropout": 0.2},
        "transfer_layers": {"transfer_from": "abc"},
        "transfer_freeze": {"transfer_from": "abc"},
    }
    for field, info in RunSpec.model_fields.items():
        for example in info.examples or []:
            RunSpec(**unused_by_default.get(field, {}), **{field: example})


@pytest.mark.parametrize(("field", "constant"), [("init", "init_std"), ("activation", "alpha")])
def test_a_list_of_no_names_is_refused_whatever_else_is_wrong(field: str, constant: str) -> None:
    """What reads the list comes after it, and is asked although the layers are wrong too."""
    with pytest.raises(ValidationError, match="is not one of the choices"):
        RunSpec(**{"hidden": "x", field: [], constant: 0.5})
