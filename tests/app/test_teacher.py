"""What teachers see of their class, and what they may do about it."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from tests.lab_runs import TRIAL
from tests.members import stranger
from tests.saving import words
from tests.signing_in import OWN, PASSWORD, TEACHERS, student
from tests.signing_in import teacher as teachers_form

SMALL = {"hidden": [4], "epochs": 1}


def launch(who: TestClient, **spec: object) -> str:
    return str(who.post("/api/runs", json=SMALL | spec).json()["id"])


def mystery_link(teacher: TestClient) -> str:
    """Of the class, to a new one."""
    page = teacher.get(teacher.post("/mystery/new", data={"title": "Ward 7"}).headers["location"]).text
    found = re.search(r'value="[^"]*(/m/[\w-]+)"', page)
    assert found is not None
    return found[1]


# --- what is seen ---


def test_before_anybody_has_come_the_page_says_what_to_do(teacher: TestClient) -> None:
    said = words(teacher.get("/teacher"))
    for sentence in (
        "0 students", "Nobody has signed in yet.", "Nothing is trained, and nothing waits.",
        "Nobody has launched a run yet.", "Nobody has predicted anything yet.", "There is none yet.",
        "Teachers: Ms Glorot",
    ):  # fmt: skip
        assert sentence in said


def test_the_page_shows_who_runs_what(ana: TestClient, teacher: TestClient) -> None:
    run_id = launch(ana, name="Mine alone")
    page = teacher.get("/teacher")
    assert "Ana 1 1 waiting" in words(page)
    assert "Mine alone Ana Queued" in words(page)
    assert "Mine alone Ana · waiting Stop" in words(page)
    assert f'href="/runs/{run_id}"' in page.text
    assert "1 student 0 runs in training 1 run waiting" in words(page)


def test_the_queue_is_shown_in_the_order_in_which_it_comes(
    ana: TestClient, ben: TestClient, teacher: TestClient
) -> None:
    names = [launch(ana, name=f"First {i}") and f"First {i}" for i in range(3)]
    launch(ben, name="Later")
    queue = teacher.get("/teacher").text.partition('id="queue"')[2].partition("</section>")[0]
    seen = re.findall(r">(First \d|Later)</a>", queue)
    assert seen == [names[0], "Later", *names[1:]]


def test_who_stops_one_of_two_runs_of_a_name_hears_whose_it_is(
    ana: TestClient, ben: TestClient, teacher: TestClient
) -> None:
    for one in (ana, ben):
        launch(one, name="The same")
    assert set(re.findall(r'aria-label="(Stop [^"]+)"', teacher.get("/teacher").text)) == {
        "Stop The same (Ana)", "Stop The same (Ben)",
    }  # fmt: skip


@pytest.mark.usefixtures("ana")
def test_the_pages_below_are_the_classs_too(teacher: TestClient) -> None:
    for path, current in (("/teacher", "page"), ("/teacher/members/ana", "true")):
        assert f'<a href="/teacher" aria-current="{current}">Class</a>' in teacher.get(path).text
    assert '<a href="/teacher" >Class</a>' in teacher.get("/").text


def test_a_long_queue_is_not_shown_whole(ana: TestClient, teacher: TestClient) -> None:
    for _ in range(14):
        launch(ana)
    page = teacher.get("/teacher")
    assert page.text.count("/stop") == 12
    assert "2 more are waiting." in words(page)


def test_a_student_has_a_page_with_what_they_have_run_and_said(
    ana: TestClient, ben: TestClient, teacher: TestClient
) -> None:
    launch(ana, name="Hers")
    launch(ben, name="Of another")
    ana.post(mystery_link(teacher) + "/answers", data={"rule": "overfit", "cure": "lower_lr"})
    ana.post("/labs/dying-relu", data={"choice": "1"})
    page = teacher.get("/teacher/members/ana")
    said = words(page)
    assert "Hers Queued" in said
    assert "Of another" not in said
    assert "Ward 7" in said
    assert "Dying ReLU Up to a quarter" in said
    assert "of 100 waiting or in training" in said
    assert teacher.get("/teacher/members/nobody").status_code == 404


def test_predictions_stand_by_name_and_say_who_was_not_signed_in(
    ana: TestClient, teacher: TestClient, class_app: FastAPI
) -> None:
    experiment = ana.post("/labs/dying-relu", data={"choice": "1"}).headers["location"].split("/")[-1]
    link = re.search(r'value="[^"]*(/l/[\w-]+)"', teacher.get(
        teacher.post("/labs/dying-relu/class", data={"experiment": experiment}).headers["location"]).text)  # fmt: skip
    assert link is not None
    stranger(class_app).post(link[1], data={"name": "Ana", "choice": "0"})
    assert f'href="/teacher/labs/{experiment}"' in teacher.get("/teacher").text
    said = words(teacher.get(f"/teacher/labs/{experiment}"))
    assert "2 predictions" in said
    assert "Ana just now Up to a quarter" in said
    assert "Ana not signed in just now None, they come back" in said
    assert teacher.get("/teacher/labs/nothing").status_code == 404


def test_answers_stand_by_name_beside_what_is_hidden(ana: TestClient, teacher: TestClient, class_app: FastAPI) -> None:
    link = mystery_link(teacher)
    ana.post(link + "/answers", data={"rule": "overfit", "cure": "lower_lr"})
    stranger(class_app).post(link + "/answers", data={"name": "Zoe", "rule": "overfit", "cure": "none"})
    found = re.search(r'href="(/teacher/mysteries/\w+)"', teacher.get("/teacher").text)
    assert found is not None
    said = words(teacher.get(found[1]))
    assert "Put in on purpose:" in said
    assert "Ana just now Overfitting" in said
    assert "Zoe not signed in just now Overfitting" in said
    assert teacher.get("/teacher/mysteries/nothing").status_code == 404


def test_the_limits_in_force_are_shown(teacher: TestClient) -> None:
    said = words(teacher.get("/teacher"))
    assert "STUDENT_RUNS 100" in said
    assert "QUEUE_LENGTH 5,000 0 now" in said
    assert "RUN_MEMORY 4.0 GB" in said


@pytest.mark.parametrize("path", ["", "/members/x", "/labs/x", "/mysteries/x"])
def test_where_nobody_signs_in_there_is_no_class(client: TestClient, path: str) -> None:
    answer = client.get("/teacher" + path)
    assert answer.status_code == 404
    assert "There is no class where nobody signs in" in unescape(answer.text)


# --- what is done ---


def test_a_teacher_stops_a_run_and_stays_with_the_queue(ana: TestClient, teacher: TestClient) -> None:
    run_id = launch(ana)
    assert teacher.post(f"/teacher/runs/{run_id}/stop").headers["location"] == "/teacher#queue"
    assert ana.get(f"/api/runs/{run_id}").json()["status"] == "cancelled"
    assert teacher.post(f"/teacher/runs/{run_id}/stop").status_code == 303


def test_a_teacher_stops_a_run_that_a_mystery_hides(teacher: TestClient, session: Session) -> None:
    mystery_link(teacher)
    [run] = store.queue(session, 10)
    assert "(hidden)" in words(teacher.get("/teacher"))
    teacher.post(f"/teacher/runs/{run.id}/stop")
    assert store.queue(session, 10) == []


def test_a_name_that_is_removed_is_signed_out_and_free_and_its_runs_stay(
    ana: TestClient, teacher: TestClient, class_app: FastAPI
) -> None:
    run_id = launch(ana)
    link = ana.post(f"/api/runs/{run_id}/shares").json()["url"]
    assert teacher.post("/teacher/members/ana/remove").headers["location"] == "/teacher"
    assert ana.get("/api/runs").status_code == 401
    assert stranger(class_app).get(link).status_code == 404
    assert teacher.get(f"/api/runs/{run_id}").json()["owner"] is None
    other = stranger(class_app)
    assert other.post("/sign-in", data=student("Ana", "quite another")).status_code == 303
    assert other.get(f"/api/runs/{run_id}").status_code == 404
    assert teacher.post("/teacher/members/ana/remove").status_code == 404


def test_who_forgot_the_password_chooses_another_and_finds_everything(class_app: FastAPI, teacher: TestClient) -> None:
    ana = stranger(class_app)
    ana.post("/sign-in", data=student())
    run_id = launch(ana)
    found = re.search(r'href="(/teacher/members/\w+)"', teacher.get("/teacher").text)
    assert found is not None
    assert teacher.post(f"{found[1]}/new-password").headers["location"] == found[1]
    assert "chooses a new password" in words(teacher.get(found[1]))
    assert ana.get("/api/runs").status_code == 401
    again = stranger(class_app)
    assert again.post("/sign-in", data=student(own="a newer secret")).status_code == 303
    assert again.get(f"/api/runs/{run_id}").status_code == 200
    assert stranger(class_app).post("/sign-in", data=student(own=OWN)).status_code == 403
    assert teacher.post("/teacher/members/nobody/new-password").status_code == 404


def test_a_teachers_name_stays(teacher: TestClient) -> None:
    link = teacher.post(f"/api/runs/{launch(teacher)}/shares").json()["url"]
    for action in ("remove", "new-password"):
        assert teacher.post(f"/teacher/members/ms glorot/{action}").status_code == 404
    assert teacher.get("/teacher").status_code == teacher.get(link).status_code == 200


def test_another_class_password_ends_every_session(ana: TestClient, teacher: TestClient, class_app: FastAPI) -> None:
    answer = teacher.post("/teacher/password", data={"password": " next term "})
    assert answer.headers["location"] == "/sign-in?as=teacher"
    assert ana.get("/api/runs").status_code == teacher.get("/api/runs").status_code == 401
    assert stranger(class_app).post("/sign-in", data=student(password=PASSWORD)).status_code == 403
    assert stranger(class_app).post("/sign-in", data=student(password="next term")).status_code == 303
    assert stranger(class_app).post("/sign-in", data=teachers_form()).status_code == 303


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "at least 8 characters"),
        ("", "at least 8 characters"),
        ("x" * 201, "at most 200 characters"),
        (TEACHERS, "That is the teachers' password"),
    ],
)
def test_a_class_password_that_will_not_do_changes_nothing(
    ana: TestClient, teacher: TestClient, password: str, problem: str
) -> None:
    answer = teacher.post("/teacher/password", data={"password": password})
    assert answer.status_code == 422
    assert problem in words(answer)
    assert not password or password not in answer.text
    assert ana.get("/api/runs").status_code == 200


# --- what is said by who is signed in ---


def test_who_is_signed_in_answers_in_their_own_name_and_finds_it_in_every_browser(
    ana: TestClient, ben: TestClient, teacher: TestClient, class_app: FastAPI
) -> None:
    link, before = mystery_link(teacher), dict(ana.cookies)
    assert 'value="Ana" readonly' in ana.get(link).text
    said = {"name": "Zoe", "rule": "overfit", "cure": "lower_lr"}
    assert "Ana" in words(ana.get(ana.post(link + "/answers", data=said).headers["location"]))
    elsewhere = stranger(class_app)
    elsewhere.cookies.update(before)
    assert "What you have answered" in words(elsewhere.get(link))
    assert "What you have answered" not in words(ben.get(link))
    assert "What you have answered" not in words(stranger(class_app).get(link))


@pytest.mark.usefixtures("trial")
def test_who_is_signed_in_predicts_in_their_own_name_and_finds_it_in_every_browser(
    ana: TestClient, ben: TestClient, class_app: FastAPI, session: Session
) -> None:
    before = dict(ana.cookies)
    assert 'value="Ana" readonly' in ana.get(f"/labs/{TRIAL}").text
    result = ana.post(f"/labs/{TRIAL}", data={"name": "Zoe", "choice": "0"}).headers["location"]
    [said] = store.experiment_predictions(session, result.split("/")[-1])
    assert (said.name, said.owner_id) == ("Ana", "ana")
    elsewhere = stranger(class_app)
    elsewhere.cookies.update(before)
    assert "Predicted and measured" in words(elsewhere.get(result))
    assert "What do you expect?" in words(ben.get(result))


@pytest.mark.usefixtures("trial")
def test_nobody_takes_the_room_of_all_others(ana: TestClient, ben: TestClient, teacher: TestClient) -> None:
    mystery, lab = mystery_link(teacher), f"/labs/{TRIAL}"
    given_out = teacher.post(f"{lab}/class").headers["location"]
    found = re.search(r'value="[^"]*(/l/[\w-]+)"', teacher.get(given_out).text)
    assert found is not None
    answer, prediction = {"rule": "overfit", "cure": "none"}, {"choice": "0"}
    for path, sent in ((f"{mystery}/answers", answer), (lab, prediction), (found[1], prediction)):
        assert {ana.post(path, data=sent).status_code for _ in range(10)} == {303}
        refused = ana.post(path, data=sent)
        assert refused.status_code == 409
        assert "answered 1" in words(refused)
        assert ben.post(path, data=sent).status_code == 303
