"""The pages of the labs: the question, what came of it, and what a browser may see of it."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from app import forms, store
from ml.labs import LABS
from tests.lab_runs import TRIAL, end_lab
from tests.saving import ORIGIN, words

pytestmark = pytest.mark.usefixtures("trial")

PAGE = f"/labs/{TRIAL}"


@pytest.fixture
def other(app: FastAPI) -> TestClient:
    """Another student's browser."""
    return TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50001), follow_redirects=False)


def predict(client: TestClient, choice: str = "1", name: str = "Ana", **more: str) -> Response:
    return client.post(PAGE, data={"choice": choice, "name": name, **more}, headers=ORIGIN)


def launched(client: TestClient) -> tuple[str, str]:
    """The address of the lab's page after a prediction, and the experiment's id."""
    answer = predict(client)
    assert answer.status_code == 303, words(answer)
    address = answer.headers["location"]
    return address, address.rpartition("/")[2]


# --- the question ---


def test_the_list_of_labs_tells_the_question_and_that_nobody_has_run_it(client: TestClient) -> None:
    answer = client.get("/labs")
    assert LABS[TRIAL].question in words(answer)
    assert "not run here yet" in words(answer)
    assert f'href="{PAGE}"' in answer.text


def test_the_question_offers_every_choice_and_says_what_would_be_trained(client: TestClient) -> None:
    answer = client.get(PAGE)
    assert answer.text.count('type="radio"') == len(LABS[TRIAL].choices)
    assert "3 runs, about" in words(answer)
    assert "Problem: the vanishing gradient" in words(answer)
    assert 'href="/learn/signal"' in answer.text
    assert "only look" not in words(answer)


@pytest.mark.parametrize("choice", ["", "4", "-1", "x", "1" * 5000])
def test_without_a_choice_the_form_comes_back_with_what_is_wrong_and_nothing_is_queued(
    client: TestClient, session: Session, choice: str
) -> None:
    answer = predict(client, choice, name="Ana <b>")
    assert answer.status_code == 422
    assert "Choose one of these answers first" in words(answer)
    assert 'value="Ana &lt;b&gt;"' in answer.text
    assert store.list_runs(session) == []


def test_there_is_no_lab_of_another_name_nor_a_result_of_another_lab(client: TestClient) -> None:
    assert client.get("/labs/nothing").status_code == 404
    assert client.post("/labs/nothing", data={"choice": "1"}, headers=ORIGIN).status_code == 404
    assert client.get(f"{PAGE}/nothing").status_code == 404


# --- predicting ---


def test_a_prediction_queues_the_runs_and_leads_to_them(client: TestClient, session: Session) -> None:
    _address, experiment_id = launched(client)
    runs = store.experiment_runs(session, experiment_id)
    assert [(run.arm, run.spec.seed, run.status) for run in runs] == [("deep", seed, "queued") for seed in (0, 1, 2)]
    [said] = store.experiment_predictions(session, experiment_id)
    assert (said.name, said.choice) == ("Ana", 1)


def test_a_second_student_joins_the_runs_that_are_there(
    client: TestClient, other: TestClient, session: Session
) -> None:
    address, experiment_id = launched(client)
    answer = predict(other, "3", "Luis")
    assert answer.headers["location"] == address
    assert len(store.list_runs(session)) == 3
    assert [said.name for said in store.experiment_predictions(session, experiment_id)] == ["Ana", "Luis"]


def test_before_a_browser_has_predicted_it_sees_the_question_and_no_chart(
    client: TestClient, other: TestClient, session: Session
) -> None:
    address, experiment_id = launched(client)
    end_lab(session, experiment_id, 500, 500, 500)
    for path in (PAGE, address):
        answer = other.get(path)
        assert 'type="radio"' in answer.text
        assert "Confirmed" not in words(answer)
        assert '<svg role="img"' not in answer.text
    assert predict(other, experiment=experiment_id).headers["location"] == address
    assert "Confirmed" in words(other.get(address))


def test_whoever_only_looks_sees_the_result_from_then_on(
    client: TestClient, other: TestClient, session: Session
) -> None:
    address, experiment_id = launched(client)
    end_lab(session, experiment_id, 500, 500, 500)
    assert f'href="{address}?look=1"' in other.get(PAGE).text
    answer = other.get(f"{address}?look=1")
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert "you only look" in words(other.get(address))


def test_a_browser_that_has_predicted_is_led_to_what_came_of_it(client: TestClient) -> None:
    address, _ = launched(client)
    answer = client.get(PAGE)
    assert "You have predicted “up to 10 times less” already" in words(answer)
    assert f'href="{address}"' in answer.text


# --- what came out ---


def test_while_it_trains_the_page_says_how_far_it_is_and_is_drawn_anew(client: TestClient) -> None:
    address, _ = launched(client)
    answer = client.get(address)
    assert "0 of 3 runs have finished." in words(answer)
    assert 'data-active="1"' in answer.text
    assert "not known yet" in words(answer)


