import pytest

from app.access import Call
from tests.fuzz.school import School
from tests.fuzz.sending import documented_calls, fuzz

CALLS = [call for call in documented_calls() if not call.path.startswith("/api/")]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_whatever_is_asked_without_signing_in_is_answered_as_documented(fuzzed: School, call: Call) -> None:
    statuses = set(fuzz(fuzzed, call))
    assert statuses >= ({200, 404} if call.path.startswith("/s/") else {200})
