import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.main import create_app
from app.security import session_key
from app.settings import Settings
from tests.members import LAN, stranger


def talk(app: FastAPI, base: str) -> TestClient:
    return TestClient(app, base_url=base, client=("192.168.1.7", 50000), follow_redirects=False)


def test_on_this_machine_there_is_no_sign_in(client: TestClient) -> None:
    assert client.get("/").status_code == 200
    assert client.get("/api/runs").status_code == 200


@pytest.mark.parametrize("host", ["evil.example.org", "127.0.0.1.evil.org", "", "a b", "192.168.1.20", "[::1", "x/y"])
def test_without_a_password_only_this_machines_names_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:9", "[::1]:8000"])
def test_every_name_of_this_machine_is_answered(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"Host": host}).status_code == 200


def test_behind_a_public_address_only_share_links_are_shown(app: FastAPI, finished: str) -> None:
    app.state.settings.public_url = "https://class.example.org"
    guarded = create_app(app.state.settings)
    here, there = talk(guarded, "http://127.0.0.1:8000"), talk(guarded, "https://class.example.org")
    url = here.post(f"/api/runs/{finished}/shares").json()["url"]
    assert there.get(url).status_code == 200
    assert there.get("/api/runs").status_code == 403
    assert there.get("/").status_code == 403
    guarded.state.queue.close()
    guarded.state.engine.dispose()


@pytest.mark.parametrize("headers", [{"Origin": "http://127.0.0.1:8000"}, {"Sec-Fetch-Site": "same-origin"}, {}])
def test_a_request_from_our_own_page_or_from_a_program_is_let_through(
    client: TestClient, headers: dict[str, str]
) -> None:
    assert client.post("/api/runs", json={"epochs": 0}, headers=headers).status_code == 201


def test_in_class_mode_a_stranger_sees_what_holds_no_data(class_app: FastAPI) -> None:
    for path in ("/healthz", "/metrics", "/sign-in", "/learn", "/static/layerscope.css"):
        assert stranger(class_app).get(path).status_code == 200


def test_a_forged_cookie_opens_nothing(class_app: FastAPI) -> None:
    forger = stranger(class_app)
    forger.cookies.set("layerscope", "eyJzaWduX2luIjogInNlY3JldCJ9.aaaa.bbbb")
    assert forger.get("/api/runs").status_code == 401


def test_a_share_link_needs_no_password_in_class_mode(finished: str, class_app: FastAPI, teacher: TestClient) -> None:
    url = teacher.post(f"/api/runs/{finished}/shares").json()["link"]
    assert url.startswith(LAN + "/s/")
    classmate = stranger(class_app)
    assert classmate.get(url).status_code == 200
    assert classmate.get(url + "/metrics").status_code == 200
    assert classmate.get(f"/runs/{finished}").status_code == 303


def test_a_mystery_is_made_behind_the_password_and_its_links_need_none(class_app: FastAPI, teacher: TestClient) -> None:
    classmate = stranger(class_app)
    for path in ("/mystery", "/mystery/new"):
        assert classmate.post(path).headers["location"] == "/sign-in"
    page = teacher.post("/mystery/new").headers["location"]
    link = re.search(r'value="([^"]*/m/[\w-]+)"', classmate.get(page).text)
    assert link is not None
    assert link[1].startswith(LAN + "/m/")
    assert classmate.get(link[1]).status_code == 200
    answered = classmate.post(link[1] + "/answers", data={"name": "Ana", "rule": "overfit", "cure": "no_clip"})
    assert answered.headers["location"].startswith(link[1].removeprefix(LAN))
    assert classmate.get(answered.headers["location"]).status_code == 200
    assert classmate.get("/api/runs").status_code == 401


def test_behind_a_public_address_a_mystery_can_be_answered(app: FastAPI) -> None:
    app.state.settings.public_url = "https://class.example.org"
    guarded = create_app(app.state.settings)
    here, there = talk(guarded, "http://127.0.0.1:8000"), talk(guarded, "https://class.example.org")
    assert there.get("/mystery/new").status_code == 403
    link = re.search(r'value="([^"]*/m/[\w-]+)"', here.get(here.post("/mystery/new").headers["location"]).text)
    assert link is not None
    said = {"name": "Ana", "rule": "overfit", "cure": "no_clip"}
    from_our_page = {"Origin": "https://class.example.org"}
    assert there.post(link[1] + "/answers", data=said, headers=from_our_page).status_code == 303
    guarded.state.queue.close()
    guarded.state.engine.dispose()


def test_a_new_password_ends_all_sessions(tmp_path: Path) -> None:
    local = Settings(_env_file=None, data_dir=tmp_path)
    chosen = (("a", ""), ("a", ""), ("b", ""), ("a", "b" * 8))
    changes = [{"host": "0.0.0.0", "class_password": one, "teacher_password": other} for one, other in chosen]
    made = [local.model_copy(update=change) for change in changes]
    first, again, *others = map(session_key, made)
    assert first == again
    assert len({first, *others}) == 3
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_every_answer_carries_the_protective_headers(client: TestClient) -> None:
    for path in ("/", "/api/runs", "/nope", "/static/layerscope.css"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
