"""Bad input is refused with a sentence that names the field, the bounds and a value that works, and it does work."""

import math

import pytest
from pydantic import ValidationError

from ml.problems import Problem, problems
from ml.spec import RunSpec


def found(**changes) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        RunSpec(**changes)
    return problems(caught.value)


HIDDEN = "a list of 1 to 50 layers of 1 to 4096 units each"
LR = "greater than 0 and at most 1000"

# (the bad value, what else is set, what the message says, the fix it names, and the value that makes it work)
WRONG = [
    ("hidden", [30, -1], {}, HIDDEN, "[300, 100]", [300, 100]),
    ("hidden", [0], {}, HIDDEN, "[300, 100]", [300, 100]),
    ("hidden", [10] * 51, {}, HIDDEN, "[300, 100]", [300, 100]),
    ("hidden", "wide", {}, HIDDEN, "[300, 100]", [300, 100]),
    ("hidden", [10**6, 10**6], {}, HIDDEN, "[300, 100]", [300, 100]),
    ("hidden", [4096] * 50, {}, "limit is 20,000,000", "1000, 1000, 1000", [1000, 1000, 1000]),
    ("lr", 0, {}, LR, "0.001", 0.001),
    ("lr", -1, {}, LR, "0.001", 0.001),
    ("lr", math.nan, {}, LR, "0.001", 0.001),
    ("lr", math.inf, {}, LR, "0.001", 0.001),
    ("lr", 1e9, {}, LR, "0.001", 0.001),
    ("lr", "fast", {}, LR, "0.001", 0.001),
    ("activation", "swish", {}, "'swish' is not one of the choices", "tanh", "tanh"),
    ("activation", ["relu", "swish"], {}, "'swish' is not one of the choices", "choose one of sigmoid", ["relu"] * 2),
    ("activation", ["relu"], {}, "names 1 for a network with 2 hidden layers", "a list of 2", ["relu", "tanh"]),
    ("activation", ["relu"], {"architecture": "cnn"}, "4 hidden layers, 2 of them convolutions", "a list of 4", "relu"),
    ("init", ["standard"] * 3, {}, "names 3 for a network with 2 hidden layers", "a list of 2", ["standard"] * 2),
    ("init", "zeros", {}, "'zeros' is not one of the choices", "xavier_uniform", "xavier_uniform"),
    ("optimizer", "lion", {}, "'lion' is not one of the choices", "adam", "adam"),
    ("dataset", "imagenet", {}, "'imagenet' is not one of the choices", "digits", "digits"),
    ("scaling", "log", {}, "'log' is not one of the choices", "symmetric", "symmetric"),
    ("epochs", -1, {}, "at least 0 and at most 100000", "10", 10),
    ("epochs", 1.5, {}, "at least 0 and at most 100000", "10", 10),
    ("batch_size", 0, {}, "at least 1 and at most 10000", "32", 32),
    ("batch_size", 2000, {}, "the 1,197 training examples", "1197", 1197),
    ("batch_size", 64, {"train_size": 50}, "the 50 training examples", "32", 32),
    ("train_size", 1198, {}, "only 1,197 training examples", "1197", 1197),
    ("train_size", 500, {"classes": [0, 1]}, "only 240 training examples", "240", 240),
    ("train_size", 10**6, {"dataset": "shapeset"}, "at least 1 and at most 100000", "500", 500),
    ("classes", [3], {}, "at least two different labels from 0 to 9", "0 and 9", [0, 9]),
    ("classes", [3, 3], {}, "at least two different labels from 0 to 9", "0 and 9", [0, 9]),
    ("classes", [0, 9], {"dataset": "shapeset"}, "labels from 0 to 8", "0 and 8", [0, 8]),
    ("dropout", 1, {}, "at least 0 and less than 1", "0.2", 0.2),
    ("bias_init", math.nan, {}, "at least -100 and at most 100", "0.0", 0.0),
    ("monitor_size", 5, {}, "at least 10 and at most 300", "300", 300),
    ("bins", 1000, {}, "at least 10 and at most 200", "100", 100),
    ("seed", 2**31, {}, "at least 0 and at most 2147483647", "0", 0),
    ("snapshot_every", 0, {}, "at least 1 and at most 5000000", "100", 100),
    ("snapshot_every", 1, {"epochs": 100}, "the limit is 2,000", "at least 2 steps", 2),
    ("snapshot_every", 1, {"hidden": [5] * 49}, "the limit is 160", "at least 3 steps", 3),
    ("steps_per_epoch", 10**6, {}, "the limit is 5,000,000", "at most 500000", 500_000),
    ("name", "two\nlines", {}, "can't be printed", "letters, digits and punctuation", "one line"),
    ("name", "x" * 121, {}, "at most 120 characters", "leave it out", None),
    # Settings that would change nothing.
    ("alpha", 0.1, {"activation": "relu"}, "relu has no α", "leave it out", None),
    ("init_std", 0.1, {"init": "standard"}, "standard computes its own", "leave it out", None),
    ("momentum", 0.9, {"optimizer": "sgd"}, "sgd does not use it", "leave it out", None),
    ("beta2", 0.9, {"optimizer": "momentum"}, "momentum does not use it", "leave it out", None),
    ("eps", 1e-4, {"optimizer": "sgd"}, "sgd does not use it", "leave it out", None),
    ("rho", 0.9, {"optimizer": "adam"}, "adam does not use it", "optimizer = rmsprop", None),
    ("pieces", 3, {"activation": "relu"}, "only maxout units have pieces", "activation = maxout", None),
    ("channels", [8], {}, "a dense network has no channels", "architecture = cnn", None),
    ("clip_at", 1.0, {}, "nothing is clipped", "clip = norm or value", None),
    ("mc_passes", 50, {}, "without dropout every pass is the same", "set dropout", None),
    ("transfer_layers", 1, {}, "no run to take layers from", "set transfer_from", None),
    ("transfer_freeze", True, {}, "no run to take layers from", "set transfer_from", None),
    # Networks, regularisation, clipping.
    ("hidden", [], {}, "a dense network needs a hidden layer", "300, 100", [300, 100]),
    ("pieces", 9, {"activation": "maxout"}, "at least 2 and at most 8", "2", 2),
    ("pieces", 8, {"activation": "maxout", "hidden": [2000, 1500]}, "limit is 20,000,000", "fewer pieces", 2),
    ("channels", [], {"architecture": "cnn"}, "a list of 1 to 10 convolutions", "[16, 32]", [16, 32]),
    ("channels", [300], {"architecture": "cnn"}, "1 to 256 channels each", "[16, 32]", [16, 32]),
    ("channels", [256, 256], {"architecture": "cnn", "dataset": "shapeset"}, "limit is 150,000", "16, 32", [16, 32]),
    ("input_dropout", 1, {}, "at least 0 and less than 1", "0.1", 0.1),
    ("max_norm", 0, {}, "greater than 0 and at most 1000", "3.0", 3.0),
    ("weight_decay", -1, {}, "at least 0 and at most 10", "0.0001", 0.0001),
    ("weight_decay", True, {}, "at least 0 and at most 10", "0.0001", 0.0001),
    ("hidden", [True], {}, "1 to 50 layers of 1 to 4096 units each", "[300, 100]", [300, 100]),
    ("epochs", True, {}, "at least 0 and at most 100000", "10", 10),
    ("clip_at", 0, {"clip": "norm"}, "greater than 0", "1.0", 1.0),
    ("mc_passes", 1, {"dropout": 0.5}, "at least 2 and at most 1000", "50", 50),
    ("transfer_layers", 3, {"transfer_from": "abc"}, "only 2 hidden layers", "at most 2", 2),
    ("batch_size", 1, {"batch_norm": "before"}, "needs two examples in every batch", "3", 3),
    ("batch_size", 4, {"batch_norm": "after"}, "the last one too", "5", 5),  # 1,197 examples
    ("architecture", "rnn", {}, "'rnn' is not one of the choices", "mlp, cnn", "cnn"),
    ("batch_norm", "both", {}, "'both' is not one of the choices", "none, before, after", "before"),
    ("loss", "hinge", {}, "'hinge' is not one of the choices", "quadratic", "quadratic"),
    ("clip", "both", {}, "'both' is not one of the choices", "none, norm, value", "value"),
    ("device", "cuda", {}, "not available in this version", "cpu", "cpu"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "others", "message", "fix", "right"), WRONG, ids=[f"{row[0]}={row[1]!s:.20}" for row in WRONG]
)
def test_a_wrong_value_is_named_with_its_bounds_and_a_value_that_works(field, value, others, message, fix, right):
    (problem,) = found(**others, **{field: value})

    assert problem.field == field
    assert message in problem.message
    assert fix in problem.fix
    RunSpec(**others, **{field: right})


