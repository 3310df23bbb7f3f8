import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from sqlmodel import Session

from app import actions, store
from app.models import Mystery, Run
from ml.records import RunRecord
from ml.spec import RunSpec
from tests.records import make_run, make_sick
from tests.saving import ORIGIN, end_run, save_run, words

SICK, CURED = make_sick(0.9, 0.6, name="Dies <young>"), make_sick(0.1, 0.05)


@pytest.fixture
def sick(session: Session) -> str:
    """The id of a run with dead units."""
    return save_run(session, SICK)


def post(client: TestClient, run_id: str, *cures: str, rule: str = "dead_units") -> Any:
    return client.post(f"/runs/{run_id}/repairs", data={"rule": rule, "cure": list(cures)}, headers=ORIGIN)


def launched(client: TestClient, run_id: str, *cures: str) -> list[str]:
    """Ids of the repairs."""
    answer = client.post(f"/api/runs/{run_id}/repairs", json={"rule": "dead_units", "cures": cures})
    assert answer.status_code == 201, answer.text
    return [repair["run"]["id"] for repair in answer.json()]


# --- launching ---


def test_try_this_fix_queues_the_change_alone_and_leads_to_its_page(
    client: TestClient, session: Session, sick: str
) -> None:
    answer = post(client, sick, "lower_lr")
    assert answer.status_code == 303
    found = re.fullmatch(rf"/runs/{sick}/repairs/(\w+)", answer.headers["location"])
    repair = store.find_run(session, found[1])
    assert (repair.repair_of, repair.repair_rule, repair.status) == (sick, "dead_units", "queued")
    assert repair.spec.name == "Dies <young>: a tenth of the learning rate"
    assert repair.spec == SICK.spec.model_copy(update={"lr": 0.005, "name": repair.spec.name})
    assert repair.colour != store.find_run(session, sick).colour


