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


def test_the_lab_on_the_suspects_wants_every_layer_saturated_with_one_initialisation_and_none_with_the_other(
    check_verdicts,
):
    name = "suspects"

    def runs(normal=(0.6, 0.7, 0.9, 0.8), xavier=(0, 0.01, 0, 0)):
        saturated = {"normal": normal, "xavier": xavier}
        return {arm: made(name, arm, health={"saturated": list(of_arm)}) for arm, of_arm in saturated.items()}

    check_verdicts(name, runs(), runs(normal=(0.9, 0.9, 0.4, 0.9)))
    check_verdicts(name, runs(), runs(xavier=(0, 0, 0.2, 0)))
