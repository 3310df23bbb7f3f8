"""Who may call which route, where others can reach the server."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from app.access import WHO, Call, Who, routes
from app.main import create_app
from app.settings import Settings
from app.viewer import KEY, Viewer
from tests.app.test_mystery_hiding import routes as every_route
from tests.members import stranger

TINY = {"hidden": [4], "epochs": 0}
BEHIND_THE_DOOR = [call for call, who in WHO.items() if who not in (Who.ANYBODY, Who.LINK)]
OWN_ROUTES = ("/openapi.json", "/static/plotly.min.js", "/static/{path:path}")  # in no router
CHANGING = [call for call in WHO if call.method != "GET"]


def launched(client: TestClient, query: str = "") -> str:
    answer = client.post(f"/api/runs{query}", json=TINY)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def filled(path: str, **ids: str) -> str:
    """The path with these ids, and with one that nothing has for the others."""
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: ids.get(found[1], "0" * 20), path)


# --- the list ---


def test_the_list_names_every_route_and_no_other(app: FastAPI) -> None:
    there = {call for call, _endpoint in routes(app.routes) if call.method != "HEAD"}
    assert there == set(WHO)


def test_the_routes_are_those_that_the_framework_answers_by(app: FastAPI) -> None:
    walked = {(asked.method, asked.path) for asked in every_route(app)}
    assert walked == {call for call, _endpoint in routes(app.routes) if call.path not in OWN_ROUTES}


def test_a_route_that_is_not_listed_keeps_the_application_from_starting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(WHO, Call("DELETE", "/api/runs/{run_id}"))
    with pytest.raises(LookupError, match=r"DELETE /api/runs/\{run_id\} is not in app/access.py"):
        create_app(settings)


def test_whatever_changes_something_of_somebodys_is_for_its_owner() -> None:
    """Everything else that changes something adds something of one's own, or is a teacher's."""
    adds = {
        "/runs", "/runs/{run_id}/repairs", "/api/runs", "/api/runs/{run_id}/repairs", "/api/experiments",
        "/labs/{name}", "/labs/{name}/again", "/api/labs/{name}",
    }  # fmt: skip
    for call in CHANGING:
        if WHO[call] is Who.MEMBER:
            assert call.path in adds, call


# --- a stranger ---


def test_a_stranger_is_asked_to_sign_in(class_app: FastAPI) -> None:
    for call in BEHIND_THE_DOOR:
        answer = stranger(class_app).request(call.method, filled(call.path))
        if call.path.startswith("/api"):
            assert answer.status_code == 401, call
            assert "class password" in answer.json()["detail"]
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), call


def test_a_browser_that_was_signed_out_on_the_server_is_a_stranger(class_app: FastAPI, ana: TestClient) -> None:
    run_id = launched(ana)
    with Session(class_app.state.engine) as session:
        store.delete_all_sign_ins(session)
    for call in BEHIND_THE_DOOR:
        answer = ana.request(call.method, filled(call.path, run_id=run_id))
        assert answer.status_code in (401, 303), call
        assert answer.headers.get("location", "/sign-in") == "/sign-in"


# --- what is somebody else's ---


def test_a_run_is_its_owners_and_nobody_else_finds_it(ana: TestClient, ben: TestClient, teacher: TestClient) -> None:
    run_id = launched(ana)
    assert ana.get(f"/api/runs/{run_id}").json()["owner"] == "Ana"
    assert ben.get(f"/api/runs/{run_id}").status_code == 404
    assert ben.get(f"/runs/{run_id}").status_code == 404
    assert ben.get("/api/runs").json()["runs"] == []
    assert run_id not in ben.get("/").text + ben.get(f"/compare?runs={run_id[-6:]}&find=tanh").text
    for whose, found in (("", [run_id]), ("mine", [run_id]), ("class", [])):
        assert [run["id"] for run in ana.get(f"/api/runs?whose={whose}").json()["runs"]] == found
    assert teacher.get(f"/api/runs/{run_id}").status_code == 200
    assert [run["id"] for run in teacher.get("/api/runs?whose=class").json()["runs"]] == [run_id]


def test_what_is_shown_to_the_class_can_be_read_and_not_changed(ana: TestClient, ben: TestClient) -> None:
    run_id = launched(ana, "?shown=true")
    assert ben.get(f"/api/runs/{run_id}").status_code == 200
    assert [run["id"] for run in ben.get("/api/runs?whose=class").json()["runs"]] == [run_id]
    assert ben.get("/api/runs?whose=mine").json()["runs"] == []
    page = ben.get(f"/runs/{run_id}").text
    assert "Ana" in page
    for word in ("cancel", "delete", "shares", "show"):
        assert f'action="/runs/{run_id}/{word}' not in page
    assert ben.delete(f"/api/runs/{run_id}").status_code == 403
    assert ben.post(f"/runs/{run_id}/cancel").status_code == 403
    assert ana.get(f"/api/runs/{run_id}").json()["status"] == "queued"


@pytest.fixture
def predicted(class_app: FastAPI, ana: TestClient) -> str:
    """The id of what Ana has said of a lab."""
    experiment_id = ana.post("/labs/dying-relu", data={"choice": "1"}).headers["location"].rpartition("/")[2]
    with Session(class_app.state.engine) as session:
        [said] = store.experiment_predictions(session, experiment_id)
        return said.id


def owned(ana: TestClient, predicted: str, query: str) -> dict[str, list[str]]:
    """Ids of what is Ana's, by what paths call them."""
    run_id = launched(ana, query)
    made = ana.post(f"/api/experiments{query}", json={"base": TINY, "vary": {"lr": [0.1, 0.2]}})
    ana.post(f"/api/runs/{run_id}/shares")
    ana.post(f"/labs/reports/{predicted}/shares")
    shares = [share["id"] for share in ana.get("/api/shares").json()]
    assert len(shares) == 2
    return {"run_id": [run_id], "experiment_id": [made.json()["id"]], "prediction_id": [predicted], "share_id": shares}


