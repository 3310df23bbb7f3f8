import pytest

from app.access import Call
from tests.fuzz.school import School
from tests.fuzz.sending import documented_calls, fuzz

CALLS = [call for call in documented_calls() if call.method == "GET" and call.path.startswith("/api/runs/{run_id}")]


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_whatever_is_asked_of_a_run_is_answered_as_documented(fuzzed: School, call: Call) -> None:
    assert set(fuzz(fuzzed, call)) >= {200, 404}
