import pytest

from ml.labs import LABS, judge
from tests.ml.labs.made import made, stds

NAME = "figure-5"
SOON, LATE, NEVER = [0.83, 0.74, 0.7], [0.83, 0.8, 0.74], [0.83, 0.83, 0.83]


def costs(cross_entropy: list[float], quadratic: list[float], gradient: float = 0.1):
    return {
        "cross_entropy": made(
            NAME, "cross_entropy", 3, metrics={"val_error": cross_entropy}, statistics=stds("weight_gradient", 1)
        ),
        "quadratic": made(
            NAME, "quadratic", 3, metrics={"val_error": quadratic}, statistics=stds("weight_gradient", gradient)
        ),
    }


@pytest.mark.parametrize("late", [LATE, NEVER])
@pytest.mark.parametrize("wrong", [costs(LATE, SOON), costs(SOON, SOON), costs(NEVER, SOON), costs(SOON, LATE, 2)])
def test_cross_entropy_leaves_its_plateau_first_and_starts_with_more_gradient(check_verdicts, late, wrong):
    check_verdicts(NAME, costs(SOON, late), wrong)


def test_which_is_faster_cannot_be_told_where_neither_learns():
    assert judge(LABS[NAME], {0: costs(NEVER, NEVER)}).word == "undecided"
