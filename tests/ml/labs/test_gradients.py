import numpy as np

from tests.ml.labs.made import made, stds


def falling(factor: float) -> dict:
    """Gradients that are this many times smaller at the first of ten layers than at the last one."""
    return stds("backprop_gradient", np.geomspace(1 / factor, 1, 10))


def test_the_lab_on_the_vanishing_gradient(check_verdicts):
    name = "vanishing-gradient"
    check_verdicts(
        name,
        {"sigmoid": made(name, "sigmoid", statistics=falling(1000))},
        {"sigmoid": made(name, "sigmoid", statistics=falling(50))},
    )


def test_the_lab_on_the_exploding_gradient_wants_it_of_both_networks(check_verdicts):
    name = "exploding-gradient"
    grown, alike = falling(1 / 1000), falling(1)
    check_verdicts(
        name,
        {"relu": made(name, "relu", statistics=grown), "linear": made(name, "linear", statistics=grown)},
        {"relu": made(name, "relu", statistics=grown), "linear": made(name, "linear", statistics=alike)},
    )


def test_the_lab_on_the_suspects_looks_at_the_layer_with_the_fewest_saturated_units(check_verdicts):
    name = "suspects"
    glorot = made(name, "xavier", health={"saturated": 0.0})
    check_verdicts(
        name,
        {"normal": made(name, "normal", health={"saturated": [0.6, 0.7, 0.9, 0.8]}), "xavier": glorot},
        {"normal": made(name, "normal", health={"saturated": [0.9, 0.9, 0.4, 0.9]}), "xavier": glorot},
    )
