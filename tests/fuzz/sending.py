"""Makes requests up, sends them as a student and as a stranger, and holds the answers against the document."""

import os
from copy import deepcopy
from typing import Any

import schemathesis
from httpx2 import Request, Response
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from requests import Request as Unsent
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.access import WHO, Call, Who
from tests.fuzz.school import School
from tests.members import LAN

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection,
]  # fmt: skip
TURNED_AWAY = (401, 413, 414, 431)  # what is too large is not looked at further
REJECTED = ["400", "401", "403", "404", "413", "414", "422", "429", "431"]
# By a name of its own Hypothesis makes up each request anew. Else it would spend as long again on variations of those
# that it has, and on looking for ones that it has not.
AVAILABLE_PROVIDERS["anew"] = HypothesisProvider
# The same ones in `make test`; other ones each time where there are more.
_SETTINGS = settings(
    max_examples=EXAMPLES, derandomize=EXAMPLES <= 200, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck), backend="anew",
)  # fmt: skip


def documented_calls() -> list[Call]:
    """The routes that the document is about."""
    return [call for call in WHO if call.path.startswith(("/api/", "/s/", "/healthz", "/metrics"))]


def fuzz(school: School, call: Call) -> list[int]:
    """Every status that was answered to the student."""
    operation = _operation(school, call)
    is_open = WHO[call] in (Who.ANYBODY, Who.LINK)
    statuses: list[int] = []

    @_SETTINGS
    @given(_cases(operation))
    def send(case: Case) -> None:
        """As the student, every eighth time also as a stranger; what is open is asked by both in turn."""
        turn = len(statuses)
        answer = _sent(school, case, {} if is_open and turn % 2 else {"Cookie": school.cookie})
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS[:-1] if _holds_number_as_text(case.body) else CHECKS)
        if not is_open and turn % 8 == 0:
            turned_away = _sent(school, case, {})
            assert turned_away.status_code in TURNED_AWAY
            case.validate_response(turned_away, checks=CHECKS)

    send()
    return statuses


def _operation(school: School, call: Call) -> APIOperation:
    whole = deepcopy(school.document)
    known = school.known(call)
    part = whole["paths"][call.path][call.method.lower()]
    for parameter in part.get("parameters", []):
        parameter["schema"] = _with_known(parameter["schema"], known.get(parameter["name"]))
    for name, field in whole["components"]["schemas"]["RepairIn"]["properties"].items():
        field.get("items", field).update(enum=known[name])
    schema = schemathesis.openapi.from_dict(whole | {"paths": {call.path: {call.method.lower(): part}}})
    schema.config.checks.negative_data_rejection.expected_statuses = REJECTED
    return next(schema.get_all_operations()).ok()


def _with_known(schema: dict[str, Any], values: list[str] | None) -> dict[str, Any]:
    """Without these nearly every request would name something that is not there."""
    there = {"enum": values}
    return {"oneOf": [there, schema | {"not": there}]} if values else schema


def _cases(operation: APIOperation) -> st.SearchStrategy[Case]:
    """Right ones and wrong ones; a path alone is never wrong. In a path that is no text schemathesis
    leaves # and ? as they are, which end it."""
    right = operation.as_strategy(GenerationMode.POSITIVE)
    may_be_wrong = operation.query or operation.headers or operation.body
    cases = right | operation.as_strategy(GenerationMode.NEGATIVE) if may_be_wrong else right
    return cases.filter(lambda case: not set("#?") & set(str(case.path_parameters)))


def _holds_number_as_text(value: Any) -> bool:
    """As forms send them, and we take them. The document calls that wrong."""
    if isinstance(value, dict | list):
        return any(map(_holds_number_as_text, value.values() if isinstance(value, dict) else value))
    try:
        return isinstance(value, str) and bool(str(float(value)))
    except ValueError:
        return False


def _sent(school: School, case: Case, headers: dict[str, str]) -> Response:
    made = Unsent(**case.as_transport_kwargs(base_url=LAN, headers=headers)).prepare()
    raw = [(name.encode("latin-1"), _raw(value)) for name, value in made.headers.items()]
    return school.ask(Request(made.method, made.url, headers=raw, content=made.body))


def _raw(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")
