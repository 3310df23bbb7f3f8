import time

import pytest

from app import sharing
from app.diagnosis_view import diagnosis_view
from app.i18n import speaking
from app.models import Share
from app.page_state import PageState
from app.sharing import DAY, HOUR
from ml.records import RunRecord
from tests.records import make_dying, make_run


def described(run: RunRecord) -> str:
    return sharing.description(run, diagnosis_view(run, PageState()))


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
    assert described(make_run(3)).startswith("27.4\N{NO-BREAK SPACE}% validation error after epoch 2: digits")
    assert described(make_run(0)).startswith("digits")


def test_the_description_begins_with_the_diagnosis() -> None:
    assert described(make_dying(5)).startswith("Dead units: 90\N{NO-BREAK SPACE}% of the units of layer 2 are silent")
    assert described(make_run(6, hidden=(6, 5))).startswith("Nothing wrong found. 13.7\N{NO-BREAK SPACE}% validation")
