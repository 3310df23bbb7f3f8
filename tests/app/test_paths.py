"""A file is found by the id of something in the database, or is one of ours below /static/: no name leads elsewhere."""

import re

import pytest
from fastapi.testclient import TestClient

from app.access import WHO, Call
from app.settings import PROJECT
from tests.saving import ORIGIN

# As they come over the wire.
NAMES = {
    "up": "%2e%2e", "up and away": "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "encoded twice": "%252e%252e%252fetc%252fpasswd",
    "backslash": "%2e%2e%5c%2e%2e%5cetc%5cpasswd", "NUL": "x%00.html", "absolute": "%2fetc%2fpasswd",
    "of a drive": "C:%5cwindows%5cwin.ini", "long": "x" * 5_000, "overlong": "%c0%ae%c0%ae%c0%af",
    "an address": "file:%2f%2f%2fetc%2fpasswd",
}  # fmt: skip
NAMING = [call for call in WHO if "{" in call.path and not call.path.startswith("/static/")]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_route_takes_a_name_for_the_name_of_a_file(client: TestClient, name: str) -> None:
    answers = {call: _ask(client, call, name) for call in NAMING}
    # A slash in it may make of it the address of another route, which takes no such method.
    found = {call: status for call, status in answers.items() if status not in (404, 405)}
    assert found == {}


def _ask(client: TestClient, call: Call, name: str) -> int:
    path = re.sub(r"{\w+}", lambda _: name, call.path) + "?runs=x"
    body = {"rule": "diverged", "cures": ["usual_lr"], "shown": True}
    as_json = {"json": body} if call.path.startswith("/api/") and call.method in ("POST", "PUT") else {}
    return client.request(call.method, path, headers=ORIGIN, **as_json).status_code


@pytest.mark.parametrize("before", ["", "0123456789/", "learn/", "0123456789/learn/"])
@pytest.mark.parametrize(
    "name",
    [*NAMES.values(), "%2e%2e/app/main.py", "%2e%2e/%2e%2e/app/main.py", "..%2fapp%2fmain.py", "%2fetc/passwd",
     "/etc/passwd", str(PROJECT / "README.md"), str(PROJECT / "static" / "run.js"), "run.js%00"],
)  # fmt: skip
def test_below_static_nothing_is_found_but_our_files(client: TestClient, before: str, name: str) -> None:
    answer = client.get(f"http://127.0.0.1:8000/static/{before}{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    "path", ["/static/", "/static/0123456789", "/static/0123456789/", "/static//", "/static/learn"]
)
def test_a_folder_of_ours_is_not_listed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
