"""How much work a run may be, how much a student may have, how long the queue may be: counted before anything is
stored."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app import actions, store
from app.limit_view import distances
from app.limits import Full, Limits
from app.models import Member, Run
from app.settings import Settings
from app.viewer import KEY, Viewer
from ml.budget import work
from ml.grid import grid
from ml.labs import LABS
from ml.records import RunRecord
from ml.spec import RunSpec
from tests.conftest import TINY
from tests.lab_runs import TRIAL, StandInQueue
from tests.members import class_of, member

QUEUE: Any = StandInQueue()
ANA, LUIS, TEACHER = Viewer("ana", "Ana"), Viewer("luis", "Luis"), Viewer("eva", "Eva", teaches=True)
FORM = {"hidden": "8, 6", "epochs": "2", "name": "of Ana"}


@pytest.fixture
def limited(session: Session, settings: Settings) -> Session:
    """A session in which three runs may wait of each student, and ten of all."""
    for who in (ANA, LUIS, TEACHER):
        session.add(Member(id=who.id, name=who.name, key=who.id))
    session.commit()
    limit(session, settings, student_runs=3, queue_length=10)
    return session


def limit(session: Session, settings: Settings, **values: Any) -> None:
    session.info["limits"] = Limits(settings.model_copy(update=values))


@contextmanager
def asked_by(session: Session, who: Viewer | None) -> Iterator[None]:
    session.info[KEY] = who
    try:
        yield
    finally:
        session.info[KEY] = None


def launch(session: Session, who: Viewer | None, spec: RunSpec = TINY) -> str:
    with asked_by(session, who):
        return actions.launch(session, QUEUE, spec).id


def launch_several(session: Session, who: Viewer | None, runs: int) -> None:
    with asked_by(session, who):
        actions.launch_experiment(session, QUEUE, TINY, {}, grid(TINY, {}, runs))


def count(session: Session) -> int:
    return len(session.exec(select(Run.id)).all())


# --- the work of a run ---


def test_a_run_keeps_how_much_work_it_is(session: Session) -> None:
    run = session.get(Run, launch(session, None))
    assert run is not None
    assert run.work == work(TINY)


def test_a_run_of_too_much_work_is_refused_with_a_value_that_fits(
    app: FastAPI, client: TestClient, settings: Settings, session: Session
) -> None:
    app.state.limits = Limits(settings.model_copy(update={"run_work": 1e9}))
    answer = client.post("/api/runs", json={"epochs": 1000})
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["field"], problem["message"].split(",")[-1]) == ("epochs", " and RUN_WORK allows 10⁹")
    most = int(problem["fix"].removeprefix("at most "))
    assert client.post("/api/runs", json={"epochs": most + 1}).status_code == 422
    assert count(session) == 0
    assert client.post("/api/runs", json={"epochs": most}).status_code == 201


def test_the_form_comes_back_with_the_field_and_what_was_typed(
    app: FastAPI, client: TestClient, settings: Settings
) -> None:
    app.state.limits = Limits(settings.model_copy(update={"run_work": 1e6}))
    answer = client.post("/runs", data={**FORM, "epochs": "77"})
    assert answer.status_code == 422
    assert 'value="77"' in answer.text
    assert 'value="of Ana"' in answer.text
    assert "RUN_WORK allows 10⁶" in answer.text


def test_in_an_experiment_the_field_that_is_varied_is_named(
    app: FastAPI, client: TestClient, settings: Settings, session: Session
) -> None:
    app.state.limits = Limits(settings.model_copy(update={"run_work": 1e9}))
    answer = client.post("/api/experiments", json={"vary": {"epochs": [1, 1000]}})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["field"] == "vary.epochs"
    assert count(session) == 0


# --- a student ---


def test_a_student_has_so_many_runs_at_one_time(limited: Session) -> None:
    ids = [launch(limited, ANA) for _ in range(3)]
    with pytest.raises(Full, match="With this 4 of your runs would wait or train, and 3 may"):
        launch(limited, ANA)
    launch(limited, LUIS)
    store.cancel_run(limited, ids[0])
    launch(limited, ANA)


def test_what_trains_counts_and_what_has_ended_does_not(limited: Session) -> None:
    ids = [launch(limited, ANA) for _ in range(3)]
    attempt = store.claim(limited, ids[0])
    assert attempt is not None
    with pytest.raises(Full):
        launch(limited, ANA)
    store.finish(limited, ids[0], attempt, {})
    launch(limited, ANA)


def test_an_experiment_is_taken_whole_or_not_at_all(limited: Session) -> None:
    launch_several(limited, ANA, 2)
    with pytest.raises(Full):
        launch_several(limited, ANA, 2)
    assert count(limited) == 2


def test_an_experiment_that_can_never_be_taken_is_refused(limited: Session) -> None:
    with pytest.raises(actions.Refused) as refused:
        launch_several(limited, ANA, 4)
    assert str(refused.value.problem) == (
        "seeds: 4 runs at once, and STUDENT_RUNS allows 3; fewer values or fewer seeds"
    )
    assert count(limited) == 0


def test_the_work_of_a_students_runs_counts_together(limited: Session, settings: Settings) -> None:
    limit(limited, settings, student_work=2.5 * work(TINY))
    for _ in range(2):
        launch(limited, ANA)
    with pytest.raises(Full, match="of work together"):
        launch(limited, ANA)
    launch(limited, LUIS)


def test_a_run_of_more_work_than_a_student_may_have_is_told_what_fits(limited: Session, settings: Settings) -> None:
    limit(limited, settings, student_work=work(TINY) / 2)
    with pytest.raises(actions.Refused) as refused:
        launch(limited, ANA)
    assert refused.value.problem.field == "epochs"
    assert "STUDENT_WORK" in refused.value.problem.message
    launch(limited, TEACHER)


@pytest.mark.parametrize("who", [TEACHER, None])
def test_neither_a_teacher_nor_local_mode_has_the_limits_of_a_student(limited: Session, who: Viewer | None) -> None:
    launch_several(limited, who, 5)
    with pytest.raises(Full, match="The queue is full: with this 11 runs would wait, and 10 may"):
        launch_several(limited, who, 6)


def test_two_requests_at_the_same_moment_do_not_both_find_room(
    limited: Session, settings: Settings, app: FastAPI
) -> None:
    def try_to_launch(_: int) -> bool:
        with Session(app.state.engine, info={"limits": limits, KEY: ANA}) as session:
            try:
                return bool(actions.launch(session, QUEUE, TINY))
            except Full:
                return False

    limits = Limits(settings.model_copy(update={"student_runs": 3}))
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(try_to_launch, range(8)))
    assert sum(taken) == 3
    assert count(limited) == 3


# --- labs, repairs, mysteries ---


@pytest.mark.usefixtures("trial")
def test_a_lab_is_taken_whole_or_not_at_all(limited: Session) -> None:
    runs = len(LABS[TRIAL].arms) * 2
    for _ in range(11 - runs):
        launch(limited, None)
    before = count(limited)
    with pytest.raises(Full):
        actions.launch_lab(limited, QUEUE, TRIAL, [0, 1])
    assert count(limited) == before


def test_repairs_are_taken_all_or_none(limited: Session) -> None:
    def launch_repairs(*cures: str) -> list[RunRecord]:
        with asked_by(limited, ANA):
            return actions.launch_repairs(limited, QUEUE, run, "vanishing_gradient", cures)

    found = store.find_run(limited, launch(limited, ANA))
    assert found is not None
    run = found
    launch(limited, ANA)
    with pytest.raises(Full):
        launch_repairs("relu", "elu")
    assert count(limited) == 2
    assert launch_repairs("relu") == launch_repairs("relu")
    assert count(limited) == 3


def test_a_mystery_counts_but_an_answer_to_one_is_always_taken(limited: Session, settings: Settings) -> None:
    limit(limited, settings, queue_length=1)
    token = actions.launch_mystery(limited, QUEUE, TINY, "Case", None)
    with pytest.raises(Full):
        actions.launch_mystery(limited, QUEUE, TINY, "Case", None)
    mystery = store.open_as_teacher(limited, token)
    assert mystery is not None
    patient = store.find_patient(limited, mystery.id)
    assert patient is not None
    said = store.Said("Ana", "vanishing_gradient", "relu")
    assert actions.answer(limited, QUEUE, mystery, patient, said).run_id


# --- a full queue, as the pages and the API say it ---


@pytest.fixture
def full(app: FastAPI, settings: Settings, session: Session) -> None:
    """One run may wait, and does."""
    app.state.limits = Limits(settings.model_copy(update={"queue_length": 1}))
    store.create_run(session, TINY)


@pytest.mark.usefixtures("full")
def test_a_full_queue_is_answered_429_with_the_time_to_come_back(client: TestClient) -> None:
    answer = client.post("/api/runs", json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert answer.json()["detail"].startswith("The queue is full: with this 2 runs would wait, and 1 may.")


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    ("path", "typed"), [("/runs", FORM), ("/mystery", FORM), ("/mystery/new", {"title": "of Ana"})]
)
def test_a_form_that_meets_a_full_queue_comes_back_as_it_was_typed(
    client: TestClient, path: str, typed: dict[str, str]
) -> None:
    answer = client.post(path, data=typed)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "The queue is full" in answer.text
    assert 'value="of Ana"' in answer.text


@pytest.mark.usefixtures("trial")
def test_a_prediction_that_meets_a_full_queue_comes_back_as_it_was_typed(
    app: FastAPI, client: TestClient, settings: Settings, session: Session
) -> None:
    app.state.limits = Limits(settings.model_copy(update={"queue_length": 30}))
    for _ in range(30):
        store.create_run(session, TINY)
    answer = client.post(f"/labs/{TRIAL}", data={"choice": "1", "name": "Ana"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "The queue is full" in answer.text
    assert 'value="Ana"' in answer.text
    assert re.search(r'value="1" required checked', answer.text)
    assert client.post(f"/labs/{TRIAL}/again").status_code == 429
    assert client.post(f"/api/labs/{TRIAL}").status_code == 429


# --- the form ---


def test_the_form_shows_how_far_the_limits_are(
    app: FastAPI, client: TestClient, settings: Settings, session: Session
) -> None:
    app.state.limits = Limits(settings.model_copy(update={"run_work": 1e10, "queue_length": 20}))
    for _ in range(4):
        store.create_run(session, TINY)
    shown = re.sub(r"\s+<", "<", client.get("/new/preview?hidden=30,20&vary1=lr&values1=0.1,0.2").text)
    assert "<dt>All runs that wait</dt><dd>4 + 2</dd>" in shown
    assert "30\N{NO-BREAK SPACE}% of the limit of 20" in shown
    assert "<dt>Parameters × batch × steps</dt>" in shown
    assert "of the limit of 10¹⁰" in shown
    assert "Your runs" not in shown


def test_a_student_sees_how_far_their_own_limits_are(limited: Session) -> None:
    launch(limited, ANA)
    with asked_by(limited, ANA):
        told = {one.label: one for one in distances(limited, [TINY])}
    assert told["Your runs that wait or train"].value == "1 + 1"
    assert told["Your runs that wait or train"].share == pytest.approx(2 / 3)
    assert "Their work together" in told


def test_what_is_too_much_is_said_before_it_is_launched(app: FastAPI, client: TestClient, settings: Settings) -> None:
    app.state.limits = Limits(settings.model_copy(update={"run_work": 1e6}))
    for path in ("/new/preview?epochs=5", "/new?epochs=5"):
        assert "RUN_WORK allows 10⁶" in client.get(path).text
    assert "used alarm" in client.get("/new/preview?epochs=5").text


def test_in_class_mode_a_student_meets_their_own_limits_and_a_teacher_does_not(settings: Settings) -> None:
    with class_of(settings.model_copy(update={"student_runs": 2})) as app:
        ana, teacher = member(app, "Ana"), member(app, "Eva", teaches=True)
        statuses = [ana.post("/api/runs", json=TINY.model_dump(mode="json")).status_code for _ in range(3)]
        assert statuses == [201, 201, 429]
        form = ana.get("/new").text
        assert "150\N{NO-BREAK SPACE}% of the limit of 2" in form
        refused = ana.post("/runs", data=FORM)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert "3 of your runs would wait or train, and 2 may" in refused.text
        assert 'value="of Ana"' in refused.text
        assert teacher.post("/api/runs", json={}).status_code == 201
        assert "of the limit of 2<" not in teacher.get("/new").text