def test_an_unknown_field_is_named_with_all_that_there_are():
    (problem,) = found(colour="red")

    assert problem.field == "colour"
    assert all(field in problem.fix for field in RunSpec.model_fields)


def test_the_choice_that_a_fix_names_makes_the_setting_count():
    assert "activation = leaky_relu or elu" in found(alpha=0.1)[0].fix
    RunSpec(alpha=0.1, activation="elu")
    assert "init = normal" in found(init_std=0.1)[0].fix
    RunSpec(init_std=0.1, init="normal")
    assert "optimizer = momentum or nesterov or adam or nadam" in found(momentum=0.5, optimizer="sgd")[0].fix
    RunSpec(momentum=0.5, optimizer="momentum")


def test_every_wrong_field_is_named_once():
    assert [problem.field for problem in found(hidden=[0, 0, 0], lr=0, colour="red")] == ["hidden", "lr", "colour"]


def test_a_network_of_a_million_million_parameters_is_refused():
    assert found(hidden=[10**6, 10**6])[0].field == "hidden"
    assert "20,000,000" in found(hidden=[4096] * 50)[0].message


def test_the_sentence_does_not_repeat_a_huge_input():
    assert len(str(found(lr="9" * 100_000)[0])) < 300


def test_a_problem_reads_as_one_sentence():
    assert str(found(lr=0)[0]) == "lr: must be greater than 0 and at most 1000 (got 0); for example 0.001"
