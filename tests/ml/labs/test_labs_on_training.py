import numpy as np
import pytest

from ml.labs import LABS, judge
from ml.labs.training import OPTIMIZERS
from tests.ml.labs.made import made
from tests.records import diverging


def answering(name: str, arm: str, error: float, **numbers):
    return made(name, arm, 2, metrics={"val_error": error}, **numbers)


def losing(name: str, arm: str, *losses: float):
    """A run with these validation losses, one every ten steps from step 0 on."""
    return made(name, arm, len(losses), metrics={"val_loss": losses})


def test_the_lab_on_batch_normalisation_wants_the_network_to_stall_without_it(check_verdicts):
    name, steady = "batch-normalisation", {("activation", "std"): 0.2}
    good, bad = (answering(name, "with", error, statistics=steady) for error in (0.05, 0.3))
    stalled, learned = (answering(name, "without", error) for error in (0.9, 0.1))

    check_verdicts(name, {"with": good, "without": stalled}, {"with": bad, "without": stalled})
    check_verdicts(name, {"with": good, "without": stalled}, {"with": good, "without": learned})


def test_the_lab_on_batch_normalisation_wants_the_activations_to_keep_their_spread(check_verdicts):
    name, stalled = "batch-normalisation", answering("batch-normalisation", "without", 0.9)
    steady, shrinking = (
        answering(name, "with", 0.05, statistics={("activation", "std"): np.linspace([0.2], [last], 2).repeat(6, 1)})
        for last in (0.15, 0.05)
    )

    check_verdicts(name, {"with": steady, "without": stalled}, {"with": shrinking, "without": stalled})


def test_the_lab_on_clipping_counts_a_run_that_diverges_as_all_wrong(check_verdicts):
    name = "gradient-clipping"
    clipped = {arm: answering(name, arm, 0.1) for arm in ("norm", "value")}
    whole = answering(name, "none", 0.9)

    check_verdicts(name, {**clipped, "none": diverging(whole, 1)}, {**clipped, "none": whole})
    burst = {"norm": diverging(clipped["norm"], 1)}
    check_verdicts(name, {**clipped, "none": diverging(whole, 1)}, {**clipped, **burst, "none": diverging(whole, 1)})


def test_the_lab_on_momentum_wants_it_before_both_kinds_of_plain_descent(check_verdicts):
    name = "momentum"
    momentum, slow = losing(name, "momentum", 2, 0.1, 0.1), losing(name, "plain", 2, 1, 0.1)
    never, at_once = losing(name, "tenfold", 2, 9, 9), losing(name, "tenfold", 2, 0.1, 0.1)
    right = {"momentum": momentum, "plain": slow, "tenfold": never}

    check_verdicts(name, right, {**right, "plain": losing(name, "plain", 2, 0.1, 0.1)})
    check_verdicts(name, right, {**right, "tenfold": at_once})
    assert LABS[name].measures[0].read(right) == 2


def test_the_lab_on_momentum_is_undecided_where_momentum_never_gets_there():
    name = "momentum"
    runs = {arm: losing(name, arm, 2, 1, 1) for arm in LABS[name].arms}

    assert judge(LABS[name], {0: runs}).word == "undecided"


@pytest.mark.parametrize("late", OPTIMIZERS.arms)
def test_the_lab_on_optimizers_wants_each_of_the_seven_to_get_there(check_verdicts, late):
    name = "optimizers"
    right = {arm: losing(name, arm, 2, 0.2, 0.2, 0.2) for arm in OPTIMIZERS.arms}
    right["sgd"] = losing(name, "sgd", 2, 1, 1, 0.2)

    check_verdicts(name, right, {**right, late: losing(name, late, 2, 1, 1, 1)})


def test_the_lab_on_optimizers_wants_plain_descent_behind_the_quickest(check_verdicts):
    name = "optimizers"
    quick = {arm: losing(name, arm, 2, 0.2, 0.2, 0.2) for arm in OPTIMIZERS.arms}

    check_verdicts(name, {**quick, "sgd": losing(name, "sgd", 2, 1, 1, 0.2)}, quick)