def whole_of(client: TestClient, ids: dict[str, list[str]]) -> list[object]:
    paths = (f"/api/runs/{ids['run_id'][0]}", f"/api/experiments/{ids['experiment_id'][0]}", "/api/shares")
    return [client.get(path).json() for path in paths]


@pytest.mark.parametrize("shown", [False, True])
def test_what_is_anothers_is_left_alone(ana: TestClient, ben: TestClient, predicted: str, shown: bool) -> None:
    """And is not there for who can't see it; what somebody has predicted the whole class sees."""
    ids = owned(ana, predicted, "?shown=true" if shown else "")
    there = {"prediction_id"} | ({"run_id", "experiment_id"} if shown else set())
    before = whole_of(ana, ids)
    for call in [call for call, who in WHO.items() if who is Who.OWNER]:
        [name] = re.findall(r"{(\w+)}", call.path)
        for found in ids[name]:
            path = filled(call.path, **{name: found})
            answer = ben.request(call.method, path, json={"shown": not shown} if "shown" in path else None)
            assert answer.status_code == (403 if name in there else 404), call
            assert whole_of(ana, ids) == before, call


def test_a_teacher_may_do_what_an_owner_may(ana: TestClient, teacher: TestClient) -> None:
    run_id = launched(ana)
    assert teacher.post(f"/api/runs/{run_id}/cancel").json()["status"] == "cancelled"
    assert teacher.delete(f"/api/runs/{run_id}").status_code == 204
    assert ana.get(f"/api/runs/{run_id}").status_code == 404


def test_what_is_not_there_is_told_in_the_same_words_wherever_that_is_found_out(
    client: TestClient, teacher: TestClient
) -> None:
    told = {
        asked.json()["detail"]
        for asked in (teacher.delete("/api/runs/none"), teacher.get("/api/runs/none"), client.delete("/api/runs/none"))
    }
    assert told == {"There is no such run. It may have been deleted."}


def test_what_is_for_teachers_is_not_for_students(ana: TestClient) -> None:
    for call in [call for call, who in WHO.items() if who is Who.TEACHER]:
        assert ana.request(call.method, filled(call.path)).status_code == 403, call


def test_the_owner_shows_and_hides_a_run(ana: TestClient, ben: TestClient) -> None:
    run_id = launched(ana)
    assert ana.post(f"/runs/{run_id}/show", data={"shown": "1"}).status_code == 303
    assert ben.get(f"/api/runs/{run_id}").status_code == 200
    assert ana.put(f"/api/runs/{run_id}/shown", json={"shown": False}).json()["shown"] is False
    assert ben.get(f"/api/runs/{run_id}").status_code == 404


