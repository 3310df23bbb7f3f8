"""The diagnosis as JSON, of the API and of a share link."""

import math
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.answers import DiagnosisOut
from ml.opinions import TOOLS
from ml.records import RunRecord
from ml.repairs import CURES
from ml.rules import RULES
from tests.records import diverging, make_patient, make_run, with_numbers
from tests.saving import save_run

KEYS = [
    "rule", "severity", "layer", "step", "value", "threshold", "text", "fix", "title", "formula", "layers", "fixes",
    "opinions",
]  # fmt: skip
FIX_KEYS = ["cure", "label", "changes"]
OPINION_KEYS = ["tool", "name", "formula", "value", "threshold", "says", "why"]


def ask(client: TestClient, session: Session, run: RunRecord, language: str = "en") -> list[dict[str, Any]]:
    answer = client.get(f"/api/runs/{save_run(session, run)}/diagnosis", headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert list(answer.json()) == ["findings"]
    found: list[dict[str, Any]] = answer.json()["findings"]
    return found


def dying() -> RunRecord:
    """Two layers of a network whose first loss is usual are dead from the second epoch on."""
    dead = np.zeros((6, 3))
    dead[2:, :2] = [0.924, 0.6]
    return with_numbers(make_patient(activation="relu", lr=0.05), health={"dead": dead, "saturated": 0.95})


def test_a_run_that_is_well_has_no_finding(client: TestClient, session: Session) -> None:
    assert ask(client, session, make_patient()) == []
    assert ask(client, session, make_run(0)) == []


def test_a_finding_says_what_where_since_when_by_which_number_and_what_to_try(
    client: TestClient, session: Session
) -> None:
    (finding,) = ask(client, session, dying())
    assert list(finding) == KEYS
    assert (finding["rule"], finding["severity"], finding["title"]) == ("dead_units", "alarm", "Dead units")
    assert (finding["layer"], finding["layers"], finding["step"]) == ("hidden1", ["hidden1", "hidden2"], 20)
    assert (finding["value"], finding["threshold"]) == (pytest.approx(0.924), RULES["dead_units"].limit.threshold)
    assert finding["formula"] == RULES["dead_units"].formula
    assert finding["text"].startswith("92.4\N{NO-BREAK SPACE}% of the units of layer 1 are silent")


def test_its_fixes_are_changes_of_the_spec_the_first_one_on_its_own(client: TestClient, session: Session) -> None:
    (finding,) = ask(client, session, dying())
    assert [list(fix) for fix in finding["fixes"]] == [FIX_KEYS] * len(finding["fixes"])
    first = finding["fixes"][0]
    assert (first["cure"], first["changes"]) == ("usual_lr", {"lr": 0.001})
    assert finding["fix"] == first["changes"]
    assert first["label"] == CURES["usual_lr"].label


def test_its_opinions_are_those_of_every_tool(client: TestClient, session: Session) -> None:
    (finding,) = ask(client, session, dying())
    opinions = {opinion["tool"]: opinion for opinion in finding["opinions"]}
    assert [list(opinion) for opinion in finding["opinions"]] == [OPINION_KEYS] * len(TOOLS)
    assert {tool: opinion["name"] for tool, opinion in opinions.items()} == TOOLS
    assert (opinions["SM"]["says"], opinions["SM"]["threshold"]) == ("alarm", "> 0.5")
    assert opinions["SM"]["value"] == pytest.approx(0.924)
    assert opinions["SM"]["why"] == "Its limit is crossed, most of all in layer 1."


def test_it_speaks_the_language_of_the_request(client: TestClient, session: Session) -> None:
    (finding,) = ask(client, session, dying(), "es")
    assert list(finding) == KEYS
    assert finding["title"] == "Unidades muertas"
    assert finding["text"].startswith("El 92,4\N{NO-BREAK SPACE}% de las unidades de la capa 1 callan")
    assert finding["fixes"][0]["label"] == "la tasa de aprendizaje habitual del optimizador"
    assert {o["why"] for o in finding["opinions"]} >= {"Su límite se traspasa, sobre todo en la capa 1."}
    # What programs read is the same in every language.
    assert (finding["rule"], finding["severity"], finding["fixes"][0]["cure"]) == ("dead_units", "alarm", "usual_lr")


def test_numbers_that_are_not_finite_are_null(client: TestClient, session: Session) -> None:
    stds = np.tile([0.5, 0.5, 0.0], (6, 1))
    run = with_numbers(make_patient(), statistics={("backprop_gradient", "std"): stds})
    findings = {finding["rule"]: finding for finding in ask(client, session, run)}
    assert findings["exploding_gradient"]["value"] is None
    diverged = ask(client, session, diverging(make_patient(), 0))[0]
    assert diverged["rule"] == "diverged"
    assert any(opinion["value"] is None for opinion in findings["exploding_gradient"]["opinions"])


def test_a_finding_without_a_layer_or_a_step_says_null(client: TestClient, session: Session) -> None:
    (finding,) = ask(client, session, make_patient(dropout=0.9))
    assert (finding["rule"], finding["layer"], finding["layers"], finding["step"]) == ("high_dropout", None, [], None)


def test_findings_come_in_the_order_of_the_rules(client: TestClient, session: Session) -> None:
    run = with_numbers(make_patient(scaling="none", dropout=0.9), metrics={"train_loss": 50.0, "val_loss": 50.0})
    names = [finding["rule"] for finding in ask(client, session, run)]
    assert len(names) > 2
    assert names == [name for name in RULES if name in names]


def test_a_share_link_tells_the_same(client: TestClient, session: Session) -> None:
    run_id = save_run(session, dying())
    url = client.post(f"/api/runs/{run_id}/shares").json()["url"]
    ours = client.get(f"/api/runs/{run_id}/diagnosis")
    assert client.get(f"{url}/diagnosis").json() == ours.json()
    assert len(ours.json()["findings"]) == 1


def test_of_a_run_that_is_not_there_nothing_is_told(client: TestClient) -> None:
    assert client.get("/api/runs/nope/diagnosis").status_code == 404


def test_what_is_answered_is_what_the_document_of_the_api_says(client: TestClient, session: Session) -> None:
    for run in (dying(), diverging(dying(), 3), make_run(3, diverges_at=0, dropout=0.9)):
        found = ask(client, session, run)
        assert found
        assert DiagnosisOut.model_validate({"findings": found}, strict=True).model_dump() == {"findings": found}
    assert not math.isnan(found[0]["value"])
