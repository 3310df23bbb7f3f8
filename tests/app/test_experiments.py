import csv
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from ml.records import Metrics, StepRecord
from ml.spec import RunSpec
from tests.saving import ORIGIN, words

GRID = {
    "name": "Inits <b>", "hidden": "8, 6", "epochs": "1", "vary1": "init", "values1": "standard, xavier_uniform",
    "vary2": "lr", "values2": "0.1, 0.01", "seeds": "2",
}  # fmt: skip


def launch(client: TestClient, **changed: str) -> str:
    """The address of the experiment."""
    answer = client.post("/runs", data=GRID | changed, headers=ORIGIN)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["location"])


def runs_of(session: Session, url: str) -> list[Any]:
    return store.experiment_runs(session, url.rpartition("/")[2])


def finish(session: Session, run_id: str, errors: list[float], loss: float = 1.0) -> None:
    attempt = store.claim(session, run_id)
    for number, error in enumerate(errors):
        metrics = Metrics(loss, error, 1.1 * loss, error)
        store.save_snapshot(session, run_id, attempt, StepRecord(number, float(number), metrics))
    store.finish(session, run_id, attempt, {})


def finish_all(session: Session, url: str) -> None:
    """The errors are 10, 11, ... 17 %."""
    for number, run in enumerate(runs_of(session, url)):
        finish(session, run.id, [0.9, 0.1 + number / 100])


# --- the form ---


def test_the_form_launches_a_grid_and_leads_to_its_page(client: TestClient, session: Session) -> None:
    url = launch(client)
    assert re.fullmatch(r"/experiments/\w+", url)
    specs = [run.spec for run in runs_of(session, url)]
    assert [(spec.init, spec.lr, spec.seed) for spec in specs] == [
        (init, lr, seed) for init in ("standard", "xavier_uniform") for lr in (0.1, 0.01) for seed in (0, 1)
    ]
    assert {(spec.hidden, spec.epochs) for spec in specs} == {((8, 6), 1)}


def test_several_seeds_alone_are_an_experiment_too(client: TestClient, session: Session) -> None:
    answer = client.post("/runs", data={"seeds": "3", "seed": "7"}, headers=ORIGIN)
    assert [run.spec.seed for run in runs_of(session, answer.headers["location"])] == [7, 8, 9]


def test_a_wrong_row_comes_back_as_typed_with_the_problem_beside_it(client: TestClient, session: Session) -> None:
    answer = client.post("/runs", data=GRID | {"values2": "0.1, fast"}, headers=ORIGIN)
    assert answer.status_code == 422
    assert 'name="values2" value="0.1, fast"' in answer.text
    assert "lr = fast: must be greater than 0" in unescape(
        answer.text[answer.text.index('id="values2-hint"') :].split("</p>")[0]
    )
    assert '<a href="#values2">Vary Learning rate η</a>' in answer.text
    assert store.list_runs(session) == []


def test_what_a_browser_without_scripts_sends_to_be_checked_becomes_the_short_address(client: TestClient) -> None:
    page = client.get("/new").text
    form = page[page.index('class="experiment"') : page.index("</form>", page.index('class="experiment"'))]
    names = re.findall(r'<(?:input|select)[^>]* name="(\w+)"', form)
    at_first = dict(re.findall(r'<(?:input|select)[^>]* name="(\w+)"[^>]*? data-default="([^"]*)"', form))
    assert set(at_first) == set(names)
    sent = {name: unescape(value) for name, value in at_first.items()} | GRID
    answer = client.get("/new", params=sent)
    assert answer.status_code == 303
    query = answer.headers["location"].removeprefix("/new?")
    assert dict(parse_qsl(query)) == {name: re.sub(", ", ",", value) for name, value in GRID.items()}
    checked = client.get(answer.headers["location"])
    assert checked.status_code == 200
    for name, value in GRID.items():
        if name.startswith("vary"):
            assert re.search(rf'name="{name}"[^§]*?<option value="{value}"[^>]* selected>', checked.text)
        else:
            assert f'name="{name}" value="{value.replace("<b>", "&lt;b&gt;")}"' in checked.text


def test_check_is_a_button_that_needs_no_script(client: TestClient) -> None:
    page = client.get("/new").text
    assert re.search(r'<button formmethod="get" formaction="/new">Check</button>', page)
    assert page.index(">Launch</button>") < page.index(">Check</button>"), "Enter launches"