def test_an_experiment_is_shown_with_all_of_its_runs(ana: TestClient, ben: TestClient) -> None:
    made = ana.post("/api/experiments", json={"base": TINY, "vary": {"lr": [0.1, 0.2]}}).json()
    assert ben.get(f"/experiments/{made['id']}").status_code == 404
    assert ana.post(f"/experiments/{made['id']}/show", data={"shown": "1"}).status_code == 303
    assert ben.get(f"/experiments/{made['id']}").status_code == 200
    assert all(ben.get(f"/api/runs/{run['id']}").status_code == 200 for run in made["runs"])
    assert ben.get("/api/experiments").json()["experiments"][0]["owner"] == "Ana"


def test_the_runs_of_a_lab_are_for_everybody_to_look_at(ana: TestClient, ben: TestClient) -> None:
    first = ana.post("/api/labs/dying-relu").json()
    assert ben.post("/api/labs/dying-relu").json()["id"] == first["id"]
    assert ben.delete(f"/api/experiments/{first['id']}").status_code == 403


def test_what_a_lab_trains_is_changed_by_teachers_alone_whoever_asked_for_it(
    ana: TestClient, ben: TestClient, teacher: TestClient
) -> None:
    made = ana.post("/api/labs/dying-relu").json()["id"]
    ben.post("/labs/dying-relu", data={"choice": "1", "experiment": made})
    run_id = ana.get(f"/api/experiments/{made}").json()["runs"][0]["id"]
    for call in [call for call, who in WHO.items() if who is Who.OWNER]:
        if not re.search("{(run|experiment)_id}", call.path):
            continue
        answer = ana.request(call.method, filled(call.path, run_id=run_id, experiment_id=made), json={"shown": False})
        assert answer.status_code == 403, call
    assert f'action="/experiments/{made}/' not in ana.get(f"/experiments/{made}").text
    assert "What do you expect?" not in ben.get(f"/labs/dying-relu/{made}").text  # for it is there, and said
    assert teacher.post(f"/experiments/{made}/delete").status_code == 303


def test_a_repair_of_a_run_that_is_shown_is_of_who_tries_it(ana: TestClient, ben: TestClient) -> None:
    run_id = launched(ana, "?shown=true")
    asked = {"rule": "overfit", "cures": ["lower_lr"]}
    made = ben.post(f"/api/runs/{run_id}/repairs", json=asked)
    assert made.status_code == 201, made.text
    assert made.json()[0]["run"]["owner"] == "Ben"
    assert ana.get(f"/api/runs/{run_id}/repairs").json() == []


def test_layers_of_a_run_that_one_can_not_see_can_not_be_had(ana: TestClient, ben: TestClient) -> None:
    answer = ben.post("/api/runs", json=TINY | {"transfer_from": launched(ana)})
    assert answer.status_code == 422
    assert "no run with this id" in answer.text


# --- in the store ---


def test_no_statement_of_a_students_session_reaches_what_is_anothers(class_app: FastAPI, ana: TestClient) -> None:
    run_id = launched(ana)
    share_id = ana.post(f"/api/runs/{run_id}/shares").json()["id"]
    ana.post("/api/experiments", json={"base": TINY, "vary": {"lr": [0.1, 0.2]}})
    with Session(class_app.state.engine, info={KEY: Viewer("ben", "Ben")}) as session:
        assert store.find_run(session, run_id) is None
        assert store.load_run(session, run_id) is None
        assert store.active_runs(session) == []
        assert store.ids_ending(session, run_id[-6:]) == []
        assert store.list_shares(session, run_id) == []
        assert store.experiment_names(session) == {}
        assert store.list_experiments(session) == []
        assert store.revoke_share(session, share_id) is None
        assert not store.cancel_run(session, run_id)
        assert not store.delete_run(session, run_id)
        assert not store.show_run(session, run_id, True)
    with Session(class_app.state.engine, info={KEY: Viewer("ana", "Ana")}) as session:
        assert len(store.active_runs(session)) == 3
        assert len(store.experiment_names(session)) == 1
        assert len(store.list_shares(session, run_id)) == 1


def test_on_this_machine_alone_nobody_owns_anything(client: TestClient) -> None:
    run = client.post("/api/runs", json=TINY).json()
    assert (run["owner"], run["shown"]) == (None, False)
    assert client.delete(f"/api/runs/{run['id']}").status_code == 204
