import asyncio
import re
import time
from threading import Lock

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import api, attempts, door, passwords
from tests.loops import run
from tests.members import LAN, stranger
from tests.signing_in import OWN, PASSWORD, TEACHERS, student, teacher


def enter(app: FastAPI, form: dict[str, str], **address: str) -> TestClient:
    found = stranger(app, **address)
    assert found.post("/sign-in", data=form).headers["location"] == "/"
    return found


def is_in(who: TestClient) -> bool:
    return who.get("/api/runs").status_code == 200


def said(answer: httpx2.Response) -> str:
    """The one thing that is wrong, and where."""
    [wrong] = re.findall(r'<input id="(\w+)"[^>]*aria-invalid="true"', answer.text)
    [told] = re.findall(r'role="alert"><strong>(.*?)</strong>', answer.text)
    return f"{wrong}: {told}"


def test_a_student_comes_in_by_a_name_and_a_password_that_they_choose(class_app: FastAPI) -> None:
    assert is_in(enter(class_app, student()))
    assert is_in(enter(class_app, student("  ANA ")))


def test_a_teacher_comes_in_by_the_teachers_password(class_app: FastAPI) -> None:
    assert is_in(enter(class_app, teacher()))
    page = stranger(class_app).get("/sign-in?as=teacher").text
    assert 'name="own"' not in page
    assert 'name="as" value="teacher"' in page


@pytest.mark.parametrize(
    ("form", "status", "problem"),
    [
        (student(password="bengio"), 403, "password: That is not the class password."),
        (student(password=""), 403, "password: That is not the class password."),
        (student(password=TEACHERS), 403, "password: That is not the class password."),
        (student("Known", own="another one"), 403, "own: Somebody has this name, with another password."),
        (student("Known", own="x" * 9, password="no"), 403, "password: That is not the class password."),
        (student("Known", own="x" * 201), 422, "own: A password has at most 200 characters."),
        (student("Known", password="x" * 201), 422, "password: A password has at most 200 characters."),
        (teacher(password="a" + "\u0301" * 200), 422, "password: A password has at most 200 characters."),
        (student("Known", own="short"), 422, "own: Your own password has at least 8 characters."),
        (student("New", own="seven77"), 422, "own: Your own password has at least 8 characters."),
        (student("", password="no"), 422, "name: Say who you are"),
        (student("\u200b…"), 422, "name: Say who you are"),
        (student("x" * 61), 422, "name: A name has at most 60 characters."),
        (student("Abracadabra", own="abracadabra"), 422, "own: Choose a password that others don"),
        (student("Yoshua"), 422, "name: A teacher has this name."),
        ({}, 422, "name: Say who you are"),
        (teacher(password=PASSWORD), 403, "password: That is not the teachers"),
        (teacher("Known"), 422, "name: A student has this name."),
        (teacher(""), 422, "name: Say who you are"),
    ],
)
def test_who_is_not_let_in_reads_what_is_wrong(
    class_app: FastAPI, form: dict[str, str], status: int, problem: str
) -> None:
    enter(class_app, student("Known"))
    enter(class_app, teacher())
    guest = stranger(class_app)
    answer = guest.post("/sign-in", data=form)
    assert answer.status_code == status
    assert said(answer).startswith(problem)
    assert not is_in(guest)


def test_the_form_keeps_the_name_and_never_a_password(class_app: FastAPI) -> None:
    answer = stranger(class_app).post("/sign-in", data=student("Ana <3", password="wrong one"))
    assert 'value="Ana &lt;3"' in answer.text
    assert "wrong one" not in answer.text
    assert OWN not in answer.text
    again = stranger(class_app).post("/sign-in", data=teacher(password="wrong one"))
    assert 'name="as" value="teacher"' in again.text
    assert "wrong one" not in again.text


def test_a_class_password_is_nobodys_own(class_app: FastAPI, session: Session) -> None:
    class_app.state.passwords.change(session, "a long enough one")
    form = student(own="A long enough one", password="a long enough one")
    assert stranger(class_app).post("/sign-in", data=form).status_code == 422


def test_signing_out_ends_the_session_on_the_server(class_app: FastAPI) -> None:
    ana = enter(class_app, student())
    thief = stranger(class_app)
    thief.cookies.set("layerscope", ana.cookies["layerscope"])
    assert is_in(thief)
    assert ana.post("/sign-out").headers["location"] == "/sign-in"
    assert not is_in(ana)
    assert not is_in(thief)


