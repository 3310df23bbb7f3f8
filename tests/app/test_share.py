from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
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
    for path in (
        "/metrics",
        "/layers/activation",
        "/histograms/weight",
        "/figures/loss",
        "/figures/loss.svg",
        "/figures/loss.csv",
    ):
        assert client.get(url + path).text == client.get(f"/api/runs/{finished}{path}").text
    assert f'href="{url}/figures/loss.csv"' in client.get(url + "/figures/loss.html").text
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
