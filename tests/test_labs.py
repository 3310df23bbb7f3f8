"""What `make labs` prints and how it ends, with made-up numbers."""

import pytest

from ml.labs import LABS, Verdict, decide
from tests.labs.__main__ import print_lab, print_rows, told, unexplained

REMARKED = "leaky-relu"


def verdict(name: str, *numbers: tuple[float, ...]) -> Verdict:
    return decide(LABS[name], dict(enumerate(numbers)))


def test_a_lab_is_printed_with_the_value_of_each_seed_and_what_was_not_as_expected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_lab("elu", verdict("elu", (0.4,), (1.5,)), 1.26)
    line, measure = capsys.readouterr().out.splitlines()

    assert line.split() == ["elu", "row", "12", "undecided", "1.3", "s", "a", "seed"]
    assert measure.split()[-4:] == ["<", "1", "0.4", "1.5!"]


def test_every_row_of_the_lecture_is_listed_with_its_labs_or_its_page_to_learn_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows({"elu": verdict("elu", (0.4,))})
    rows = capsys.readouterr().out.splitlines()[2:]

    assert [int(row.split()[0]) for row in rows] == list(range(1, 26))
    assert rows[0].endswith("Learn page backprop")
    assert rows[11].endswith("elu: confirmed")


def test_only_a_lab_that_is_not_confirmed_and_does_not_say_why_is_a_failure() -> None:
    remarked = verdict(REMARKED, (0.9,) * len(LABS[REMARKED].measures))

    assert LABS[REMARKED].remark
    assert remarked.word == "not_confirmed"
    assert unexplained({"elu": verdict("elu", (0.4,)), REMARKED: remarked}) == []
    assert unexplained({"elu": verdict("elu", (1.5,))}) == ["elu"]


def test_what_is_expected_is_told_by_its_bounds() -> None:
    kept, dead = LABS["he-initialisation"].measures[1].expected, LABS["dying-relu"].measures[0].expected

    assert told(kept) == "0.5 - 2"
    assert told(dead) == "> 0.5"