def test_who_follows_a_run_is_admitted_anew_after_a_while(class_app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "MEMBER_SECONDS", 2.0)
    ana = enter(class_app, student())
    events = f"/api/runs/{ana.post('/api/runs', json={'hidden': [4], 'epochs': 1}).json()['id']}/events"
    assert "event: status" in ana.get(events).text  # which ends although the run waits
    ana.post("/sign-out")
    assert ana.get(events).status_code == 401


def test_a_cookie_that_was_there_before_opens_nothing_afterwards(class_app: FastAPI) -> None:
    ana = enter(class_app, student())
    before = ana.cookies["layerscope"]
    ana.post("/sign-in", data=student("Bea"))
    assert ana.cookies["layerscope"] != before
    old = stranger(class_app)
    old.cookies.set("layerscope", before)
    assert not is_in(old)
    assert is_in(ana)


def test_who_is_wrong_too_often_waits(class_app: FastAPI) -> None:
    guesser = stranger(class_app)
    for i in range(10):
        assert guesser.post("/sign-in", data=student(password=f"guess {i}")).status_code == 403
    answer = guesser.post("/sign-in", data=student())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert said(answer).startswith("password: Too many wrong passwords. Try again in ")
    assert not is_in(guesser)
    enter(class_app, student("Bea"))
    enter(class_app, student(), address="192.168.1.9")


def test_other_names_don_t_help_who_guesses_the_teachers_password(class_app: FastAPI) -> None:
    guesser = stranger(class_app)
    for i in range(10):
        assert guesser.post("/sign-in", data=teacher(f"Teacher {i}", "guess")).status_code == 403
    assert guesser.post("/sign-in", data=teacher("Another", "guess")).status_code == 429
    enter(class_app, student())


def test_who_waits_costs_no_hash(class_app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(100):
        class_app.state.attempts.note_wrong("anybody", "192.168.1.7")
    for module in (door, passwords):
        monkeypatch.setattr(module, "matches", None)
    for form in (student(), teacher()):
        assert stranger(class_app).post("/sign-in", data=form).status_code == 429


def test_a_class_behind_one_address_signs_in_at_once_two_hashes_at_a_time(
    class_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting, working, at_once = Lock(), [], []

    def slowly(*_: str) -> str:
        with counting:
            working.append(1)
            at_once.append(len(working))
        time.sleep(0.001)
        with counting:
            working.pop()
        return "true"

    monkeypatch.setattr(door, "hashed", slowly)
    monkeypatch.setattr(passwords, "matches", slowly)

    async def enter_all() -> list[int]:
        transport = httpx2.ASGITransport(class_app, client=("192.168.1.7", 50000))
        async with httpx2.AsyncClient(transport=transport, base_url=LAN) as client:
            forms = [client.post("/sign-in", data=student(f"Student {i}")) for i in range(200)]
            return [answer.status_code for answer in await asyncio.gather(*forms)]

    assert set(run(enter_all())) == {303}
    assert 200 <= len(at_once) <= 202  # a hash of each one's own; that of the class is known from the first ones on
    assert max(at_once) == 2


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/runs/x?step=3", "/runs/x?step=3"),
        ("//evil.example.org", "/"),
        ("/\\evil.example.org", "/%5Cevil.example.org"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_the_page_that_was_asked_for_and_never_to_another_host(
    class_app: FastAPI, asked: str, led_to: str
) -> None:
    for headers in ({"Sec-Fetch-Dest": "document"}, {"Accept": "text/html,*/*;q=0.8"}):
        who = stranger(class_app)
        if asked:
            who.get(LAN + asked, headers=headers)
        assert who.post("/sign-in", data=student()).headers["location"] == led_to


def test_what_a_page_fetches_is_not_what_was_asked_for(class_app: FastAPI) -> None:
    who = stranger(class_app)
    who.get("/runs/1", headers={"Sec-Fetch-Dest": "document"})
    for headers in ({"Sec-Fetch-Dest": "empty", "Accept": "text/html"}, {"Accept": "*/*"}):
        who.get("/teacher", headers=headers)
    assert who.post("/sign-in", data=student()).headers["location"] == "/runs/1"


def test_nobody_takes_the_names_of_a_whole_school(class_app: FastAPI) -> None:
    for _ in range(attempts.NEW_NAMES.amount):
        class_app.state.attempts.seconds_until_a_name("192.168.1.7")
    answer = stranger(class_app).post("/sign-in", data=student())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert said(answer).startswith("name: Many names were taken from your network in this hour. Try again in 60 min.")
    assert not is_in(stranger(class_app))
    enter(class_app, student(), address="192.168.1.9")


def test_without_a_class_there_is_nothing_to_sign_in_to(client: TestClient) -> None:
    for answer in (client.get("/sign-in"), client.post("/sign-in", data=student()), client.post("/sign-out")):
        assert answer.status_code == 303
