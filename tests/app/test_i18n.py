import pytest

from app import i18n
from app.i18n import ago, gettext, gettext_html, language, number, percent, preferred, separators, speaking
from ml.words import plural, words


@pytest.mark.parametrize(
    ("wish", "served"),
    [("es-AR,es;q=0.9,en;q=0.8", "es"), ("en-US,en;q=0.5", "en"), ("en;q=0.3,es", "es"), ("de,es;q=0.3", "es"),
     ("fr", "en"), ("", "en"), ("es;q=abc", "es"), ("*", "en")],
)  # fmt: skip
def test_the_browsers_first_wish_among_our_languages_is_served(wish: str, served: str) -> None:
    assert preferred(wish) == served


def test_a_language_is_in_force_inside_its_block_only() -> None:
    with speaking("es"):
        assert language() == "es"
    assert language() == "en"


def test_numbers_have_the_marks_of_the_language() -> None:
    assert (number(1234.5, ",.1f"), percent(0.023), separators()) == ("1,234.5", "2.3\N{NO-BREAK SPACE}%", ".,")
    with speaking("es"):
        assert (number(1234.5, ",.1f"), percent(0.023), separators()) == ("1.234,5", "2,3\N{NO-BREAK SPACE}%", ",.")


def test_a_time_ago_is_told_in_the_language() -> None:
    assert ago(200) == "3 minutes ago"
    with speaking("es"):
        assert ago(200) == "hace 3 minutos"


def test_what_ml_says_is_said_anew_with_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    spanish = {"there are only {count:,}": "solo hay {count:,}", "at most {limit:g}": "como mucho {limit:g}"}
    monkeypatch.setattr(i18n, "_translations", lambda _: _Table(spanish))
    said = words("there are only {count:,}", count=1197)
    assert (said, gettext(said)) == ("there are only 1,197", "solo hay 1,197")
    with speaking("es"):
        assert gettext(said) == "solo hay 1.197"
        assert gettext(words("{inner}", inner=words("at most {limit:g}", limit=0.5))) == "como mucho 0,5"


class _Table:
    def __init__(self, found: dict[str, str]) -> None:
        self._found = found

    def gettext(self, message: str) -> str:
        return self._found.get(message, message)


def test_a_number_chooses_between_one_and_many() -> None:
    assert [gettext(plural("{count} layer", "{count} layers", count=n)) for n in (1, 2)] == ["1 layer", "2 layers"]


def test_values_in_markup_are_escaped() -> None:
    assert gettext_html("<b>{name}</b>", name="<i>") == "<b>&lt;i&gt;</b>"
