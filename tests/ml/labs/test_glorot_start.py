import numpy as np
import pytest

from tests.ml.labs.made import made, stds

SHRINKING, ALIKE = [1, 0.5, 0.3, 0.15, 0.08], [1, 0.95, 0.9, 0.85, 0.8]


def both(name: str, standard: dict, normalized: dict):
    return {"standard": made(name, "standard", **standard), "normalized": made(name, "normalized", **normalized)}


@pytest.mark.parametrize(("name", "signal"), [("figure-6", "activation"), ("figure-7", "backprop_gradient")])
def test_what_shrinks_with_the_standard_initialisation_alone(check_verdicts, name, signal):
    order = -1 if signal == "backprop_gradient" else 1
    lost, kept = ({"statistics": stds(signal, values[::order])} for values in (SHRINKING, ALIKE))
    check_verdicts(name, both(name, lost, kept), both(name, lost, lost))
    check_verdicts(name, both(name, lost, kept), both(name, kept, kept))


def test_weight_gradients_are_alike_with_both(check_verdicts):
    alike = {"statistics": stds("weight_gradient", [*ALIKE, 3])}  # the output layer is not looked at
    apart = {"statistics": stds("weight_gradient", [*SHRINKING, 3])}
    check_verdicts("figure-8", both("figure-8", alike, alike), both("figure-8", alike, apart))


def test_the_jacobians_lie_within_their_bounds(check_verdicts):
    half, most, none = ({"health": {"jacobian": np.full((1, 5), value)}} for value in (0.48, 0.75, 0.9))
    check_verdicts("jacobian", both("jacobian", half, most), both("jacobian", half, none))
