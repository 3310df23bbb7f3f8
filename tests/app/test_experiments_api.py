from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from sqlmodel import Session

from app import store
from ml.grid import MAX_RUNS
from ml.records import Metrics, StepRecord
from ml.spec import RunSpec
from tests.conftest import TINY

SPEC = TINY.model_dump(mode="json")
ASKED: dict[str, Any] = {
    "name": "Inits", "base": SPEC, "seeds": 2,
    "vary": {"init": ["standard", "xavier_uniform"], "hidden": [[8], [8, 6]]},
}  # fmt: skip


def launch(client: TestClient, **changed: Any) -> dict[str, Any]:
    answer = client.post("/api/experiments", json=ASKED | changed)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def finish(session: Session, run_id: str, error: float, loss: float = 1.0) -> None:
    attempt = store.claim(session, run_id)
    store.save_snapshot(session, run_id, attempt, StepRecord(6, 2.0, Metrics(loss, error, loss, error)))
    store.finish(session, run_id, attempt, {})


def test_every_run_of_the_grid_is_queued_and_answered(client: TestClient, session: Session) -> None:
    made = launch(client)
    assert (made["name"], made["url"]) == ("Inits", f"/experiments/{made['id']}")
    specs = [RunSpec.model_validate(run["spec"]) for run in made["runs"]]
    assert [(spec.init, spec.hidden, spec.seed) for spec in specs] == [
        (init, hidden, seed)
        for init in ("standard", "xavier_uniform") for hidden in ((8,), (8, 6)) for seed in (0, 1)
    ]  # fmt: skip
    assert {run["status"] for run in made["runs"]} == {"queued"}
    assert client.get(f"/api/runs/{made['runs'][3]['id']}").json() == made["runs"][3]
    stored = store.experiment_runs(session, made["id"])
    assert [run.id for run in stored] == [run["id"] for run in made["runs"]]
    assert [run.colour for run in stored[:3]] == [1, 2, 3]


def test_each_run_is_handed_to_the_workers(app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[str] = []
    monkeypatch.setattr(app.state.queue, "enqueue", lambda run_id, _turn: handed.append(run_id))
    assert handed == [run["id"] for run in launch(client)["runs"]] != []


def test_without_a_name_it_is_named_by_what_varies(client: TestClient) -> None:
    assert launch(client, name="")["name"] == "init × hidden"
    assert launch(client, name="", base=SPEC | {"name": "Base"})["name"] == "Base"
    assert launch(client, name="", vary={})["name"] == "tanh, xavier_uniform"


@pytest.mark.parametrize(
    ("changed", "field", "fix"),
    [
        ({"base": SPEC | {"lr": -1}}, "lr", "for example 0.001"),
        ({"base": SPEC | {"colour": "red"}}, "colour", "the settings are"),
        ({"vary": {"lr": [0.1, -1]}}, "vary.lr", "for example 0.001"),
        ({"vary": {"lr": [0.1, [[]]]}}, "vary.lr", "for example 0.001"),
        ({"vary": {"colour": ["red"]}}, "vary.colour", "the settings are"),
        ({"vary": {"lr": []}}, "vary.lr", "for example 0.001"),
        ({"vary": {"lr": [0.1, 0.1]}}, "vary.lr", "once"),
        ({"vary": {"seed": [1, 2]}}, "vary.seed", "another"),
        ({"seeds": MAX_RUNS}, "seeds", "at most 50 seeds"),
        ({"seeds": 0}, "seeds", ""),
        ({"seeds": "many"}, "seeds", ""),
        ({"vary": {"transfer_from": ["nope"]}}, "transfer_from", "the id is the end of the address"),
        ({"vary": [1]}, "vary", ""),
        ({"base": 3}, "base", ""),
        ({"name": "x" * 121}, "name", ""),
    ],
)
def test_bad_input_names_the_field_and_the_fix_and_nothing_is_stored(
    client: TestClient, session: Session, changed: dict[str, Any], field: str, fix: str
) -> None:
    answer = client.post("/api/experiments", json=ASKED | changed)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert set(problem) == {"field", "message", "fix"}
    assert problem["field"] == field
    assert fix in problem["fix"]
    assert store.list_experiments(session) == []
    assert store.list_runs(session) == []


def test_the_table_is_told_with_the_runs(client: TestClient, session: Session) -> None:
    made = launch(client, vary={"lr": [0.1, None]}, seeds=2)
    ids = [run["id"] for run in made["runs"]]
    for run_id, error in zip(ids[:3], (0.2, 0.4, 0.1), strict=True):
        finish(session, run_id, error)
    found = client.get(f"/api/experiments/{made['id']}").json()
    assert found["statuses"] == {"finished": 3, "queued": 1}
    assert [run["id"] for run in found["runs"]] == ids
    first, second = found["table"]
    assert (first["values"], first["runs"], first["finished"]) == ({"lr": 0.1}, ids[:2], 2)
    assert first["val_error"] == pytest.approx({"mean": 0.3, "std": 0.02**0.5, "count": 2})
    assert (second["values"], second["val_error"]["std"], second["best"]) == ({"lr": 0.001}, None, True)


def test_a_list_is_read_page_by_page_newest_first(client: TestClient) -> None:
    ids = [launch(client, vary={})["id"] for _ in range(3)][::-1]
    page = client.get("/api/experiments", params={"limit": 2}).json()
    rest = client.get("/api/experiments", params={"limit": 2, "cursor": page["cursor"]}).json()
    assert [one["id"] for one in page["experiments"] + rest["experiments"]] == ids
    assert rest["cursor"] is None


def test_cancelling_stops_what_goes_on_and_keeps_what_has_ended(client: TestClient, session: Session) -> None:
    made = launch(client, vary={}, seeds=3)
    finish(session, made["runs"][0]["id"], 0.1)
    answer = client.post(f"/api/experiments/{made['id']}/cancel")
    assert answer.json()["statuses"] == {"finished": 1, "cancelled": 2}


def test_deleting_takes_the_runs_along(client: TestClient, session: Session) -> None:
    made, other = launch(client), launch(client, vary={})
    assert client.delete(f"/api/experiments/{made['id']}").status_code == 204
    assert client.get(f"/api/experiments/{made['id']}").status_code == 404
    assert [run.experiment_id for run in store.list_runs(session)] == [other["id"]] * 2


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/cancel")])
def test_an_experiment_that_is_not_there_is_said_so(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, f"/api/experiments/nope{path}")
    assert answer.status_code == 404
    assert "no such experiment" in answer.json()["detail"]


def test_an_experiment_whose_runs_were_deleted_one_by_one_is_still_there(client: TestClient) -> None:
    made = launch(client)
    for run in made["runs"]:
        client.delete(f"/api/runs/{run['id']}")
    found = client.get(f"/api/experiments/{made['id']}").json()
    assert (found["runs"], found["statuses"], len(found["table"])) == ([], {}, 4)


def test_answers_are_as_the_openapi_document_says(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    made = launch(client)
    for path, method, status, answer in (
        ("/api/experiments", "post", "201", made),
        ("/api/experiments/{experiment_id}", "get", "200", client.get(f"/api/experiments/{made['id']}").json()),
        ("/api/experiments", "get", "200", client.get("/api/experiments").json()),
    ):
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        Draft202012Validator(schema | {"components": document["components"]}).validate(answer)


def test_the_largest_grid_is_stored_in_one_go(client: TestClient, session: Session) -> None:
    made = launch(client, vary={}, seeds=MAX_RUNS)
    assert len(store.experiment_runs(session, made["id"])) == MAX_RUNS
