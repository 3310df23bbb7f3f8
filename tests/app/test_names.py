import pytest

from app.names import MOST_LETTERS, name_key, tidy


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ana   María ", "Ana María"),
        ("Ana\u202eairaM", "AnaairaM"),
        ("A\nB", "A B"),
        ("\u200b", ""),
        ("Ana\u3164\ufe0f\u2800", "Ana"),
    ],
)
def test_a_name_is_one_line_of_letters_that_stay_where_they_stand(typed: str, name: str) -> None:
    assert tidy(typed) == name


def test_a_name_is_cut_where_it_is_too_long() -> None:
    assert len(tidy("x" * 1000)) == MOST_LETTERS


@pytest.mark.parametrize("other", ["ana maría", " ANA  MARÍA ", "Ana Mari\u0301a", "Ａna María"])
def test_names_are_the_same_however_they_are_written(other: str) -> None:
    assert name_key(other) == name_key("Ana María")


def test_other_letters_are_another_name() -> None:
    assert name_key("Ana Maria") != name_key("Ana María")
    assert name_key("STRASSE") == name_key("Straße")
