"""What another web site can have a student's browser send: nothing that changes anything."""

import ast
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlmodel import Session, SQLModel

from app.access import WHO, Call
from app.settings import PROJECT
from tests.members import LAN, stranger
from tests.signing_in import student

CHANGING = [call for call in WHO if call.method not in ("GET", "HEAD", "OPTIONS")]
HOST = "192.168.1.20:8000"
FOREIGN = {
    "foreign origin": {"Origin": "https://evil.example.org"},
    "no origin of its own": {"Origin": "null"},
    "another port": {"Origin": "http://192.168.1.20:9999"},
    "a longer name": {"Origin": f"{LAN}.evil.example.org"},
    "an origin that is none": {"Origin": "http://[::1"},
    "no-cors": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    "no-cors with our origin": {"Sec-Fetch-Site": "cross-site", "Origin": LAN},
    "a neighbour": {"Sec-Fetch-Site": "same-site", "Origin": LAN},
    "a foreign host and its own origin": {"Host": "evil.example.org", "Origin": LAN},
    "a malformed host": {"Host": "[::1", "Origin": LAN},
    "a host with a path": {"Host": f"{HOST}/@evil.example.org", "Origin": LAN},
}


def path_of(call: Call, run_id: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: run_id if found[1] == "run_id" else "x", call.path)


def rows(app: FastAPI) -> dict[str, int]:
    with Session(app.state.engine) as session:
        tables = SQLModel.metadata.sorted_tables
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_no_changing_route_takes_a_request_from_elsewhere(
    class_app: FastAPI, teacher: TestClient, headers: dict[str, str]
) -> None:
    run_id = teacher.post("/api/runs", json={"hidden": [4], "epochs": 0}).json()["id"]
    before = rows(class_app)
    for call in CHANGING:
        answer = teacher.request(call.method, path_of(call, run_id), json={}, headers=headers)
        assert answer.status_code == 403, call
    assert rows(class_app) == before
    assert teacher.get(f"/api/runs/{run_id}").json()["status"] == "queued"


@pytest.mark.parametrize("host", ["evil.example.org", "[::1", "192.168.1.20", "127.0.0.1.evil.example.org", ""])
def test_on_this_machine_alone_no_changing_route_answers_to_a_foreign_name(client: TestClient, host: str) -> None:
    """A name that its owner has pointed at this machine reaches the server, with that name as Host and as Origin."""
    for call in CHANGING:
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert client.request(call.method, path_of(call, "x"), json={}, headers=headers).status_code == 403, call


def test_nor_does_one_that_another_site_asks_by_our_own_name(client: TestClient) -> None:
    for headers in ({"Origin": "https://evil.example.org"}, {"Sec-Fetch-Site": "cross-site"}):
        for call in CHANGING:
            assert client.request(call.method, path_of(call, "x"), json={}, headers=headers).status_code == 403, call


def test_a_program_that_says_nothing_of_an_origin_needs_the_cookie(class_app: FastAPI, teacher: TestClient) -> None:
    """Programs send neither header. A browser always does; and to a form of another site it adds no such cookie."""
    assert teacher.post("/api/runs", json={"hidden": [4], "epochs": 0}).status_code == 201
    assert stranger(class_app).post("/api/runs", json={"hidden": [4], "epochs": 0}).status_code == 401
    cookie = stranger(class_app).post("/sign-in", data=student()).headers["set-cookie"].lower()
    assert "samesite=lax" in cookie
    assert "httponly" in cookie


@pytest.mark.parametrize("file", ["security", "access", "bounds", "headers", "main", "share"])
def test_the_guard_reads_no_address_that_was_built_from_a_header(file: str) -> None:
    tree = ast.parse((PROJECT / f"app/{file}.py").read_text())
    built = {"url", "base_url", "url_for"}
    assert [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in built] == []
