import numpy as np

from tests.ml.labs.made import made, stds


def dying(name: str, arm: str, *worst: float):
    """A run whose second layer has these shares of dead units, snapshot by snapshot."""
    dead = np.zeros((len(worst), 4))
    dead[:, 1] = worst
    return made(name, arm, len(worst), health={"dead": dead})


def test_the_lab_on_dying_relus_counts_only_those_that_stay_dead(check_verdicts):
    check_verdicts(
        "dying-relu",
        {"relu": dying("dying-relu", "relu", 0, 0.3, 0.6, 0.7)},
        {"relu": dying("dying-relu", "relu", 0, 0.9, 0.4, 0.9)},
    )


def test_the_lab_on_leaky_relu_wants_it_to_learn_where_relu_does_not_with_a_gradient_in_every_layer(check_verdicts):
    name = "leaky-relu"

    def runs(leaky_error=0.05, gradient=1e-6, relu_error=0.9, dead=0.8):
        gradients = [[0.1] * 4, [0.1, 0.1, gradient, 0.1]]
        leaky = made(
            name, "leaky", 2, metrics={"val_error": leaky_error}, statistics=stds("backprop_gradient", gradients)
        )
        relu = made(name, "relu", 2, metrics={"val_error": relu_error}, health={"dead": [0, dead, 0, 0]})
        return {"leaky": leaky, "relu": relu}

    for wrong in (runs(leaky_error=0.3), runs(gradient=0), runs(relu_error=0.05), runs(dead=0.2)):
        check_verdicts(name, runs(), wrong)


def test_the_lab_on_elu_compares_distances_from_zero(check_verdicts):
    name = "elu"
    relu = made(name, "relu", statistics={("activation", "mean"): 0.4})
    check_verdicts(
        name,
        {"elu": made(name, "elu", statistics={("activation", "mean"): -0.1}), "relu": relu},
        {"elu": made(name, "elu", statistics={("activation", "mean"): -0.5}), "relu": relu},
    )


def test_the_lab_on_maxout_wants_it_to_learn_with_a_gradient_in_every_layer(check_verdicts):
    def maxout(*gradients: float, error: float = 0.05):
        numbers = {("backprop_gradient", "std"): gradients}
        return {"maxout": made("maxout", "maxout", metrics={"val_error": error}, statistics=numbers)}

    check_verdicts("maxout", maxout(0.5, 1.0), maxout(0.001, 1.0))
    check_verdicts("maxout", maxout(0.5, 1.0), maxout(0.5, 1.0, error=0.3))
