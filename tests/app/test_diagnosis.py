from app.diagnosis import Headline
from app.i18n import speaking
from tests.records import make_dying, make_run


def test_a_headline_is_the_first_finding_or_what_became_of_the_run() -> None:
    assert Headline.of(make_dying(5)).severity == "alarm"
    assert "are silent for every example" in Headline.of(make_dying(5)).text
    healthy = make_run(6, hidden=(6, 5))
    assert Headline.of(healthy).severity == ""
    assert Headline.of(healthy).text.endswith("of the answers are wrong.")


def test_a_headline_comes_back_from_where_it_is_kept() -> None:
    with speaking("es"):
        for told in (Headline.of(make_dying(5)), Headline.of(make_run(6)), Headline("", "")):
            assert Headline.kept(bytes(told)) == told
