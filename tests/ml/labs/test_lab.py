"""What is expected of a number, and that every lab is whole."""

import math

import pytest

from app.figures import FIGURES
from app.figures.compare import COMPARISONS
from app.learn.entries import LEARN
from ml.cost import run_seconds
from ml.labs import LABS
from ml.labs.lab import above, below, between
from tests.labs.trying import try_out

# Rows of the lecture's list of claims that train; 1, 4 and 17 are pages to learn from alone.
TRAINED_ROWS = set(range(1, 26)) - {1, 4, 17}
FIGURES_OF_THE_PAPER = {f"Figure {number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 10)} | {"Table 1, Shapeset"}
QUICK = ["vanishing-gradient", "exploding-gradient", "predicted-variance", "glorot-initialisation", "figure-7"]

labs = pytest.mark.parametrize("name", LABS)


@pytest.mark.parametrize(
    ("expected", "inside", "outside"),
    [(above(2), [2.1, math.inf], [2, -math.inf]), (below(2), [1.9, -5], [2, math.inf]), (between(1, 2), [1.5], [1, 2])],
)
def test_what_is_expected_has_open_ends_and_a_step_that_never_came_is_above_all(expected, inside, outside):
    assert all(map(expected.holds, inside))
    assert not any(map(expected.holds, [*outside, math.nan]))


@labs
def test_its_choices_grow_and_leave_no_number_out(name):
    ends = [choice.up_to for choice in LABS[name].choices]

    assert 3 <= len(ends) <= 5
    assert ends == sorted(set(ends))
    assert ends[-1] == math.inf


@labs
def test_its_figures_suit_its_networks_and_its_page_to_learn_from_exists(name):
    lab = LABS[name]

    assert lab.learn in LEARN
    assert lab.figures or lab.comparisons
    assert set(lab.comparisons) <= set(COMPARISONS)
    for figure in lab.figures:
        assert any(FIGURES[figure].suits(arm.spec) for arm in lab.arms.values())


@labs
def test_an_arm_comes_after_those_that_it_starts_from(name):
    seen = set()
    for arm_name, arm in LABS[name].arms.items():
        assert not arm.after or arm.after in seen
        seen.add(arm_name)


@labs
def test_training_it_takes_a_student_half_a_minute_at_most(name):
    assert sum(run_seconds(arm.spec) for arm in LABS[name].arms.values()) < 30


@labs
def test_it_says_everything_that_a_student_reads(name):
    lab = LABS[name]
    told = [lab.title, lab.question, lab.claim, lab.topic, *(choice.text for choice in lab.choices)]
    labels = [part.label for part in (*lab.arms.values(), *lab.measures)]

    assert all(told + labels)
    for texts in (told[4:], [arm.label for arm in lab.arms.values()], [measure.label for measure in lab.measures]):
        assert len(set(texts)) == len(texts)


def test_every_row_of_the_lecture_that_trains_and_every_figure_of_the_paper_has_a_lab():
    assert {row for lab in LABS.values() for row in lab.rows} == TRAINED_ROWS
    assert {lab.paper for lab in LABS.values()} >= FIGURES_OF_THE_PAPER


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_lab_is_borne_out_when_it_is_trained(name):
    numbers = try_out(name, 0).numbers

    assert all(measure.expected.holds(number) for measure, number in zip(LABS[name].measures, numbers, strict=True))