def test_the_verdict_stands_beside_the_prediction_and_what_the_others_said(
    client: TestClient, other: TestClient, session: Session
) -> None:
    address, experiment_id = launched(client)
    predict(other, "3", "Luis")
    end_lab(session, experiment_id, 500, 2000, 700)
    mine, theirs = words(client.get(address)), words(other.get(address))
    assert "Confirmed" in mine
    assert "It held on all of 3 seeds." in mine
    assert "You expected Up to 10 times less It came to More than 100 times less 700 times" in mine
    assert "It came out differently." in mine
    assert "It came true." in theirs
    assert "What 2 students predicted" in mine
    assert 'data-active=""' in client.get(address).text


def test_the_charts_are_of_the_seed_that_a_link_asks_for(client: TestClient, session: Session) -> None:
    address, experiment_id = launched(client)
    end_lab(session, experiment_id, 500, 2000, 700)
    assert 'href="?seed=0#charts" aria-current="true"' in client.get(address).text
    assert 'href="?seed=2#charts" aria-current="true"' in client.get(f"{address}?seed=2").text


def test_from_the_result_one_comes_to_everything_that_may_be_done_next(client: TestClient, session: Session) -> None:
    address, experiment_id = launched(client)
    ids = end_lab(session, experiment_id, 500, 2000, 700)
    [said] = store.experiment_predictions(session, experiment_id)
    page = client.get(address).text
    links = [*(f'href="/runs/{run_id}"' for run_id in ids), f'href="/labs/reports/{said.id}"', 'href="/learn/signal"']
    assert [link for link in links if link not in page] == []
    assert f'action="{PAGE}/class"><input type="hidden" name="experiment" value="{experiment_id}">' in page
    [settings] = re.findall(r'href="/new\?([^"]+)"', page)
    assert forms.plan(dict(parse_qsl(unescape(settings)))).base == LABS[TRIAL].arms["deep"].spec


def test_again_tries_the_seeds_after_the_highest_and_needs_no_prediction(client: TestClient, session: Session) -> None:
    launched(client)
    answer = client.post(f"{PAGE}/again", headers=ORIGIN)
    experiment_id = answer.headers["location"].rpartition("/")[2]
    assert [run.spec.seed for run in store.experiment_runs(session, experiment_id)] == [3, 4, 5]
    assert "0 of 3 runs have finished." in words(client.get(answer.headers["location"]))


def test_a_run_that_failed_is_told_with_its_reason(client: TestClient, session: Session) -> None:
    address, experiment_id = launched(client)
    end_lab(session, experiment_id, 500, 500, 500, status="failed")
    answer = client.get(address)
    assert "Undecided" in words(answer)
    assert "Failed. Out of <memory>" in words(answer)


def test_a_lab_with_several_arms_names_them_by_letter_and_offers_them_as_an_experiment(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = LABS[TRIAL]
    deep = lab.arms["deep"]
    shallow = replace(deep, label="the same in tanh", spec=deep.spec.model_copy(update={"activation": "tanh"}))
    lab = replace(lab, arms={"deep": deep, "shallow": shallow}, comparisons=("val_error",))
    monkeypatch.setitem(LABS, TRIAL, lab)
    address, _ = launched(client)
    answer = client.get(address)
    assert "A Ten sigmoid layers seed 0 1 2 B The same in tanh seed 0 1 2" in words(answer)
    settings = [dict(parse_qsl(unescape(query))) for query in re.findall(r'href="/new\?([^"]+)"', answer.text)]
    assert [len(forms.plan(one).runs) for one in settings] == [1, 1, 6]


# --- elsewhere ---


def test_the_page_of_its_experiment_is_the_page_of_the_lab(client: TestClient) -> None:
    address, experiment_id = launched(client)
    answer = client.get(f"/experiments/{experiment_id}")
    assert (answer.status_code, answer.headers["location"]) == (303, address)


def test_the_list_of_runs_leads_to_the_lab_instead_of_listing_its_runs(client: TestClient, session: Session) -> None:
    address, experiment_id = launched(client)
    [first, *_others] = end_lab(session, experiment_id, 500, 500, 500)
    client.get(address)
    home = client.get("/")
    assert "Labs run here: Vanishing gradient ✓ Confirmed" in words(home)
    assert f'href="{address}"' in home.text
    assert "row-" not in home.text
    assert f"row-{first}" in client.get("/?q=vanishing").text
    found = client.get(f"/?experiment={experiment_id}").text
    assert f"row-{first}" in found
    assert f'href="/experiments/{experiment_id}"' in found


def test_deleting_it_leads_back_to_the_labs(client: TestClient) -> None:
    address, experiment_id = launched(client)
    answer = client.post(f"/experiments/{experiment_id}/delete", headers=ORIGIN)
    assert answer.headers["location"] == "/labs"
    assert client.get(address).status_code == 404
    assert "not run here yet" in words(client.get("/labs"))
