"""A lab for a class: two links, predictions before charts, and what the teacher sees of them."""

import re
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from app import crowd, store
from tests.lab_runs import LAB, TRIAL, end_lab
from tests.saving import ORIGIN, words

CHOICES = [choice.text for choice in LAB.choices]
VERDICT = 'id="word"'

pytestmark = pytest.mark.usefixtures("trial")


class Made(NamedTuple):
    teacher: str
    link: str
    experiment: str


@pytest.fixture
def given(client: TestClient, session: Session) -> Made:
    """A lab whose runs have come to 1,000 times less gradient, given to a class."""
    experiment, _ = store.create_lab(session, TRIAL, "Vanishing", LAB.arms, (0, 1, 2))
    end_lab(session, experiment.id, 1000, 1000, 1000)
    answer = client.post(f"/labs/{TRIAL}/class", data={"experiment": experiment.id}, headers=ORIGIN)
    teacher = answer.headers["location"]
    return Made(teacher, f"/l/{store.lab_class_token(teacher.rpartition('/')[2])}", experiment.id)


@pytest.fixture
def other(app: FastAPI) -> TestClient:
    """Another student's browser."""
    return TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50001), follow_redirects=False)


def predict(client: TestClient, made: Made, choice: str = "3", name: str = "Ana") -> Response:
    return client.post(made.link, data={"choice": choice, "name": name}, headers=ORIGIN)


# --- the class's page ---


def test_the_class_sees_the_question_and_nothing_of_the_answer_before_it_predicts(
    given: Made, client: TestClient
) -> None:
    page = client.get(given.link)
    assert LAB.question in words(page)
    assert page.text.count('type="radio"') == len(CHOICES)
    for sign in (VERDICT, "<svg class", 'class="figure"', "1,000", "/runs/", "/labs", "/new"):
        assert sign not in page.text


def test_after_its_prediction_a_browser_sees_what_came_of_it_and_what_the_others_said(
    given: Made, client: TestClient, other: TestClient
) -> None:
    predict(other, given, "0", "Luis")
    assert predict(client, given).status_code == 303
    page = client.get(given.link)
    assert VERDICT in page.text
    assert "It came true." in words(page)
    assert "What 2 students predicted" in words(page)
    assert "Luis" not in page.text
    for elsewhere in ('href="/runs', 'href="/labs', 'href="/new', 'href="/learn', 'href="/compare'):
        assert elsewhere not in page.text


def test_another_browser_still_has_to_predict(given: Made, client: TestClient, other: TestClient) -> None:
    predict(client, given)
    assert VERDICT not in other.get(given.link).text


@pytest.mark.parametrize(
    ("choice", "name", "said"),
    [("", "Ana", "Choose one of these answers"), ("9", "Ana", "Choose"), ("1", " ", "Say who you are")],
)
def test_what_is_missing_is_told_beside_the_form_and_nothing_is_lost(
    given: Made, client: TestClient, session: Session, choice: str, name: str, said: str
) -> None:
    answer = predict(client, given, choice, name)
    assert answer.status_code == 422
    assert said in words(answer)
    assert store.experiment_predictions(session, given.experiment) == []
    if choice == "1":
        assert re.search(r'value="1" required checked', answer.text)


def test_a_class_that_sends_too_much_is_asked_to_wait(
    given: Made, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "AT_ONCE", 1)
    predict(client, given)
    sent = predict(client, given)
    assert sent.status_code == 429
    assert 1 <= int(sent.headers["retry-after"]) <= 61


def test_a_class_launches_nothing(given: Made, client: TestClient, session: Session) -> None:
    before = len(store.list_runs(session))
    predict(client, given)
    client.get(given.link)
    assert len(store.list_runs(session)) == before


def test_what_the_teacher_keeps_back_is_not_in_the_page(given: Made, client: TestClient, other: TestClient) -> None:
    predict(client, given)
    predict(other, given, "0", "Luis")
    client.post(f"{given.teacher}/hide", data={"result": "on"}, headers=ORIGIN)
    page = client.get(given.link)
    assert "once your teacher shows it" in words(page)
    for sign in (VERDICT, 'class="figure"', "1,000", "came true"):
        assert sign not in page.text
    client.post(f"{given.teacher}/hide", data={"others": "on"}, headers=ORIGIN)
    page = client.get(given.link)
    assert VERDICT in page.text
    assert "students predicted" not in words(page)


# --- the report of a student of the class ---


def test_a_student_has_a_report_of_their_own_and_of_nobody_else(
    given: Made, client: TestClient, other: TestClient, session: Session
) -> None:
    predict(client, given)
    [mine] = store.experiment_predictions(session, given.experiment)
    report = f"{given.link}/reports/{mine.id}"
    assert "Ana" in words(client.get(report))
    assert other.get(report).status_code == 303
    client.post(f"{given.teacher}/hide", data={"result": "on"}, headers=ORIGIN)
    assert client.get(report).status_code == 303


# --- the teacher's page ---


def test_the_teacher_sees_every_prediction_by_name_and_how_many_came_true(
    given: Made, client: TestClient, other: TestClient
) -> None:
    assert "Nobody has predicted yet" in words(client.get(given.teacher))
    predict(client, given, "3", "Ana <b>")
    predict(other, given, "0", "Luis")
    page = client.get(given.teacher)
    assert "2 predictions, 1 came true." in words(page)
    assert "Ana &lt;b&gt;" in page.text
    assert "Luis" in page.text
    assert VERDICT in page.text
    assert given.link in page.text


def test_a_lab_is_given_to_a_class_without_an_experiment_by_joining_or_launching_one(
    client: TestClient, session: Session
) -> None:
    for _ in range(2):
        assert client.post(f"/labs/{TRIAL}/class", headers=ORIGIN).status_code == 303
    assert len(store.lab_experiments(session, TRIAL)) == 1
    assert client.post("/labs/none/class", headers=ORIGIN).status_code == 404


def test_deleting_takes_both_links_and_the_predictions_and_leaves_the_runs(
    given: Made, client: TestClient, session: Session
) -> None:
    predict(client, given)
    assert client.post(f"{given.teacher}/delete", headers=ORIGIN).status_code == 303
    assert client.get(given.teacher).status_code == client.get(given.link).status_code == 404
    assert store.experiment_predictions(session, given.experiment) == []
    assert len(store.experiment_runs(session, given.experiment)) == 3


@pytest.mark.parametrize("path", ["/l/x", "/l/teacher/x", "/l/x/reports/y"])
def test_an_unknown_link_opens_what_every_closed_link_opens(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.get(path).content == client.get("/s/x").content


def test_the_teachers_link_is_not_the_classs(given: Made, client: TestClient) -> None:
    token = given.link.rpartition("/")[2]
    assert client.get(f"/l/teacher/{token}").status_code == 404
    assert client.get(f"/l/{given.teacher.rpartition('/')[2]}").status_code == 404
