import numpy as np
import pytest

from tests.ml.labs.layers import high, saturating
from tests.ml.labs.made import made


def sigmoid(error: float = 0.83, **changed: list[float]):
    """Layers as the paper saw them, but for what is `changed`."""
    levels = {"mean": [0.5, 0.55, 0.7, 0.01], "std": [0.3, 0.2, 0.1, 0.001]} | changed
    numbers = {("activation", name): values for name, values in levels.items()}
    return {"sigmoid": made("figure-2", "sigmoid", 2, metrics={"val_error": error}, statistics=numbers)}


@pytest.mark.parametrize(
    "wrong",
    [
        sigmoid(mean=[0.5, 0.55, 0.7, 0.5]),
        sigmoid(std=[0.3, 0.2, 0.1, 0.1]),
        sigmoid(mean=[0.5, 0.55, 0.5, 0.01]),
        sigmoid(error=0.5),
    ],
)
def test_the_top_sigmoids_sink_to_0_the_others_do_not_and_nothing_is_learned(check_verdicts, wrong):
    check_verdicts("figure-2", sigmoid(), wrong)


FREE = high(0)
SOFTSIGN = {0: [FREE] * 5, 5000: [FREE] * 5}
SPREAD = {0: [FREE] * 5, 5000: [FREE, high(0, 0.1), FREE, FREE, FREE]}
CLIMBING = {100: [high(0.1), FREE, FREE, FREE], 3000: [high(0.2), high(0.1), FREE, FREE]}
TOGETHER = {100: [high(0.1), FREE, FREE, FREE], 1000: [high(0.2), high(0.1), FREE, FREE]}
DOWN = {100: [high(0.1), FREE, FREE, FREE], 3000: [high(0.2), FREE, high(0.1), FREE]}
UP = {**CLIMBING, 5000: [high(0.5), high(0.3), high(0.1), FREE]}


def both(name: str, tanh: dict, softsign: dict):
    return {"tanh": saturating(name, "tanh", tanh), "softsign": saturating(name, "softsign", softsign)}


@pytest.mark.parametrize(
    ("tanh", "softsign"), [(TOGETHER | {9000: UP[5000]}, SOFTSIGN), (DOWN, SOFTSIGN), (UP, SPREAD)]
)
def test_tanh_saturates_from_the_bottom_up_and_softsign_together(check_verdicts, tanh, softsign):
    check_verdicts("figure-3", both("figure-3", UP, SOFTSIGN), both("figure-3", tanh, softsign))


def test_a_layer_above_that_never_saturates_comes_after_one_that_did(check_verdicts):
    check_verdicts("figure-3", both("figure-3", CLIMBING, SOFTSIGN), both("figure-3", DOWN, SOFTSIGN))


@pytest.mark.parametrize(
    ("tanh", "softsign"), [(0.1, [FREE] * 5), (0.6, [*[FREE] * 4, high(0.1)]), (0.6, [np.full(10, 0.2), *[FREE] * 4])]
)
def test_tanh_piles_up_at_its_ends_and_softsign_on_its_bends(check_verdicts, tanh, softsign):
    def at_the_end(share: float, layers: list):
        return both("figure-4", {0: [FREE] * 4, 8000: [high(share), FREE, FREE, FREE]}, {0: [FREE] * 5, 5000: layers})

    check_verdicts("figure-4", at_the_end(0.6, [FREE] * 5), at_the_end(tanh, softsign))