def test_checking_a_wrong_form_shows_what_is_wrong_and_starts_nothing(client: TestClient, session: Session) -> None:
    answer = client.get("/new?lr=-1&vary1=init&values1=standard,standard")
    assert "Learning rate η : must be greater than 0" in words(answer)
    assert store.list_runs(session) == []
    answer = client.get("/new?vary1=init&values1=standard,standard")
    assert "standard is there twice" in words(answer)


def test_the_preview_tells_what_the_whole_grid_takes(client: TestClient) -> None:
    answer = client.get("/new/preview", params={k: v for k, v in GRID.items() if k != "name"})
    text = unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))
    assert "Of the first of 8 runs." in text
    assert "Runs 8 4 % of the limit of 200" in text
    assert "Time of all runs about" in text
    assert re.search(r'<meter value="0\.04"', answer.text)


def test_the_preview_of_a_wrong_form_names_what_it_waits_for(client: TestClient) -> None:
    answer = client.get("/new/preview?vary1=lr&values1=fast")
    assert "The preview waits" in answer.text
    assert '<a href="#values1">Vary Learning rate η</a>: lr = fast' in answer.text


def test_layers_that_a_signal_does_not_reach_are_red_and_named(client: TestClient) -> None:
    answer = client.get("/new/preview?hidden=60,60,60,60,60,60&activation=sigmoid&init=standard")
    assert re.search(r"In red: layers 1–\d, over 10 times weaker or stronger", answer.text)
    assert "#b3261e" in answer.text
    assert "In red" not in client.get("/new/preview").text
    assert "#b3261e" not in client.get("/new/preview").text


def test_presets_come_first_and_are_folded_once_the_form_is_filled_in(client: TestClient) -> None:
    page = client.get("/new").text
    assert page.index("Figure 2: sigmoid") < page.index('name="hidden"')
    assert '<details class="card presets" open>' in page
    assert '<details class="card presets" >' in client.get("/new?lr=0.1").text


# --- the page ---


def test_a_new_experiment_says_what_varies_and_that_nothing_is_done_yet(client: TestClient) -> None:
    answer = client.get(launch(client))
    text = words(answer)
    assert "Inits <b>" in text
    assert "<b>" not in answer.text.split("<main")[1].replace("<body", "")
    assert "Initialisation standard xavier_uniform Learning rate η 0.1 0.01 Seeds 0 1" in text
    assert "0 of 8 runs finished" in text
    assert 'http-equiv="refresh"' in answer.text
    assert "no run has finished yet" in text


def test_two_fields_make_a_table_with_mean_and_std_and_the_best_marked(client: TestClient, session: Session) -> None:
    url = launch(client)
    finish_all(session, url)
    answer = client.get(url)
    body = re.search(r'<table class="grid">(.*?)</table>', answer.text, re.DOTALL)[1]
    cells = [unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell))).strip() for cell in
             re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", body, re.DOTALL)]  # fmt: skip
    assert cells == [
        "Initialisation", "Learning rate η 0.1", "Learning rate η 0.01",
        "standard", "10.50 ± 0.71 % ★ best n = 2", "12.50 ± 0.71 % n = 2",
        "xavier_uniform", "14.50 ± 0.71 % n = 2", "16.50 ± 0.71 % n = 2",
    ]  # fmt: skip
    assert 'scope="row"' in body
    assert "ddof 1" in words(answer)
    assert "8 of 8 runs finished" in words(answer)
    assert 'http-equiv="refresh"' not in answer.text
    assert answer.text.count("<svg role") == 1


def test_below_it_every_combination_has_its_numbers_and_its_runs(client: TestClient, session: Session) -> None:
    url = launch(client)
    first, second, *rest = runs_of(session, url)
    finish(session, first.id, [0.9, 0.2])
    finish(session, second.id, [0.9, 0.9], loss=float("nan"))
    store.fail(session, rest[0].id, store.claim(session, rest[0].id), "Out of memory")
    text = words(client.get(url))
    assert "20.00 % ★ best 2 of 2 finished, 1 diverged" in text, "one seed: no ±"
    assert "0 of 2 finished, 1 failed" in text
    page = client.get(url).text
    assert all(f'href="/runs/{run.id}"' in page for run in (first, second, *rest))


def test_more_than_two_fields_have_a_row_for_each_combination_alone(client: TestClient) -> None:
    page = client.get(launch(client, vary3="dropout", values3="0, 0.5", seeds="1")).text
    assert 'class="grid"' not in page
    assert page.count('name="group"') == 8


