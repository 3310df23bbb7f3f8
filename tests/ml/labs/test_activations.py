import numpy as np

from tests.ml.labs.made import made


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


def test_the_lab_on_leaky_relu_wants_no_silent_layer_and_an_answer(check_verdicts):
    name = "leaky-relu"
    relu = dying(name, "relu", 0, 0.6, 0.6)
    leaky = made(name, "leaky", 3, metrics={"val_error": 0.1}, statistics={("activation", "min"): -0.3})
    silent = made(name, "leaky", 3, metrics={"val_error": 0.1}, statistics={("activation", "min"): [-1, -1, 0, -1]})
    check_verdicts(name, {"leaky": leaky, "relu": relu}, {"leaky": silent, "relu": relu})
    check_verdicts(name, {"leaky": leaky, "relu": relu}, {"leaky": leaky, "relu": dying(name, "relu", 0, 0.1, 0.1)})


def test_the_lab_on_elu_compares_distances_from_zero(check_verdicts):
    name = "elu"
    relu = made(name, "relu", statistics={("activation", "mean"): 0.4})
    check_verdicts(
        name,
        {"elu": made(name, "elu", statistics={("activation", "mean"): -0.1}), "relu": relu},
        {"elu": made(name, "elu", statistics={("activation", "mean"): -0.5}), "relu": relu},
    )


def test_the_lab_on_maxout_wants_a_gradient_in_every_layer(check_verdicts):
    def maxout(*gradients: float):
        numbers = {("backprop_gradient", "std"): gradients}
        return {"maxout": made("maxout", "maxout", metrics={"val_error": 0.05}, statistics=numbers)}

    check_verdicts("maxout", maxout(0.5, 1.0), maxout(0.001, 1.0))
