"""Texts that a database refuses, and numbers that it can't hold: told as what they are, on every database."""

import pytest
from fastapi.testclient import TestClient

from tests.saving import ORIGIN

HUGE = "9" * 30


@pytest.mark.parametrize(
    "path",
    ["/api/runs/%00", "/api/runs/a%00b/metrics", "/api/runs/%00/export.zip", "/api/runs/%00/shares", "/runs/%00",
     "/api/experiments/%00", "/experiments/%00", "/labs/dying-relu/%00", "/api/labs/dying-relu/%00", "/labs/%00",
     "/predictions/%00", "/learn/%00", "/static/%00", "/s/%00", "/m/%00", "/m/teacher/%00", "/%00"],
)  # fmt: skip
def test_no_address_with_a_nul_is_there(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize("path", ["/api/runs/%00", "/api/runs/%00/cancel", "/api/shares/%00", "/runs/%00/delete"])
def test_nothing_is_changed_at_an_address_with_a_nul(client: TestClient, method: str, path: str) -> None:
    assert getattr(client, method)(path, headers=ORIGIN).status_code in (404, 405)


@pytest.mark.usefixtures("finished")
@pytest.mark.parametrize(
    "query", ["q=%00", "q=a%00b", "newer=%00&q=%00", "experiment=%00", "dataset=%00", "q=%ED%A0%80", "q=%FF"]
)
def test_nothing_is_found_by_a_text_that_no_run_can_hold(client: TestClient, query: str) -> None:
    assert client.get(f"/api/runs?{query}").json()["runs"] == []
    assert client.get(f"/?{query}").status_code == 200


@pytest.mark.parametrize("text", [r'"a\u0000b"', r'"\ud800"'])
@pytest.mark.parametrize(
    "body",
    ['{{"name": {0}}}', '{{"transfer_from": {0}}}', '{{"dataset": {0}}}', "{{{0}: 1}}"],
)
def test_a_run_s_settings_hold_no_such_text(client: TestClient, text: str, body: str) -> None:
    sent = client.post("/api/runs", content=body.format(text), headers={"Content-Type": "application/json"})
    assert sent.status_code == 422
    assert sent.json()["detail"][0]["message"]


@pytest.mark.parametrize("text", [r'"a\u0000b"', r'"\ud800"'])
@pytest.mark.parametrize(
    "body",
    ['{{"name": {0}}}', '{{"base": {{"name": {0}}}}}', '{{"vary": {{"name": [{0}]}}}}', '{{"vary": {{{0}: [1]}}}}',
     '{{"vary": {{"transfer_from": [{0}]}}}}'],
)  # fmt: skip
def test_neither_do_an_experiment_s(client: TestClient, text: str, body: str) -> None:
    sent = client.post("/api/experiments", content=body.format(text), headers={"Content-Type": "application/json"})
    assert sent.status_code == 422
    assert sent.json()["detail"][0]["message"]


def test_forms_lose_a_nul(client: TestClient) -> None:
    page = client.post("/runs", data={"name": "a\0b", "epochs": "1"}, headers=ORIGIN)
    assert page.status_code == 303, page.text
    assert client.get("/api/runs").json()["runs"][0]["name"] == "ab"
    assert client.post("/labs/dying-relu", data={"experiment": "\0", "choice": "0"}, headers=ORIGIN).status_code < 500


def test_a_number_that_no_database_holds_is_no_server_error(client: TestClient, finished: str) -> None:
    for path in (f"layers/activation?step={HUGE}", f"figures?names=loss&step={HUGE}", f"histograms/weight?step={HUGE}"):
        assert client.get(f"/api/runs/{finished}/{path}").status_code < 500
    assert client.post("/api/runs", json={"seed": int(HUGE)}).status_code == 422
    assert client.post("/api/experiments", json={"seeds": int(HUGE)}).status_code == 422
    seen = {"Last-Event-ID": f"{'9' * 5000}-{HUGE}"}
    assert client.get(f"/api/runs/{finished}/events", headers=seen).status_code == 200
