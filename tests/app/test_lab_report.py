"""The report on one prediction of a lab, and the links that share it."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from app.models import Prediction
from tests.lab_runs import LAB, TRIAL, end_lab
from tests.saving import ORIGIN, words

pytestmark = pytest.mark.usefixtures("trial")


@pytest.fixture
def said(session: Session) -> Prediction:
    """Ana expects more than 100 times less, and it comes to 1,000 times."""
    experiment, _ = store.create_lab(session, TRIAL, "Vanishing", LAB.arms, (0, 1, 2))
    end_lab(session, experiment.id, 1000, 1000, 1000)
    return store.add_prediction(session, experiment.id, "Ana", 3)


def share(client: TestClient, said: Prediction) -> tuple[str, str]:
    """The address of a new link, and the page that shows it."""
    answer = client.post(f"/labs/reports/{said.id}/shares", data={"lasting": "86400"}, headers=ORIGIN)
    link = re.search(r'readonly value="[^"]*(/s/[\w-]+)"', answer.text)
    assert link is not None
    return link[1], answer.text


def test_a_report_has_the_question_the_prediction_the_figures_the_numbers_and_the_verdict(
    client: TestClient, said: Prediction
) -> None:
    page = client.get(f"/labs/reports/{said.id}")
    for told in (LAB.question, LAB.claim, "Ana", "More than 100 times less", "It came true.", "Confirmed", LAB.topic):
        assert told in words(page)
    assert words(page).count("1,000 times") >= 3
    assert page.text.count('class="figure"') >= len(LAB.figures)


def test_a_prediction_that_failed_is_told_so(client: TestClient, session: Session, said: Prediction) -> None:
    other = store.add_prediction(session, said.experiment_id, "", 0)
    page = client.get(f"/labs/reports/{other.id}")
    assert "It came out differently." in words(page)
    assert "without a name" in words(page)


def test_a_report_is_shared_to_read_with_nothing_that_leads_elsewhere(client: TestClient, said: Prediction) -> None:
    link, _page = share(client, said)
    shared = client.get(link)
    assert "Ana" in words(shared)
    assert "Confirmed" in words(shared)
    for elsewhere in ('href="/runs', 'href="/labs', 'href="/new', "<form"):
        assert elsewhere not in shared.text
    assert 'property="og:title" content="Lab report: Vanishing gradient"' in shared.text
    assert shared.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize("below", ["/metrics", "/diagnosis", "/figures/loss", "/layers/activation", "/events"])
def test_below_a_shared_report_there_is_nothing(client: TestClient, said: Prediction, below: str) -> None:
    link, _page = share(client, said)
    answer = client.get(link + below)
    assert answer.status_code == 404
    assert answer.content == client.get("/s/unknown").content


def test_a_link_is_listed_and_revoked_like_that_of_a_run(
    client: TestClient, session: Session, said: Prediction
) -> None:
    link, page = share(client, said)
    assert "ends in" in page
    [made] = store.list_report_shares(session, said.id)
    answer = client.post(f"/shares/{made.id}/revoke", headers=ORIGIN)
    assert answer.headers["location"] == f"/labs/reports/{said.id}#share"
    assert client.get(link).status_code == 404
    assert client.post(f"/shares/{made.id}/revoke", headers=ORIGIN).status_code == 404


def test_a_report_goes_with_its_runs(client: TestClient, session: Session, said: Prediction) -> None:
    report = f"/labs/reports/{said.id}"
    link, _page = share(client, said)
    store.delete_experiment(session, said.experiment_id)
    assert client.get(report).status_code == 404
    assert client.get(link).status_code == 404


@pytest.mark.parametrize("lasting", ["9" * 5000, "-1", "x", "", "12345"])
def test_an_end_that_was_not_offered_is_none(
    client: TestClient, session: Session, said: Prediction, lasting: str
) -> None:
    answer = client.post(f"/labs/reports/{said.id}/shares", data={"lasting": lasting}, headers=ORIGIN)
    assert answer.status_code == 200
    assert [link.expires for link in store.list_report_shares(session, said.id)] == [None]
