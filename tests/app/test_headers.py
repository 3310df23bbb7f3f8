"""What a browser may do with an answer."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.headers import ALWAYS

ADDRESSES = [
    "/", "/new", "/labs", "/learn", "/learn/signal", "/nowhere", "/static/layerscope.css", "/api/runs", "/api/nowhere",
    "/s/unknown", "/m/unknown", "/l/unknown", "/openapi.json", "/healthz", "/metrics", "/examples/dying-relu",
]  # fmt: skip


def policy(answer_headers: dict[str, str]) -> dict[str, list[str]]:
    parts = answer_headers["content-security-policy"].split("; ")
    return {name: values for name, *values in (part.split(" ") for part in parts)}


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_them(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    own = {"Referrer-Policy"} if address.startswith("/s/") else set()
    assert {name: headers.get(name) for name in ALWAYS if name not in own} == {
        name: value for name, value in ALWAYS.items() if name not in own
    }


@pytest.mark.parametrize("headers", [{"Host": "evil.example.org"}, {"Origin": "https://evil.example.org"}])
def test_refusals_carry_them_too(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/api/runs", headers=headers)
    assert answer.status_code == 403
    assert ALWAYS.items() <= {**answer.headers, **{name: answer.headers.get(name) for name in ALWAYS}}.items()


def test_no_script_runs_but_our_files(client: TestClient) -> None:
    found = policy(dict(client.get("/").headers))
    assert found["script-src"] == ["'self'"]
    assert found["default-src"] == found["object-src"] == found["base-uri"] == found["frame-ancestors"] == ["'none'"]
    assert found["form-action"] == found["connect-src"] == ["'self'"]
    assert not any("http" in value or "*" in value for values in found.values() for value in values)


@pytest.mark.parametrize(("base", "told"), [("http://localhost:8000", True), ("http://192.168.1.20:8000", False)])
def test_a_window_of_its_own_where_the_browser_heeds_it(app: FastAPI, base: str, told: bool) -> None:
    """Elsewhere it only complains in the console."""
    headers = TestClient(app, base_url=base).get("/learn").headers
    assert ("cross-origin-opener-policy" in headers) == told
