"""The overview of the share links, and a link in the place of another one."""

import re
import time

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import sharing, store
from app.viewer import KEY, Viewer
from tests.app.test_access import launched
from tests.conftest import TINY
from tests.lab_runs import LAB, TRIAL, end_lab
from tests.saving import words


def new_link(page: str) -> str:
    """The path of the link that a page shows this once."""
    found = re.search(r'readonly value="[^"]*(/s/[\w-]{32})"', page)
    assert found is not None
    return found[1]


def ids(client: TestClient) -> list[str]:
    return [link["id"] for link in client.get("/api/shares").json()]


# --- another token ---


def test_a_replaced_link_opens_nothing_and_the_new_one_ends_when_the_old_one_would(
    client: TestClient, finished: str
) -> None:
    old = client.post(f"/api/runs/{finished}/shares", json={"expires_in": 3600}).json()
    answer = client.post(f"/api/shares/{old['id']}/rotate")
    new = answer.json()
    assert answer.status_code == 201
    assert new.keys() == old.keys()
    assert (new["id"], new["expires"]) == (old["id"], old["expires"])
    assert new["link"].endswith(new["url"])
    assert new["qr"] != old["qr"]
    assert client.get(old["url"]).status_code == 404
    assert client.get(new["url"]).status_code == 200
    assert len(client.get(f"/api/runs/{finished}/shares").json()) == 1


def test_a_link_that_is_gone_or_has_ended_is_not_replaced(client: TestClient, session: Session, finished: str) -> None:
    ended, _ = store.create_share(session, finished, expires=1.0)
    for path in ("/api/shares/{}/rotate", "/shares/{}/rotate"):
        assert client.post(path.format("nope")).status_code == 404
        answer = client.post(path.format(ended.id))
        assert answer.status_code == 409
        assert "Make another one" in answer.text
    session.refresh(ended)
    assert ended.expires == 1.0


def test_the_run_page_shows_the_new_link_in_the_place_of_the_old_one(client: TestClient, finished: str) -> None:
    old = client.post(f"/api/runs/{finished}/shares").json()
    page = client.post(f"/shares/{old['id']}/rotate").text
    assert "This link is shown only now." in page
    assert client.get(new_link(page)).status_code == 200
    assert client.get(old["url"]).status_code == 404


@pytest.mark.usefixtures("trial")
def test_a_link_to_a_report_is_replaced_and_listed_like_one_to_a_run(client: TestClient, session: Session) -> None:
    experiment, _ = store.create_lab(session, TRIAL, "Vanishing", LAB.arms, (0,))
    end_lab(session, experiment.id, 1000)
    said = store.add_prediction(session, experiment.id, "Ana", 3)
    share, token = store.create_report_share(session, said.id)
    [listed] = client.get("/api/shares").json()
    assert listed["url"] == f"/labs/reports/{said.id}"
    assert listed["title"] == "Lab report: Vanishing gradient, Ana"
    link = new_link(client.post(f"/shares/{share.id}/rotate").text)
    assert client.get(f"/s/{token}").status_code == 404
    assert "Confirmed" in client.get(link).text


# --- the overview ---


def test_the_overview_lists_every_link_the_newest_first(client: TestClient, session: Session, finished: str) -> None:
    first = client.post(f"/api/runs/{finished}/shares").json()["id"]
    ended, _ = store.create_share(session, finished, expires=time.time() - 60)
    listed = client.get("/api/shares").json()
    assert [link["id"] for link in listed] == [ended.id, first]
    assert [link["ended"] for link in listed] == [True, False]
    assert listed[0].keys() == {"id", "created", "expires", "ended", "title", "url", "owner"}
    assert (listed[1]["title"], listed[1]["url"], listed[1]["owner"]) == (TINY.title, f"/runs/{finished}", None)
    told = words(client.get("/shares"))
    for text in (TINY.title, "works until it is revoked", "has ended", "Replace", "Revoke", "Remove"):
        assert text in told
    assert told.count("Replace ") == 2, "in the sentence above, and for the one that has not ended"


