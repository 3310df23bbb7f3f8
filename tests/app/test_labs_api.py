"""The JSON routes of labs."""

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from ml.labs import LABS
from tests.lab_runs import TRIAL, end_lab

pytestmark = pytest.mark.usefixtures("trial")


def test_labs_are_listed_in_the_language_of_the_request(client: TestClient) -> None:
    listed = client.get("/api/labs").json()
    assert [lab["name"] for lab in listed] == list(LABS)
    vanishing = next(lab for lab in listed if lab["name"] == TRIAL)
    assert vanishing["title"] == "Vanishing gradient"
    assert (vanishing["url"], vanishing["learn"], vanishing["newest"]) == (f"/labs/{TRIAL}", "/learn/signal", None)


def test_a_lab_is_told_whole(client: TestClient) -> None:
    lab = client.get(f"/api/labs/{TRIAL}").json()
    assert lab["choices"][-1] == "more than 100 times less"
    assert lab["arms"]["deep"]["spec"]["activation"] == "sigmoid"
    [measure] = lab["measures"]
    assert (measure["above"], measure["below"], measure["unit"]) == (100, None, "times")
    assert client.get("/api/labs/nothing").status_code == 404


def test_launching_it_twice_gives_the_same_runs(client: TestClient) -> None:
    first, second = client.post(f"/api/labs/{TRIAL}"), client.post(f"/api/labs/{TRIAL}")
    assert first.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["lab"] == TRIAL
    assert {run["arm"] for run in first.json()["runs"]} == {"deep"}
    assert client.post("/api/labs/nothing").status_code == 404


def test_the_verdict_comes_with_its_numbers(client: TestClient, session: Session) -> None:
    experiment_id = client.post(f"/api/labs/{TRIAL}").json()["id"]
    address = f"/api/labs/{TRIAL}/{experiment_id}"
    assert client.get(address).json()["verdict"]["seeds"] == []
    end_lab(session, experiment_id, 500, 2, 700)
    verdict = client.get(address).json()["verdict"]
    assert (verdict["word"], verdict["why"]) == ("undecided", "The seeds disagree: it held on 2 of 3.")
    [reading] = verdict["readings"]
    assert [round(value) for value in reading["values"]] == [500, 2, 700]
    assert reading["holds"] == [True, False, True]
    assert verdict["outcome"] == 3


def test_the_routes_are_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/labs", "/api/labs/{name}", "/api/labs/{name}/{experiment_id}"} <= set(paths)
