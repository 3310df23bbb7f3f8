import numpy as np

from ml.labs import LABS
from ml.theory import predict
from tests.ml.labs.made import made, stds


def as_predicted(arm: str, off: float = 1.0) -> dict:
    """What theory expects of the arm, with the last layer's variance so many times as large."""
    expected = predict(LABS["predicted-variance"].arms[arm].spec)
    assert expected is not None
    found = {}
    for signal in ("activation", "backprop_gradient"):
        std = expected.std(signal).copy()
        std[-1] *= off**0.5
        found |= stds(signal, std)
    return found


def test_the_lab_on_predicted_variance_allows_for_sampling_error_and_no_more(check_verdicts):
    name = "predicted-variance"
    tanh = made(name, "tanh", statistics=as_predicted("tanh", 1.2))
    check_verdicts(
        name,
        {"tanh": tanh, "linear": made(name, "linear", statistics=as_predicted("linear", 0.8))},
        {"tanh": tanh, "linear": made(name, "linear", statistics=as_predicted("linear", 0.7))},
    )


def test_the_lab_on_glorots_initialisation_wants_the_standard_one_to_fail(check_verdicts):
    name = "glorot-initialisation"
    kept = stds("activation", [0.5, 0.4, 0.35, 0.3, 0.28])
    lost = stds("activation", [0.5, 0.3, 0.2, 0.1, 0.05])
    good = {arm: made(name, arm, statistics=kept) for arm in ("normal", "uniform")}
    check_verdicts(
        name,
        {**good, "standard": made(name, "standard", statistics=lost)},
        {**good, "standard": made(name, "standard", statistics=kept)},
    )


def test_the_lab_on_hes_initialisation_wants_glorots_to_halve_and_hes_to_keep(check_verdicts):
    name = "he-initialisation"
    halved = stds("activation", 2.0 ** (-np.arange(10) / 2)) | {("activation", "mean"): 0}
    steady = stds("activation", 1.0) | {("activation", "mean"): 0}
    glorot = made(name, "glorot", statistics=halved)
    check_verdicts(
        name,
        {"glorot": glorot, "he": made(name, "he", statistics=steady)},
        {"glorot": glorot, "he": made(name, "he", statistics=halved)},
    )