def test_the_page_and_the_form_speak_spanish(client: TestClient, session: Session) -> None:
    url = launch(client)
    finish_all(session, url)
    text = words(client.get(url, headers={"Accept-Language": "es"}))
    for said in ("Inicialización", "8 de 8 ejecuciones terminadas", "10,50 ± 0,71 %", "★ mejor",
                 "Cambiar y ejecutar", "Error de validación", "2 de 2 terminadas"):  # fmt: skip
        assert said in text
    form = words(client.get("/new", headers={"Accept-Language": "es"}))
    for said in ("Nuevo experimento", "Empieza por", "Cuántas semillas", "Rejilla", "Lo que predice la teoría",
                 "La señal mantiene su fuerza: sana.", "del límite de 20.000.000", "Comprobar"):  # fmt: skip
        assert said in form


def test_change_and_run_leads_to_the_form_of_the_whole_grid(client: TestClient) -> None:
    page = client.get(launch(client)).text
    query = unescape(re.search(r'href="/new\?([^"]+)"', page).group(1))
    assert dict(parse_qsl(query)) == {name: re.sub(", ", ",", value) for name, value in GRID.items()}


def test_the_table_can_be_had_as_csv(client: TestClient, session: Session) -> None:
    url = launch(client)
    finish_all(session, url)
    rows = list(csv.DictReader(client.get(f"{url}.csv").text.splitlines()))
    assert [(row["init"], row["lr"]) for row in rows][:2] == [("standard", "0.1"), ("standard", "0.01")]
    assert float(rows[0]["val_error_mean"]) == pytest.approx(0.105)
    assert float(rows[0]["val_error_std"]) == pytest.approx(0.005 * 2**0.5)
    assert (rows[0]["finished"], rows[0]["runs"]) == ("2", "2")


def test_the_runs_of_chosen_combinations_lead_to_the_comparison(client: TestClient, session: Session) -> None:
    url = launch(client)
    ids = [run.id for run in runs_of(session, url)]
    answer = client.get(f"{url}/compare?group=0&group=2")
    by_turns = (ids[0], ids[4], ids[1], ids[5])
    assert answer.headers["location"] == "/compare?" + "&".join(f"run={run_id}" for run_id in by_turns)
    assert client.get(f"{url}/compare?group=99").headers["location"] == url


def test_no_more_runs_than_can_be_told_apart_are_compared(client: TestClient, session: Session) -> None:
    url = launch(client, seeds="5")
    chosen = client.get(f"{url}/compare?group=0&group=1&group=2").headers["location"]
    ids = [run.id for run in runs_of(session, url)]
    places = [ids.index(run_id) // 5 for run_id in re.findall(r"run=(\w+)", chosen)]
    assert sorted(places) == [0, 0, 0, 1, 1, 1, 2, 2]


def test_cancel_all_stops_every_run(client: TestClient, session: Session) -> None:
    url = launch(client)
    assert client.post(f"{url}/cancel", headers=ORIGIN).headers["location"] == url
    assert {run.status for run in runs_of(session, url)} == {"cancelled"}
    assert f'action="{url}/cancel"' not in client.get(url).text


def test_a_deleted_experiment_is_gone_with_its_runs(client: TestClient, session: Session) -> None:
    url = launch(client)
    assert client.post(f"{url}/delete", headers=ORIGIN).headers["location"] == "/"
    assert store.list_runs(session) == []
    for method, path in (("GET", ""), ("GET", ".csv"), ("GET", "/compare"), ("POST", "/cancel"), ("POST", "/delete")):
        answer = client.request(method, url + path, headers=ORIGIN)
        assert answer.status_code == 404
        assert "no such experiment" in words(answer)


def test_an_experiment_whose_runs_were_deleted_one_by_one_still_has_its_page(
    client: TestClient, session: Session
) -> None:
    url = launch(client)
    for run in runs_of(session, url):
        store.delete_run(session, run.id)
    answer = client.get(url)
    assert answer.status_code == 200
    assert "were deleted one by one" in words(answer)
    assert f'action="{url}/delete"' in answer.text


def test_changes_from_another_site_are_refused(client: TestClient, session: Session) -> None:
    url = launch(client)
    for path in ("cancel", "delete"):
        assert client.post(f"{url}/{path}", headers={"Origin": "https://evil.example.org"}).status_code == 403
    assert {run.status for run in runs_of(session, url)} == {"queued"}


def test_an_experiment_is_stored_as_it_was_asked(client: TestClient, session: Session) -> None:
    url = launch(client, vary2="hidden", values2="8; 8, 6")
    found = store.find_experiment(session, url.rpartition("/")[2])
    assert (found.base, found.seeds) == (RunSpec(name="Inits <b>", hidden=(8, 6), epochs=1), 2)
    assert found.vary == {"init": ["standard", "xavier_uniform"], "hidden": [(8,), (8, 6)]}
