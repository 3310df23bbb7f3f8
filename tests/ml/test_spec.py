import pytest
from pydantic import ValidationError

from ml.catalog import ACTIVATIONS, DATASETS, INITIALISERS, OPTIMIZERS, SCALINGS
from ml.sizes import parameter_count
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
    assert spec.sizes == (64, 30, 20, 10, 10)


def test_parameters_are_weights_and_biases():
    assert parameter_count((64, 30, 10)) == 64 * 30 + 30 + 30 * 10 + 10
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
    assert spec.sizes[-1] == spec.class_count == 3


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
    assert RunSpec(**changes).activation_alpha == alpha


@pytest.mark.parametrize(
    ("changes", "constants"),
    [
        ({"optimizer": "sgd"}, {}),
        ({"optimizer": "momentum", "momentum": 0.5}, {"momentum": 0.5}),
        ({"optimizer": "adam", "beta2": 0.9}, {"momentum": 0.9, "beta2": 0.9, "eps": 1e-8}),
        ({"optimizer": "adam", "momentum": 0.0}, {"momentum": 0.0, "beta2": 0.999, "eps": 1e-8}),
    ],
)
def test_the_optimizers_constants_are_the_specs_or_the_defaults(changes, constants):
    assert RunSpec(**changes).optimizer_constants == constants


@pytest.mark.parametrize(
    ("field", "table"),
    [
        ("activation", ACTIVATIONS),
        ("dataset", DATASETS),
        ("init", INITIALISERS),
        ("optimizer", OPTIMIZERS),
        ("scaling", SCALINGS),
    ],
)
def test_the_schema_lists_the_catalogs_choices(field, table):
    assert RunSpec.model_json_schema()["properties"][field]["enum"] == list(table)


def test_every_field_with_an_example_takes_it():
    unused_by_default = {
        "alpha": {"activation": "elu"},
        "init_std": {"init": "normal"},
        "classes": {"hidden": [5]},
    }
    for field, info in RunSpec.model_fields.items():
        for example in info.examples or []:
            RunSpec(**unused_by_default.get(field, {}), **{field: example})