def test_without_a_link_the_overview_says_where_one_is_made(client: TestClient) -> None:
    assert "Open a run or a lab report and press Share" in words(client.get("/shares"))
    assert client.get("/api/shares").json() == []


def test_from_the_overview_a_link_is_replaced_and_revoked_there(client: TestClient, finished: str) -> None:
    made = client.post(f"/api/runs/{finished}/shares").json()
    page = client.post(f"/shares/{made['id']}/rotate", data={"page": "1"}).text
    assert "<h1>Share links</h1>" in page
    assert client.get(new_link(page)).status_code == 200
    gone = client.post(f"/shares/{made['id']}/revoke", data={"page": "1"})
    assert (gone.status_code, gone.headers["location"]) == (303, "/shares?page=1")
    assert ids(client) == []


def test_a_link_that_is_on_another_page_by_now_is_replaced_and_named_all_the_same(
    client: TestClient, finished: str
) -> None:
    made = client.post(f"/api/runs/{finished}/shares").json()
    page = client.post(f"/shares/{made['id']}/rotate", data={"page": "2"}).text
    assert f"New link <small>{TINY.title}</small>" in page
    assert client.get(new_link(page)).status_code == 200


def test_the_overview_has_pages(
    client: TestClient, session: Session, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "ON_A_PAGE", 2)
    made = [store.create_share(session, finished)[0].id for _ in range(3)]
    assert client.get("/api/shares?limit=2").json()[0]["id"] == made[2]
    assert [link["id"] for link in client.get("/api/shares?limit=2&offset=2").json()] == [made[0]]
    assert 'href="/shares?page=2"' in client.get("/shares").text
    second = client.get("/shares?page=2").text
    assert made[0] in second
    assert made[2] not in second
    assert 'href="/shares?page=1"' in second
    assert "There are no more share links" in words(client.get("/shares?page=9"))
    assert client.get("/shares?page=0").status_code == client.get("/api/shares?offset=-1").status_code == 422


def test_a_student_has_the_own_links_there_and_a_teacher_all(
    ana: TestClient, ben: TestClient, teacher: TestClient
) -> None:
    of_ana, of_ben = (
        str(one.post(f"/api/runs/{launched(one, '?shown=true')}/shares").json()["id"]) for one in (ana, ben)
    )
    assert ids(ana) == [of_ana]
    assert ids(ben) == [of_ben]
    assert of_ben not in ana.get("/shares").text
    assert ids(teacher) == [of_ben, of_ana]
    assert [link["owner"] for link in teacher.get("/api/shares").json()] == ["Ben", "Ana"]
    assert re.search(r"Ana.*Ben|Ben.*Ana", words(teacher.get("/shares")))


def test_nobody_replaces_the_link_of_somebody_else_but_a_teacher(
    ana: TestClient, ben: TestClient, teacher: TestClient
) -> None:
    made = ana.post(f"/api/runs/{launched(ana, '?shown=true')}/shares").json()
    for path in (f"/api/shares/{made['id']}/rotate", f"/shares/{made['id']}/rotate"):
        assert ben.post(path).status_code == 404
    assert ana.get(made["url"]).status_code == 200
    assert teacher.post(f"/api/shares/{made['id']}/rotate").status_code == 201
    assert ana.get(made["url"]).status_code == 404


def test_a_student_replaces_the_own_link(ana: TestClient) -> None:
    made = ana.post(f"/api/runs/{launched(ana)}/shares", json={"expires_in": 60}).json()
    replaced = ana.post(f"/api/shares/{made['id']}/rotate")
    assert replaced.status_code == 201
    assert ana.get(made["url"]).status_code == 404
    assert ana.get(replaced.json()["url"]).status_code == 200
    assert ana.delete(f"/api/shares/{made['id']}").status_code == 204
    assert ana.get(replaced.json()["url"]).status_code == 404


def test_in_the_store_a_students_session_replaces_no_other_link(class_app: FastAPI, ana: TestClient) -> None:
    made = ana.post(f"/api/runs/{launched(ana)}/shares").json()
    with Session(class_app.state.engine, info={KEY: Viewer("ben", "Ben")}) as session:
        assert store.replace_share(session, made["id"]) is None
        assert store.list_all_shares(session, 10) == []
