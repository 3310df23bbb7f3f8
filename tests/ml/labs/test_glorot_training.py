import pytest

from tests.ml.labs.layers import at_steps, high, saturating
from tests.ml.labs.made import made, stds


def test_with_the_normalized_initialisation_alone_the_top_layer_saturates_too(check_verdicts):
    def both(normalized: float, standard: float):
        shares = {"normalized": normalized, "standard": standard}
        return {arm: saturating("figure-10", arm, {8000: [high(x)] * 4}) for arm, x in shares.items()}

    check_verdicts("figure-10", both(0.3, 0.001), both(0.3, 0.3))
    check_verdicts("figure-10", both(0.3, 0.001), both(0.001, 0.001))


LEARNED = {"tanh_n": 500, "softsign_n": 750, "softsign": 2000, "tanh": None, "sigmoid": None}
ERRORS = {"tanh_n": 0.72, "softsign_n": 0.72, "softsign": 0.73, "tanh": 0.81, "sigmoid": 0.81}


def table(tanh_error: float = ERRORS["tanh"], **learned: int | None):
    """The runs of Table 1, with the steps in which they leave their plateau; None: never."""
    errors = ERRORS | {"tanh": tanh_error}
    return {arm: _leaving(arm, step, errors[arm]) for arm, step in (LEARNED | learned).items()}


def _leaving(arm: str, step: int | None, error: float):
    losses = [2.2, 1.9, 1.8] if step else [2.2, 2.2, 2.1]
    run = made("table-1", arm, 3, metrics={"val_loss": losses, "val_error": [0.83, 0.82, error]})
    return at_steps(run, 0, step or 2500, 5000)


@pytest.mark.parametrize(
    "wrong",
    [
        table(tanh_error=0.74),
        table(tanh_n=1500),
        table(softsign_n=1500),
        table(softsign=600),
        table(softsign=3600),
        table(tanh=4900),
        table(sigmoid=4900),
    ],
)
def test_the_table_wants_every_network_in_its_place(check_verdicts, wrong):
    check_verdicts("table-1", table(), wrong)


def test_the_spread_between_layers_is_that_of_a_typical_moment_of_training(check_verdicts):
    def both(standard: float, normalized: float):
        return {arm: drifting(arm, x) for arm, x in (("standard", standard), ("normalized", normalized))}

    check_verdicts("figure-9", both(8, 2), both(2.5, 2))


def drifting(arm: str, spread: float):
    """Layers whose weight gradients are so many times apart at most looks, but not at the start nor at one more."""
    apart, outlier = [1, 1, 1, 1, spread, 1], [1, 1, 1, 1, 100, 1]
    gradients = stds("weight_gradient", [[1, 1, 1, 1, 1, 1], apart, outlier, apart])
    return made("figure-9", arm, 4, statistics=gradients)
