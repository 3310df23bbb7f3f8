import time

import pytest

from app import sharing
from app.i18n import speaking
from app.models import Share
from app.sharing import DAY, HOUR
from tests.records import make_run


def share(made: float = 0, ends: float | None = None) -> Share:
    now = time.time()
    return Share(id="x", run_id="r", token_hash="h", created=now - made, expires=None if ends is None else now + ends)


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        (None, "works until it is revoked"),
        (-1, "has ended"),
        (6 * DAY + 5, "ends in 6 days"),
        (HOUR + 5, "ends in 60 minutes"),
    ],
)
def test_a_link_tells_when_it_ends(ends: float | None, text: str) -> None:
    assert sharing.listed(share(ends=ends)).ends == text


def test_a_link_tells_when_it_was_made_in_the_readers_language() -> None:
    assert sharing.listed(share(made=3 * HOUR)).made == "made 3 hours ago"
    with speaking("es"):
        assert sharing.listed(share(made=3 * HOUR)).made == "creado hace 3 horas"


def test_a_link_lasts_as_long_as_was_chosen_of_what_is_offered() -> None:
    assert sharing.expires_at(str(DAY)) == pytest.approx(time.time() + DAY, abs=5)
    for nothing in ("0", "", "12345", "-5", "soon"):
        assert sharing.expires_at(nothing) is None


def test_the_code_is_black_on_white_and_holds_no_style() -> None:
    code = sharing.qr_code("https://class.example.org/s/abc")
    assert code.startswith("<svg")
    assert "#fff" in code
    assert "style=" not in code


def test_the_description_says_what_is_known() -> None:
    assert sharing.description(make_run(3)).startswith("27.4\N{NO-BREAK SPACE}% validation error after epoch 2: digits")
    assert sharing.description(make_run(0)).startswith("digits")
