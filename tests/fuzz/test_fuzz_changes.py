import pytest

from app.access import Call
from tests.fuzz import test_fuzz_links, test_fuzz_runs
from tests.fuzz.school import School
from tests.fuzz.sending import documented_calls, fuzz

# What takes something away comes last.
CALLS = sorted(
    {*documented_calls()} - {*test_fuzz_runs.CALLS, *test_fuzz_links.CALLS},
    key=lambda call: (call.method == "DELETE", call),
)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_whatever_is_sent_is_answered_as_documented(fuzzed: School, call: Call) -> None:
    assert {200, 201, 204} & set(fuzz(fuzzed, call))


def test_the_document_is_about_what_is_fuzzed(fuzzed: School) -> None:
    there = {Call(method.upper(), path) for path, found in fuzzed.document["paths"].items() for method in found}
    assert there == set(documented_calls())
