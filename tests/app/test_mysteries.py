"""A mystery from its making to its end: what the class sees, what it answers, what the teacher sees."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, update
from sqlmodel import Session

from app import crowd, db, store
from app.figures import FIGURES
from app.models import Mystery
from app.mysteries.blinding import FIGURES_SHOWN
from app.settings import Settings
from app.training import train_and_save
from ml.patients import PATIENTS
from ml.rules import RULES
from ml.spec import RunSpec
from tests.conftest import TINY
from tests.databases import databases
from tests.records import make_run
from tests.saving import end_run

# Nothing learns at this rate, and another one changes that.
SICK = TINY.model_copy(update={"lr": 1e-9, "optimizer": "sgd", "epochs": 4, "steps_per_epoch": 5})


@dataclass
class Made:
    """A mystery, as its teacher got it."""

    teacher: str
    link: str
    patient: str


@pytest.fixture(scope="module")
def trained_mystery(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[tuple[str, Made]]:
    """The URL of a database with a mystery whose patient was trained, to be copied."""
    url = databases.address(tmp_path_factory.mktemp("mystery"))
    databases.make(url, migrated)
    engine = db.make_engine(url)
    with Session(engine) as session:
        token, patient = store.create_mystery(session, SICK, "Mystery patient 1", None)
        train(session, engine, patient.id)
    engine.dispose()
    yield url, Made(f"/m/teacher/{token}", f"/m/{store.class_token(token)}", patient.id)
    databases.drop(url)


@pytest.fixture
def mystery(settings: Settings, trained_mystery: tuple[str, Made]) -> Made:
    """One whose patient was trained. Name it before whatever opens the database."""
    url, made = trained_mystery
    databases.make(settings.runs_url, url)
    return made


def make(client: TestClient, session: Session, spec: RunSpec) -> Made:
    values = {name: str(value) for name, value in spec.model_dump(exclude_none=True).items() if name != "hidden"}
    sent = client.post("/mystery", data=values | {"hidden": ", ".join(map(str, spec.hidden))})
    assert sent.status_code == 303, sent.text
    return of_teacher(client, session, sent.headers["location"])


def of_teacher(client: TestClient, session: Session, page: str) -> Made:
    found = re.search(r'value="[^"]*(/m/[\w-]+)"', client.get(page).text)
    assert found is not None
    opened = store.open_as_teacher(session, page.rpartition("/")[2])
    assert opened is not None
    patient = store.find_patient(session, opened.id)
    assert patient is not None
    return Made(page, found[1], patient.id)


def train(session: Session, engine: Engine, run_id: str) -> None:
    attempt = store.claim(session, run_id)
    assert attempt is not None
    train_and_save(engine, run_id, attempt)
    session.expire_all()


def train_all(session: Session, engine: Engine) -> None:
    for run_id in store.active_runs(session):
        train(session, engine, run_id)


def answer(client: TestClient, mystery: Made, rule: str, cure: str, name: str = "Ana") -> str:
    """The address of what comes of it."""
    sent = client.post(f"{mystery.link}/answers", data={"name": name, "rule": rule, "cure": cure})
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def read(client: TestClient, address: str) -> str:
    """What a page says, in one line."""
    text = re.sub(r"<script.*?</script>|<[^>]+>", " ", client.get(address).text, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


# --- making one ---


@pytest.mark.parametrize("fault", sorted({patient.fault for patient in PATIENTS}))
def test_a_patient_of_each_kind_can_be_had(client: TestClient, session: Session, fault: str) -> None:
    assert f'value="{fault}"' in client.get("/mystery/new").text
    made = of_teacher(client, session, client.post("/mystery/new", data={"fault": fault}).headers["location"])
    patient = store.find_any_run(session, made.patient)
    assert patient is not None
    without_seed = [known.spec.model_copy(update={"seed": patient.spec.seed}) for known in PATIENTS]
    assert {PATIENTS[i].fault for i, spec in enumerate(without_seed) if spec == patient.spec} == {fault}


def test_a_surprise_is_one_of_the_patients_and_never_twice_the_same(client: TestClient, session: Session) -> None:
    made = [of_teacher(client, session, client.post("/mystery/new").headers["location"]) for _ in range(2)]
    patients = [store.find_any_run(session, one.patient) for one in made]
    seeds = {patient.spec.seed for patient in patients if patient}
    assert len(seeds) == 2


def test_a_kind_that_there_is_not_is_refused(client: TestClient) -> None:
    answer = client.post("/mystery/new", data={"fault": "flu", "title": "For <b>you</b>"})
    assert answer.status_code == 422
    assert "Choose one of these problems." in answer.text
    assert 'value="For &lt;b&gt;you&lt;/b&gt;"' in answer.text


def test_mysteries_are_numbered_where_nobody_names_them(client: TestClient) -> None:
    pages = [client.post("/mystery/new", data={"title": title}).headers["location"] for title in ("", " \n", "Case 0")]
    assert [re.search("<h1>(.*)</h1>", client.get(page).text)[1] for page in pages] == [  # type: ignore[index]
        "Mystery patient 1", "Mystery patient 2", "Case 0",
    ]  # fmt: skip


def test_a_title_is_one_short_line_that_turns_nothing_around(client: TestClient) -> None:
    page = client.post("/mystery/new", data={"title": "a\u202eb\n\x00c " + "x" * 200}).headers["location"]
    assert f"<h1>ab c {'x' * 55}</h1>" in client.get(page).text


def test_the_form_hides_its_run_and_says_nothing_of_its_name(client: TestClient, session: Session) -> None:
    assert 'formaction="/mystery"' in client.get("/new").text
    made = make(client, session, TINY.model_copy(update={"name": "Dying ReLU"}))
    patient = store.find_any_run(session, made.patient)
    assert patient is not None
    assert patient.spec == TINY
    assert "Dying" not in client.get(made.link).text


@pytest.mark.parametrize(
    ("values", "said"),
    [({"lr": "-1"}, "learning rate"), ({"vary1": "lr", "values1": "0.1, 0.2"}, "a mystery is a single run"),
     ({"seeds": "3"}, "a mystery is a single run"), ({"transfer_from": "nobody"}, "there is no run with this id")],
)  # fmt: skip
def test_a_form_that_is_no_mystery_comes_back_with_what_is_wrong(
    client: TestClient, session: Session, values: dict[str, str], said: str
) -> None:
    sent = client.post("/mystery", data=values)
    assert sent.status_code == 422
    assert said in sent.text.lower()
    assert store.count_mysteries(session) == 0


# --- the class's page ---


def test_the_class_sees_charts_and_a_form(mystery: Made, client: TestClient) -> None:
    page = client.get(mystery.link).text
    assert "What is wrong with this network" in page
    assert 'data-key="loss"' in page
    assert 'data-key="bands:hidden2"' in page
    for rule in RULES.values():
        assert f">{html.escape(rule.title)}</option>" in page
    assert ">Adam with its usual learning rate</option>" in page
    assert mystery.patient not in page
    assert mystery.teacher.rpartition("/")[2] not in page


@pytest.mark.parametrize("name", sorted(set(FIGURES) - set(FIGURES_SHOWN)))
def test_figures_that_tell_of_settings_are_not_there(mystery: Made, client: TestClient, name: str) -> None:
    assert f'data-figure="{name}"' not in client.get(mystery.link).text
    for kind in ("", ".svg", ".csv", ".html"):
        assert client.get(f"{mystery.link}/figures/{name}{kind}").status_code == 404
    assert client.get(f"{mystery.link}/figures?names=loss,{name}").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/diagnosis", "/extras", "/metrics", "/layers/weight", "/histograms", "/export.zip", "/figures/preview.png",
     "/shares", ".html", "/answers/none"],
)  # fmt: skip
def test_nothing_else_can_be_had_of_the_patient(mystery: Made, client: TestClient, path: str) -> None:
    assert client.get(mystery.link + path).status_code == 404


def test_the_reason_of_a_failure_is_not_told(client: TestClient, session: Session) -> None:
    made = make(client, session, TINY)
    attempt = store.claim(session, made.patient)
    assert attempt is not None
    store.fail(session, made.patient, attempt, "cifar-10-binary.tar.gz is missing")
    assert "cifar" not in client.get(made.link).text
    assert "cifar" not in client.get(made.link + "/events").text
    assert "This run failed" in client.get(made.link).text
    assert "cifar" in client.get(made.teacher).text


def test_a_run_that_diverged_says_so_without_its_learning_rate(
    client: TestClient, session: Session, engine: Engine
) -> None:
    made = make(client, session, TINY.model_copy(update={"lr": 999.0, "activation": "linear", "optimizer": "sgd"}))
    train(session, engine, made.patient)
    page = client.get(made.link).text
    assert "not finite from epoch" in page
    assert "learning rate (now" not in page
    assert "999" not in read(client, made.link)


def test_the_charts_follow_the_training(mystery: Made, client: TestClient) -> None:
    events = client.get(mystery.link + "/events").text
    assert events.count("event: snapshot") == 5
    assert '"status": "finished"' in events


# --- answering ---


def test_a_right_answer_is_told_so_and_its_cure_is_tried(
    mystery: Made, client: TestClient, session: Session, engine: Engine
) -> None:
    result = answer(client, mystery, "update_too_small", "adam")
    assert "Being tried" not in read(client, result)
    assert "being tried" in read(client, result)
    assert "data-waits" in client.get(result).text
    train_all(session, engine)
    assert "data-waits" not in client.get(result).text
    told = read(client, result)
    assert "✓ right" in told
    assert "Fixed" in told
    assert 'class="outcome good"' in client.get(result).text
    assert re.search(r"wrong answers: \d+\.\d % → \d+\.\d %", told)
    assert "Validation loss" in told


def test_a_wrong_answer_is_told_so(mystery: Made, client: TestClient, session: Session, engine: Engine) -> None:
    result = answer(client, mystery, "exploding_gradient", "lower_lr")
    train_all(session, engine)
    told = read(client, result)
    assert "✗ not it" in told
    assert "No effect" in told


def test_a_cure_that_changes_nothing_is_graded_at_once(mystery: Made, client: TestClient, session: Session) -> None:
    told = read(client, answer(client, mystery, "dead_units", "no_clip"))
    assert "No effect" in told
    assert "changes nothing about the patient" in told
    assert store.active_runs(session) == []


def test_answers_given_while_the_patient_trains_are_graded_when_it_has_ended(
    client: TestClient, session: Session, engine: Engine
) -> None:
    made = make(client, session, SICK)
    result = answer(client, made, "update_too_small", "no_clip")
    assert "not known yet" in read(client, result)
    assert "The patient is still being trained." in read(client, result)
    train_all(session, engine)
    assert "✓ right" in read(client, result)


def test_of_a_patient_that_learns_well_the_right_answer_is_that_nothing_is_wrong(
    client: TestClient, session: Session
) -> None:
    healthy = make_run(snapshots=20)
    made = make(client, session, TINY.model_copy(update={"hidden": healthy.spec.hidden}))
    end_run(session, made.patient, healthy)
    assert "Nothing wrong found" in read(client, made.teacher)
    right, wrong = answer(client, made, "none", "none"), answer(client, made, "overfit", "larger_batch")
    end_run(session, store.active_runs(session)[0], healthy)
    session.expire_all()
    assert "✓ right" in read(client, right)
    assert "nothing to try" in read(client, right)
    assert "✗ not it" in read(client, wrong)
    assert "No effect" in read(client, wrong)


def test_a_cure_whose_run_failed_is_not_judged(mystery: Made, client: TestClient, session: Session) -> None:
    result = answer(client, mystery, "overfit", "adam")
    [run_id] = store.active_runs(session)
    attempt = store.claim(session, run_id)
    assert attempt is not None
    store.fail(session, run_id, attempt, "out of memory")
    assert "could not be tried" in read(client, result)


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"name": " \u200b "}, "Say who you are"), ({"rule": "flu"}, "Choose what is wrong"),
     ({"rule": ""}, "Choose what is wrong"), ({"cure": "tea"}, "Choose what is wrong")],
)  # fmt: skip
def test_half_an_answer_comes_back(mystery: Made, client: TestClient, changed: dict[str, str], said: str) -> None:
    values = {"name": "Ana", "rule": "overfit", "cure": "adam"} | changed
    sent = client.post(f"{mystery.link}/answers", data=values)
    assert sent.status_code == 422
    assert said in sent.text
    if values["cure"] == "adam":
        assert '<option value="adam" selected>' in sent.text
    assert "Nobody has answered yet" in client.get(mystery.teacher).text


def test_a_browser_is_shown_its_own_answers_and_no_others(mystery: Made, app: FastAPI, client: TestClient) -> None:
    other = TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)
    first, second = (answer(client, mystery, "overfit", cure) for cure in ("no_clip", "no_decay"))
    theirs = answer(other, mystery, "dead_units", "no_decay", "Luis")
    page = client.get(mystery.link).text
    assert first in page
    assert second in page
    assert theirs not in page
    assert 'value="Ana"' in page


def test_an_answer_belongs_to_its_mystery(mystery: Made, client: TestClient, session: Session) -> None:
    other = make(client, session, TINY)
    answer_id = answer(client, mystery, "overfit", "no_clip").rpartition("/")[2]
    assert client.get(f"{other.link}/answers/{answer_id}").status_code == 404


def test_a_name_with_markup_is_inert(mystery: Made, client: TestClient) -> None:
    name = '<img src=x onerror="alert(1)">'
    result = answer(client, mystery, "overfit", "no_clip", name)
    for page in (result, mystery.teacher, mystery.link):
        assert "<img src=x" not in client.get(page).text
        assert html.escape(name).replace("&quot;", "&#34;") in client.get(page).text


def test_too_many_answers_at_once_are_asked_to_come_again(
    mystery: Made, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "AT_ONCE", 2)
    for _ in range(2):
        answer(client, mystery, "overfit", "no_clip")
    sent = client.post(f"{mystery.link}/answers", data={"name": "Ana", "rule": "overfit", "cure": "no_clip"})
    assert sent.status_code == 429
    assert 1 <= int(sent.headers["retry-after"]) <= 61
    assert "Send yours again in a minute" in sent.text


def test_a_mystery_takes_so_many_answers_and_no_more(
    mystery: Made, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_ANSWERS", 1)
    answer(client, mystery, "overfit", "no_clip")
    sent = client.post(f"{mystery.link}/answers", data={"name": "Ana", "rule": "overfit", "cure": "no_clip"})
    assert sent.status_code == 409
    assert "no more are taken" in sent.text


# --- the teacher's page ---


def test_the_teacher_sees_the_settings_what_is_wrong_and_every_answer(
    mystery: Made, client: TestClient, session: Session, engine: Engine
) -> None:
    answer(client, mystery, "update_too_small", "adam")
    answer(client, mystery, "overfit", "no_clip", "Luis")
    train_all(session, engine)
    told = read(client, mystery.teacher)
    assert "sgd 1e-09" in told
    assert "Updates too small" in told
    assert "2 answers: 1 named the problem, 1 cured it." in told
    assert re.search(r"Ana just now Updates too small ✓ right Adam with its usual learning rate ✓ Fixed", told)
    assert re.search(r"Luis just now Overfitting ✗ not it No clipping = No effect", told)


def test_the_fault_that_was_put_in_counts_although_the_rules_name_others(
    mystery: Made, client: TestClient, session: Session
) -> None:
    session.execute(update(Mystery).values(fault="dead_units"))
    session.commit()
    assert "Put in on purpose: Dead units" in read(client, mystery.teacher)
    for rule in ("dead_units", "update_too_small"):
        assert "✓ right" in read(client, answer(client, mystery, rule, "no_clip"))


def test_revealing_shows_the_class_everything_and_closes_the_answers(mystery: Made, client: TestClient) -> None:
    result = answer(client, mystery, "overfit", "no_clip")
    assert client.post(mystery.teacher + "/reveal").headers["location"] == mystery.teacher
    told = read(client, mystery.link)
    assert "sgd 1e-09" in told
    assert "Updates too small" in told
    assert "Which change would cure it?" not in told
    assert "/new?" in client.get(mystery.link).text
    assert client.get(result).status_code == 200
    sent = client.post(f"{mystery.link}/answers", data={"name": "Ana", "rule": "overfit", "cure": "adam"})
    assert sent.status_code == 409
    assert "no more answers are taken" in sent.text


def test_deleting_ends_both_links_and_every_run(mystery: Made, client: TestClient, session: Session) -> None:
    result = answer(client, mystery, "update_too_small", "adam")
    assert client.post(mystery.teacher + "/delete").headers["location"] == "/"
    for page in (mystery.teacher, mystery.link, result, mystery.link + "/events"):
        assert client.get(page).status_code == 404
    session.expire_all()
    assert store.find_any_run(session, mystery.patient) is None
    assert store.active_runs(session) == []


def test_the_links_name_the_public_address(mystery: Made, app: FastAPI, client: TestClient) -> None:
    assert "Links open on this computer only" in client.get(mystery.teacher).text
    app.state.settings.public_url = "https://class.example.org"
    page = client.get(mystery.teacher).text
    assert f'value="https://class.example.org{mystery.link}"' in page
    assert "Links open on this computer only" not in page
