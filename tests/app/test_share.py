import html
import re
import time
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from app.main import create_app
from tests.conftest import TINY


def share(client: TestClient, run_id: str) -> tuple[str, str]:
    made = client.post(f"/api/runs/{run_id}/shares").json()
    assert made["expires"] is None
    assert made["link"] == f"http://127.0.0.1:8000{made['url']}"
    return made["id"], made["url"]


def test_a_link_opens_its_run_to_read(client: TestClient, finished: str) -> None:
    _, url = share(client, finished)
    page = client.get(url)
    assert page.status_code == 200
    assert TINY.title in page.text
    for path in ("/metrics", "/layers/activation", "/histograms/weight", "/figures/loss", "/figures/loss.svg"):
        assert client.get(url + path).text == client.get(f"/api/runs/{finished}{path}").text
    assert '"status": "finished"' in client.get(url + "/events").text


def test_a_link_changes_nothing_and_opens_nothing_else(client: TestClient, finished: str) -> None:
    _, url = share(client, finished)
    for path in ("/export.zip", "/shares", "/cancel", "/spec", "/%2e%2e/%2e%2e/api/runs"):
        assert client.get(url + path).status_code == 404
        assert client.post(url + path).status_code in (404, 405)
    assert client.delete(url).status_code == 404
    assert client.get(f"/api/runs/{finished}").status_code == 200


def test_links_use_the_public_address(app: FastAPI, client: TestClient, finished: str) -> None:
    app.state.settings.public_url = "https://class.example.org"
    made = client.post(f"/api/runs/{finished}/shares").json()
    assert made["url"].startswith("https://class.example.org/s/")
    assert made["link"] == made["url"]


def test_every_link_that_opens_nothing_gets_the_same_answer(
    client: TestClient, session: Session, finished: str
) -> None:
    share_id, revoked = share(client, finished)
    assert client.delete(f"/api/shares/{share_id}").status_code == 204
    assert client.delete(f"/api/shares/{share_id}").status_code == 404
    _, expired = store.create_share(session, finished, expires=1.0)
    unknown = "A" * 32
    links = [
        revoked, f"/s/{expired}", f"/s/{unknown}", "/s/x", "/s/%00", "/s/" + "é" * 9, "/s/a/b/c", "/s/",
        f"{revoked}/metrics", f"{revoked}/figures/nope", f"/s/{unknown}/events", f"/s/{unknown}/layers/nonsense",
    ]  # fmt: skip
    answers = [client.get(link) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


def test_a_token_does_not_travel_on(client: TestClient, finished: str) -> None:
    _, url = share(client, finished)
    for path in (url, url + "/metrics", "/s/nope"):
        headers = client.get(path).headers
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"] == "noindex"
        assert headers["cache-control"] == "no-store"


def test_the_links_of_a_run_are_listed_without_their_tokens(client: TestClient, finished: str) -> None:
    share_id, url = share(client, finished)
    listed = client.get(f"/api/runs/{finished}/shares")
    assert [entry["id"] for entry in listed.json()] == [share_id]
    assert url.removeprefix("/s/") not in listed.text


def test_a_deleted_run_takes_its_links_along(client: TestClient, finished: str) -> None:
    _, url = share(client, finished)
    client.delete(f"/api/runs/{finished}")
    assert client.get(url).status_code == 404


# --- how long ---


@pytest.mark.parametrize("body", [{"expires_in": 3600}, {"expires": "in an hour"}])
def test_a_link_can_have_an_end(client: TestClient, finished: str, body: dict[str, object]) -> None:
    soon = time.time() + 3600
    if "expires" in body:
        body = {"expires": datetime.fromtimestamp(soon, UTC).isoformat()}
    made = client.post(f"/api/runs/{finished}/shares", json=body).json()
    assert datetime.fromisoformat(made["expires"]).timestamp() == pytest.approx(soon, abs=5)
    assert client.get(made["url"]).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("expires_in", 0), ("expires_in", -5), ("expires_in", 10**9), ("expires", "2020-01-01T00:00:00Z"),
     ("expires", "2999-01-01T00:00:00Z"), ("expires", "2026-01-01T00:00:00"), ("expires", "soon")],
)  # fmt: skip
def test_an_end_that_makes_no_sense_is_refused(client: TestClient, finished: str, field: str, value: object) -> None:
    answer = client.post(f"/api/runs/{finished}/shares", json={field: value})
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["detail"]] == [field]
    assert client.get(f"/api/runs/{finished}/shares").json() == []


# --- what goes with the link ---


def test_a_messenger_gets_a_title_a_sentence_and_a_picture(app: FastAPI, client: TestClient, finished: str) -> None:
    _, url = share(client, finished)
    app.state.settings.public_url = "https://class.example.org"
    head = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', client.get(url).text))
    assert head["og:title"] == TINY.title
    assert "validation error after epoch 2" in head["og:description"]
    assert head["og:image"] == f"https://class.example.org{url}/figures/preview.png"
    assert (head["og:type"], head["twitter:card"]) == ("website", "summary_large_image")
    assert client.get(f"{url}/figures/preview.png").content.startswith(b"\x89PNG")
    spanish = client.get(url, headers={"Accept-Language": "es"}).text
    assert "de error de validación tras la época 2" in spanish


def test_the_form_is_offered_where_it_opens_and_the_settings_where_it_does_not(
    app: FastAPI, client: TestClient, finished: str
) -> None:
    _, url = share(client, finished)
    here = client.get(url).text
    form = re.search(r'href="(/new\?[^"]+)"', here)
    assert form is not None
    assert 'value="8, 6"' in client.get(html.unescape(form[1])).text
    app.state.settings.public_url = "https://class.example.org"
    guarded = create_app(app.state.settings)
    there = TestClient(guarded, base_url="https://class.example.org").get(url).text
    guarded.state.queue.close()
    guarded.state.engine.dispose()
    assert "/new" not in there
    assert html.escape('"hidden": [\n  8,\n  6\n ]', quote=True).replace("&quot;", "&#34;") in there


def test_what_opens_nothing_is_said_in_both_languages(client: TestClient) -> None:
    answer = client.get("/s/nope", headers={"Accept-Language": "es"})
    assert answer.content == client.get("/s/nope", headers={"Accept-Language": "en"}).content
    assert "This link opens nothing" in answer.text
    assert "Este enlace no abre nada" in answer.text