def test_it_is_handed_to_the_workers(
    app: FastAPI, client: TestClient, sick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[str] = []
    monkeypatch.setattr(app.state.queue, "enqueue", lambda run_id, _turn: handed.append(run_id))
    assert launched(client, sick, "lower_lr", "elu") == handed != []


def test_several_fixes_lead_to_the_list_of_them(client: TestClient, session: Session, sick: str) -> None:
    answer = post(client, sick, "lower_lr", "leaky_relu", "elu")
    assert answer.headers["location"] == f"/runs/{sick}/repairs"
    assert [run.spec.activation for run in store.repairs_of(session, sick)] == ["relu", "leaky_relu", "elu"]


def test_what_was_tried_already_is_led_to_and_not_queued_again(client: TestClient, session: Session, sick: str) -> None:
    first = post(client, sick, "lower_lr")
    assert post(client, sick, "lower_lr").headers["location"] == first.headers["location"]
    assert len(store.repairs_of(session, sick)) == 1


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_what_came_to_no_end_is_tried_again(client: TestClient, session: Session, sick: str, status: str) -> None:
    [first] = launched(client, sick, "lower_lr")
    end_run(session, first, CURED, status)
    assert launched(client, sick, "lower_lr") != [first]


def test_the_same_change_against_another_rule_is_another_repair(client: TestClient, sick: str) -> None:
    assert post(client, sick, "lower_lr").headers["location"] != post(
        client, sick, "lower_lr", rule="oscillating_loss"
    ).headers["location"]  # fmt: skip


def test_two_cures_that_come_to_the_same_are_one_run(client: TestClient, session: Session) -> None:
    run_id = save_run(session, make_sick(0.9, 0.6, lr=0.01))
    assert len(launched(client, run_id, "usual_lr", "lower_lr")) == 1


def test_a_long_name_is_cut_so_that_the_change_is_told_whole(client: TestClient, session: Session) -> None:
    run_id = save_run(session, make_sick(0.9, 0.6, name="N" * 120))
    [repair] = launched(client, run_id, "lower_lr")
    name = store.find_run(session, repair).spec.name
    assert len(name) == 120
    assert name.endswith("N…: a tenth of the learning rate")


@pytest.mark.parametrize(
    ("rule", "cures", "field", "said"),
    [
        ("dead_parrots", ["elu"], "rule", "there is no such rule"),
        ("dead_units", ["aspirin"], "cures", "there is no such cure"),
        ("dead_units", ["elu", "aspirin"], "cures", "there is no such cure"),
        ("dead_units", ["no_bias"], "cures", "“biases that start at 0” changes nothing about this run"),
        ("dead_units", ["elu", "no_bias"], "cures", "changes nothing"),
    ],
)
def test_what_can_t_be_tried_is_refused_as_a_whole_and_says_why(
    client: TestClient, session: Session, sick: str, rule: str, cures: list[str], field: str, said: str
) -> None:
    page = post(client, sick, *cures, rule=rule)
    assert page.status_code == 422
    assert said in words(page)
    answer = client.post(f"/api/runs/{sick}/repairs", json={"rule": rule, "cures": cures})
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert problem["field"] == field
    assert said in problem["message"]
    assert store.repairs_of(session, sick) == []


def test_a_form_without_a_cure_is_refused(client: TestClient, sick: str) -> None:
    assert post(client, sick).status_code == 422


def test_layers_that_came_from_another_run_must_still_fit(client: TestClient, session: Session) -> None:
    source = save_run(session, make_sick(0, 0.1))
    run_id = save_run(session, make_sick(0.9, 0.6, transfer_from=source))
    store.delete_run(session, source)
    answer = client.post(f"/api/runs/{run_id}/repairs", json={"rule": "dead_units", "cures": ["elu"]})
    assert answer.json()["detail"][0]["field"] == "transfer_from"


def test_a_run_that_is_gone_can_t_be_repaired(client: TestClient) -> None:
    assert post(client, "gone", "elu").status_code == 404
    assert client.get("/runs/gone/repairs").status_code == 404
    assert client.post("/api/runs/gone/repairs", json={"rule": "dead_units", "cures": ["elu"]}).status_code == 404
    assert client.get("/api/runs/gone/repairs").status_code == 404


def test_what_is_tried_on_the_patient_of_a_mystery_is_no_repair(session: Session, sick: str) -> None:
    session.add(Mystery(id="m", teacher_hash="t", class_hash="c", title="M"))
    session.flush()
    spec = RunSpec().model_dump_json()
    session.add(Run(id="x", name="x", spec=spec, repair_of=sick, repair_rule="dead_units", mystery_id="m"))
    session.commit()
    assert store.repairs_of(session, sick) == []


# --- the page of the pair ---


def pair_page(client: TestClient, session: Session, before: RunRecord, after: RunRecord, cure: str = "lower_lr") -> Any:
    run_id = save_run(session, before)
    [repair] = launched(client, run_id, cure)
    end_run(session, repair, after)
    return client.get(f"/runs/{run_id}/repairs/{repair}")


def test_a_repair_that_helped_says_so_with_its_numbers(client: TestClient, session: Session) -> None:
    page = pair_page(client, session, SICK, CURED)
    text = words(page)
    assert "✓ Fixed The fault is gone." in text
    assert "Dead units in the worst layer: 90 % before, 10 % after (at most 50 % is in order)." in text
    assert "Wrong validation answers: 60.0 % before, 5.0 % after." in text
    assert "Learning rate η 0.05 → 0.005" in text
    assert "Use this as my experiment" in text
    assert "Try the next fix" not in text
    assert 'http-equiv="refresh"' not in page.text
    assert page.text.count("<svg role") == 3
    assert "Dies <young>" in text
    assert "<young>" not in page.text


def test_a_repair_that_did_not_offers_the_next_one(client: TestClient, session: Session) -> None:
    page = pair_page(client, session, SICK, make_sick(0.8, 0.6))
    assert "= No effect The fault is still there." in words(page)
    assert "Try the next fix: the optimizer's usual learning rate" in words(page)
    form = re.search(r'<form method="post" action="(/runs/\w+/repairs)">(.*?)</form>', page.text, re.DOTALL)
    sent = dict(re.findall(r'name="(\w+)" value="(\w+)"', form[2]))
    answer = client.post(form[1], data=sent, headers=ORIGIN)
    assert store.find_run(session, answer.headers["location"].rpartition("/")[2]).spec.lr == 0.001


def test_where_every_proposal_was_tried_the_page_leads_to_all_of_them(
    client: TestClient, session: Session, sick: str
) -> None:
    findings = client.get(f"/api/runs/{sick}/diagnosis").json()["findings"]
    every = [fix["cure"] for finding in findings if finding["rule"] == "dead_units" for fix in finding["fixes"]]
    [first, *_] = launched(client, sick, *every)
    end_run(session, first, make_sick(0.8, 0.6))
    text = words(client.get(f"/runs/{sick}/repairs/{first}"))
    assert "Every proposal was tried" in text
    assert "Try the next fix" not in text


def test_while_it_trains_the_page_tells_how_far_it_is_and_comes_again_without_scripts(
    client: TestClient, session: Session, sick: str
) -> None:
    [repair] = launched(client, sick, "lower_lr")
    address = f"/runs/{sick}/repairs/{repair}"
    assert "Queued It waits for a worker." in words(client.get(address))
    attempt = store.claim(session, repair)
    store.save_progress(session, repair, attempt, 15)
    page = client.get(address)
    assert "Running 50 % of the training. The verdict appears here by itself." in words(page)
    assert 'http-equiv="refresh"' in page.text
    assert 'data-active="1"' in page.text
    assert "Running 50 %" in words(client.get(f"/runs/{sick}/repairs"))


def test_a_repair_waits_for_the_end_of_the_run_that_it_is_compared_with(client: TestClient, session: Session) -> None:
    run_id = store.create_run(session, SICK.spec).id
    attempt = store.claim(session, run_id)
    store.save_progress(session, run_id, attempt, 3)
    [repair] = launched(client, run_id, "lower_lr")
    end_run(session, repair, CURED)
    page = client.get(f"/runs/{run_id}/repairs/{repair}")
    assert "Waiting The repair has ended, the run that it is compared with is at 10 %." in words(page)
    assert 'data-active="1"' in page.text


@pytest.mark.parametrize(
    ("status", "said"), [("failed", "Failed Out of <memory>"), ("cancelled", "Cancelled It was stopped before its end")]
)
def test_without_an_end_there_is_no_verdict(
    client: TestClient, session: Session, sick: str, status: str, said: str
) -> None:
    [repair] = launched(client, sick, "lower_lr")
    end_run(session, repair, CURED, status)
    page = client.get(f"/runs/{sick}/repairs/{repair}")
    assert said in words(page)
    assert "The fault is" not in words(page)
    assert "Try the next fix" in words(page)


def test_a_diverged_run_is_told_in_numbers_that_make_sense(client: TestClient, session: Session) -> None:
    text = words(pair_page(client, session, SICK, make_run(4, diverges_at=1, activation="relu")))
    assert "✗ Worse" in text
    assert "60.0 % before, 100.0 % (diverged) after" in text
    assert "nan" not in text.lower()
    text = words(pair_page(client, session, make_run(4, diverges_at=0, activation="relu"), CURED))
    assert "100.0 % (diverged) before, 5.0 % after" in text
    assert "Dead units in the worst layer: not measurable before, 10 % after" in text
    assert "Training loss not finite" in text


def test_the_pair_is_judged_by_another_rule_where_the_address_says_so(
    client: TestClient, session: Session, sick: str
) -> None:
    [repair] = launched(client, sick, "lower_lr")
    end_run(session, repair, CURED)
    address = f"/runs/{sick}/repairs/{repair}"
    assert "Validation error minus training error: 0 % before" in words(client.get(f"{address}?rule=overfit"))
    assert client.get(f"{address}?rule=nonsense").status_code == 404


def test_a_repair_of_another_run_is_not_shown(client: TestClient, session: Session, sick: str) -> None:
    [repair] = launched(client, sick, "lower_lr")
    other = save_run(session, SICK)
    assert client.get(f"/runs/{other}/repairs/{repair}").status_code == 404
    assert client.get(f"/runs/{sick}/repairs/{other}").status_code == 404
    assert client.get(f"/runs/{sick}/repairs/gone").status_code == 404


# --- the list, and the page of the run ---


def test_the_list_is_ranked_by_verdict_and_then_by_wrong_answers(
    client: TestClient, session: Session, sick: str
) -> None:
    ends = {"elu": (0.9, 0.9), "lower_lr": (0.1, 0.2), "batch_norm": (0.8, 0.3), "usual_lr": (0.1, 0.1)}
    repairs = launched(client, sick, *ends, "clip")
    for repair, (dead, error) in zip(repairs, ends.values(), strict=False):
        end_run(session, repair, make_sick(dead, error))
    page = client.get(f"/runs/{sick}/repairs")
    order = [repairs.index(found) for found in re.findall(rf'href="/runs/{sick}/repairs/(\w+)"', page.text)]
    assert order == [3, 1, 2, 0, 4]
    text = words(page)
    assert "✓ Fixed The optimizer's usual learning rate Learning rate η 0.05 → 0.001 Dead units 90 % → 10 %" in text
    assert "60.0 % → 10.0 %" in text
    assert "5 repairs" in text


def test_before_anything_was_tried_the_list_says_so(client: TestClient, sick: str) -> None:
    assert "No repair of this run was tried yet." in words(client.get(f"/runs/{sick}/repairs"))
    assert "repairs-tried" not in client.get(f"/runs/{sick}").text


def test_the_page_of_the_run_tells_what_was_tried_the_best_three(
    client: TestClient, session: Session, sick: str
) -> None:
    [first, *_] = launched(client, sick, "lower_lr", "elu", "leaky_relu", "batch_norm")
    end_run(session, first, CURED)
    page = client.get(f"/runs/{sick}")
    assert "What was tried the best of 4" in words(page)
    assert "✓ Fixed A tenth of the learning rate" in words(page)
    assert len(re.findall(rf'href="/runs/{sick}/repairs/\w+"', page.text)) == 3
    assert "All 4 repairs on a page of their own" in words(page)


def test_the_page_of_a_repair_says_what_it_is_a_repair_of(client: TestClient, session: Session, sick: str) -> None:
    [repair] = launched(client, sick, "lower_lr")
    assert "Queued This run is a repair of Dies <young> : a tenth" in words(client.get(f"/runs/{repair}"))
    end_run(session, repair, CURED)
    page = client.get(f"/runs/{repair}")
    assert "✓ Fixed This run is a repair of Dies <young> : a tenth of the learning rate" in words(page)
    assert f'href="/runs/{sick}/repairs/{repair}"' in page.text


def test_when_the_original_is_deleted_its_repairs_stay(client: TestClient, session: Session, sick: str) -> None:
    [repair] = launched(client, sick, "lower_lr")
    end_run(session, repair, CURED)
    assert client.delete(f"/api/runs/{sick}").status_code == 204
    assert "a repair of a run that was deleted" in words(client.get(f"/runs/{repair}"))
    assert client.get(f"/runs/{sick}/repairs/{repair}").status_code == 404
    assert client.get("/").status_code == 200


# --- JSON ---


def test_the_json_tells_each_repair_with_its_verdict(client: TestClient, session: Session, sick: str) -> None:
    made = client.post(f"/api/runs/{sick}/repairs", json={"rule": "dead_units", "cures": ["lower_lr", "elu"]}).json()
    assert [one["verdict"] for one in made] == [None, None]
    assert (made[0]["label"], made[0]["changes"]) == ("a tenth of the learning rate", {"lr": 0.005})
    end_run(session, made[0]["run"]["id"], CURED)
    first, second = client.get(f"/api/runs/{sick}/repairs").json()
    assert first["run"]["status"] == "finished"
    assert (first["run"]["repair_of"], first["run"]["repair_rule"]) == (sick, "dead_units")
    assert first["url"] == f"/runs/{sick}/repairs/{first['run']['id']}"
    assert first["verdict"] == {
        "word": "fixed", "formula": "#{units: |f′(s)| < 0.05·max|f′| ∀ x} / #units", "threshold": 0.5, "above": True,
        "before": 0.9, "after": 0.1, "error_before": 0.6, "error_after": 0.05,
    }  # fmt: skip
    assert second == made[1]


def test_numbers_that_are_not_finite_are_null(client: TestClient, session: Session, sick: str) -> None:
    [repair] = launched(client, sick, "lower_lr")
    end_run(session, repair, make_run(4, diverges_at=0, activation="relu"))
    [found] = client.get(f"/api/runs/{sick}/repairs").json()
    assert (found["verdict"]["after"], found["verdict"]["error_after"]) == (None, 1.0)


def test_answers_are_as_the_openapi_document_says(client: TestClient, session: Session, sick: str) -> None:
    document = client.get("/openapi.json").json()
    end_run(session, launched(client, sick, "lower_lr")[0], CURED)

    def check(run_id: str, method: str, **request: Any) -> int:
        answer = client.request(method, f"/api/runs/{run_id}/repairs", **request)
        described = document["paths"]["/api/runs/{run_id}/repairs"][method]["responses"][str(answer.status_code)]
        schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())
        return answer.status_code

    assert check(sick, "get") == 200
    assert check("gone", "get") == 404
    assert check(sick, "post", json={"rule": "dead_units", "cures": ["lower_lr", "elu"]}) == 201
    assert check(sick, "post", json={"rule": "dead_units", "cures": ["aspirin"]}) == 422
    assert check(sick, "post", json={"rule": "dead_units", "cures": []}) == 422
    assert check(sick, "post", content=b"{", headers={"Content-Type": "application/json"}) == 400


def test_labels_are_in_the_language_of_the_request(client: TestClient, sick: str) -> None:
    answer = client.post(
        f"/api/runs/{sick}/repairs", json={"rule": "x", "cures": ["elu"]}, headers={"Accept-Language": "es"}
    )
    assert answer.json()["detail"][0]["message"] == "no existe esa regla"


def test_refused_names_what_is_wrong(session: Session, app: FastAPI, sick: str) -> None:
    run = store.load_run(session, sick)
    assert run is not None
    with pytest.raises(actions.Refused, match="rule: there is no such rule; diverged or"):
        actions.launch_repairs(session, app.state.queue, run, "x", ["elu"])
