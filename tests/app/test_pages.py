import re
from collections.abc import Callable
from functools import partial
from html import unescape

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlmodel import Session

from app import store
from app.figures import FIGURES
from app.theme import PAGE
from ml.spec import RunSpec
from tests.records import make_dying, make_everything, make_run
from tests.saving import ORIGIN, save_run, words

Save = Callable[..., str]


@pytest.fixture
def save(session: Session) -> Save:
    """Stores a run as a worker would have; `status` is what became of it."""

    return partial(save_run, session)


def pictures(answer: Response, name: str) -> list[str]:
    return re.findall(rf'data-figure="{name}"[^>]*><svg role="img"', answer.text)


# --- the form ---


def test_the_form_is_filled_in_by_its_url(client: TestClient) -> None:
    page = client.get("/new?hidden=50,+40&activation=tanh&name=Mine").text
    assert 'name="hidden" value="50, 40"' in page
    assert re.search(r'<option value="tanh" selected>', page)
    assert 'name="name" value="Mine"' in page
    assert 'role="alert"' not in page


def test_launching_stores_the_run_and_leads_to_its_page(client: TestClient, session: Session) -> None:
    answer = client.post("/runs", data={"hidden": "8, 6", "epochs": "1", "momentum": ""}, headers=ORIGIN)
    assert answer.status_code == 303
    run_id = answer.headers["location"].removeprefix("/runs/")
    assert store.find_run(session, run_id).spec == RunSpec(hidden=(8, 6), epochs=1)


def test_a_wrong_form_comes_back_as_typed_with_the_problem_beside_its_field(
    client: TestClient, session: Session
) -> None:
    answer = client.post("/runs", data={"lr": "-1", "hidden": "77, 66", "name": "Keep <me>"}, headers=ORIGIN)
    assert answer.status_code == 422
    assert 'name="lr" value="-1"' in answer.text
    assert 'name="hidden" value="77, 66"' in answer.text
    assert "Keep &lt;me&gt;" in answer.text
    field = answer.text[answer.text.index('id="lr-hint"') :].split("</p>")[0]
    assert "greater than 0" in field
    assert '<a href="#lr">' in answer.text
    assert store.list_runs(session) == []


def test_one_name_for_each_layer_is_launched_from_its_own_field_and_comes_back_from_the_url(
    client: TestClient, session: Session
) -> None:
    typed = {"activation": "tanh", "activation_layers": "leaky_relu relu", "hidden": "8, 6", "alpha": "0.2"}
    answer = client.post("/runs", data=typed, headers=ORIGIN)
    spec = store.find_run(session, answer.headers["location"].removeprefix("/runs/")).spec
    assert spec.activation == ("leaky_relu", "relu")
    page = client.get("/new?activation=leaky_relu,relu").text
    assert 'name="activation_layers" value="leaky_relu, relu"' in page
    assert 'role="alert"' not in page


def test_a_wrong_list_of_names_is_explained_at_the_choice_and_stays_in_sight(client: TestClient) -> None:
    answer = client.post("/runs", data={"activation_layers": "relu, relu, tanh"}, headers=ORIGIN)
    assert answer.status_code == 422
    assert "Names 3 for a network with 2 hidden layers." in words(answer)
    assert re.search(
        r'<details class="each" open>\s*<summary>[^<]*</summary>\s*<input name="activation_layers"', answer.text
    )


def test_the_note_of_the_chosen_optimizer_stands_under_it(client: TestClient) -> None:
    page = client.get("/new?optimizer=nesterov").text
    notes = re.findall(r'<p class="hint" data-used-by="optimizer" data-values="(\w+)"\s*(hidden)?>', page)
    assert [name for name, hidden in notes if not hidden] == ["nesterov"]
    assert len(notes) >= 4


def test_finished_runs_are_proposed_as_a_source_of_layers(client: TestClient, save: Save) -> None:
    finished, failed = save(make_run(1, name="Good one")), save(make_run(0, name="Bad one"), status="failed")
    page = client.get("/new").text
    assert re.search(rf'<datalist id="transfer_from-list">\s*<option value="{finished}">Good one', page)
    assert failed not in page


def test_an_unknown_choice_stays_in_sight(client: TestClient) -> None:
    answer = client.post("/runs", data={"activation": "swish"}, headers=ORIGIN)
    assert '<option value="swish" selected>' in answer.text
    assert "not one of the choices" in words(answer)


def test_a_setting_that_does_not_exist_is_named(client: TestClient) -> None:
    answer = client.post("/runs", data={"learning_rate": "1"}, headers=ORIGIN)
    assert answer.status_code == 422
    assert "learning_rate: there is no such setting" in words(answer)


DEEP = "hidden=60,60,60,60,60,60&activation=sigmoid&init=standard"


def test_the_form_shows_what_theory_expects_of_its_settings(client: TestClient) -> None:
    answer = client.get(f"/new?{DEEP}&epochs=3")
    assert "The gradient shrinks by a factor" in words(answer)
    assert answer.text.count("<svg role") == 2
    for count in ("Parameters 22,810 < 1 % of the limit", "Steps 114", "layers 28"):
        assert count in words(answer)


def test_the_preview_is_the_part_of_the_form_that_follows_what_is_typed(client: TestClient) -> None:
    answer = client.get(f"/new/preview?{DEEP}")
    assert answer.text.strip() in client.get(f"/new?{DEEP}").text
    assert 'class="verdict alarm"' in answer.text
    assert "<html" not in answer.text


def test_a_sound_initialisation_is_no_alarm(client: TestClient) -> None:
    answer = client.get("/new/preview?hidden=60,60,60,60&activation=relu&init=kaiming_normal&name=")
    assert answer.text.count(": healthy.") == 2
    assert "alarm" not in answer.text


def test_the_preview_waits_for_settings_that_are_wrong(client: TestClient) -> None:
    for query in ("lr=-1", "hidden=many", "nonsense=1"):
        answer = client.get(f"/new/preview?{query}")
        assert answer.status_code == 200
        assert "The preview waits for the settings to be right." in answer.text
    answer = client.post("/runs", data={"lr": "-1"}, headers=ORIGIN)
    assert "The preview waits" in answer.text


def test_where_theory_has_nothing_to_say_the_preview_says_why(client: TestClient) -> None:
    answer = client.get("/new/preview?architecture=cnn")
    assert "No prediction: max-pooling has no closed form." in answer.text
    assert "Parameters" in answer.text


def test_settings_that_can_not_learn_are_named_with_a_link_that_changes_them(
    client: TestClient,
) -> None:
    answer = client.get("/new/preview?dropout=0.7&epochs=3")
    assert "Dropout above one half" in answer.text
    link = unescape(re.search(r'href="(/new\?[^"]*)" id="repair-1"', answer.text).group(1))
    assert "epochs=3" in link
    repaired = client.get(link)
    assert 'name="dropout" value="0.2"' in repaired.text
    assert "Dropout above one half" not in repaired.text


# --- a run ---


def test_a_finished_run_is_drawn_by_the_server(client: TestClient, save: Save) -> None:
    answer = client.get(f"/runs/{save(make_everything(3))}")
    for name in FIGURES:
        other_overview = name in ("gradient_overview", "dead_overview")
        assert len(pictures(answer, name)) == (3 if name == "bands" else 0 if other_overview else 1)
    activation = answer.text[answer.text.index('data-figure="activation"') :].split("</div>")[0]
    assert all(activation.count(f'stroke="{PAGE.layer(i, 3)}"') == 1 for i in range(3))


def test_the_page_says_what_every_figure_means(client: TestClient, save: Save) -> None:
    text = words(client.get(f"/runs/{save(make_everything(1))}"))
    assert all(paragraph in text for figure in FIGURES.values() for paragraph in figure.about)


def test_a_run_that_waits_tells_its_place_and_draws_nothing(client: TestClient, save: Save) -> None:
    save(make_run(0), status="queued")
    answer = client.get(f"/runs/{save(make_run(0), status='queued')}")
    assert "place 2 in the queue" in words(answer)
    assert not pictures(answer, "activation")
    assert "waiting for the first snapshot" in words(answer)
    assert 'http-equiv="refresh"' in answer.text


def test_a_running_run_shows_progress_and_can_be_cancelled(client: TestClient, save: Save, session: Session) -> None:
    run_id = save(make_run(2, epochs=4), status="running")
    assert "step 10 of 40" in words(client.get(f"/runs/{run_id}"))
    answer = client.post(f"/runs/{run_id}/cancel", headers=ORIGIN)
    assert answer.headers["location"] == f"/runs/{run_id}"
    assert store.find_run(session, run_id).status == "cancelled"
    page = client.get(f"/runs/{run_id}")
    assert "This run was cancelled After step 10 of 40" in words(page)
    assert f'action="/runs/{run_id}/cancel"' not in page.text


@pytest.mark.parametrize(("kept", "said"), [(True, "attempt 2, from step 20 on"), (False, "attempt 2 ")])
def test_a_run_that_was_taken_up_again_says_from_where(
    client: TestClient, session: Session, *, kept: bool, said: str
) -> None:
    measured = make_run(3, epochs=4)
    run = store.create_run(session, measured.spec)
    attempt = store.claim(session, run.id) or 0
    store.save_snapshot(session, run.id, attempt, measured.snapshots[0])
    if kept:
        store.save_checkpoint(session, run.id, attempt, 20, 1.0, b"state")
    store.claim(session, run.id)
    assert said in words(client.get(f"/runs/{run.id}"))


def test_a_failed_run_says_why(client: TestClient, save: Save) -> None:
    answer = client.get(f"/runs/{save(make_run(0), status='failed')}")
    assert "This run failed Out of <memory>" in words(answer)
    assert "<memory>" not in answer.text
    assert "waiting for the first snapshot" not in words(answer)


def test_a_diverged_run_says_since_when_and_is_drawn(client: TestClient, save: Save) -> None:
    answer = client.get(f"/runs/{save(make_run(4, diverges_at=2))}")
    assert "Alarm: Diverged From step 20 on values are infinite or not a number" in words(answer)
    assert pictures(answer, "loss")


def test_the_page_says_what_is_wrong_and_offers_a_repair(client: TestClient, save: Save) -> None:
    run_id = save(make_dying(5, lr=0.05))
    answer = client.get(f"/runs/{run_id}")
    assert "Alarm: Dead units 90" in words(answer).replace("\N{NO-BREAK SPACE}", " ")
    forms = re.findall(rf'action="/runs/{run_id}/repairs">(.*?)</form>', answer.text, re.DOTALL)
    sent = [re.findall(r'name="(\w+)" value="(\w+)"', form) for form in forms]
    assert sent[0] == [("rule", "dead_units"), ("cure", "usual_lr")]
    assert [name for name, _ in sent[1]] == ["rule", "cure", "cure", "cure"]
    assert answer.text.count("Try this fix</button>") == answer.text.count('id="receipt-')


def test_the_evidence_is_on_the_page(client: TestClient, save: Save) -> None:
    page = client.get(f"/runs/{save(make_dying(5))}").text
    links = re.findall(r'href="[^"]*(#[\w-]+)" data-see', page)
    assert links
    assert all(f'id="{anchor[1:]}"' in page for anchor in links)


def test_the_diagnosis_can_be_drawn_anew_by_itself(client: TestClient, save: Save) -> None:
    run_id = save(make_dying(5))
    part = client.get(f"/api/runs/{run_id}/diagnosis.html?view=ridge").text.strip()
    assert part.startswith("<section")
    assert part in client.get(f"/runs/{run_id}?view=ridge").text


def test_the_overview_offers_what_the_run_has(client: TestClient, save: Save) -> None:
    page = client.get(f"/runs/{save(make_run(2))}").text
    assert re.findall(r'data-switch="overview" data-value="(\w+)"', page) == ["saturated", "gradient", "dead"]
    assert 'data-overview="gradient" hidden' in page
    answer = client.get(f"/runs/{save(make_run(2, activation='leaky_relu'))}")
    assert pictures(answer, "gradient_overview")
    assert 'data-switch="overview"' not in answer.text
    assert 'data-figure="saturation"' not in answer.text


def test_the_address_says_what_is_shown(client: TestClient, save: Save) -> None:
    """Without a script too: every switch is a link."""
    run_id = save(make_run(3))
    answer = client.get(f"/runs/{run_id}?overview=gradient&view=ridge&hide=hidden2&log=error&step=10")
    assert pictures(answer, "gradient_overview")
    assert not pictures(answer, "saturation")
    assert "epoch 1 of 2, step 10" in words(answer)
    pressed = re.findall(r'data-switch="(\w+)" data-value="(\w+)" aria-current="true"', answer.text)
    assert {("overview", "gradient"), ("view", "ridge"), ("log", "error"), ("hide", "hidden1")} <= set(pressed)
    assert ("hide", "hidden2") not in pressed
    assert f'stroke="{PAGE.layer(1, 3)}"' not in drawn(answer, "gradient_flow")
    back = re.search(r'href="([^"]+)" data-switch="view" data-value="overlaid"', answer.text).group(1)
    assert unescape(back) == "?step=10&overview=gradient&hide=hidden2&log=error"


def drawn(answer: Response, name: str) -> str:
    """The markup of one figure's picture."""
    return answer.text.split(f'data-figure="{name}"')[1].split('<div class="figure')[0].split("</div>")[0]


def test_what_theory_expects_is_offered_where_it_can_be_seen(client: TestClient, save: Save) -> None:
    run_id = save(make_run(3))
    link = re.search(r'href="([^"]+)" data-switch="expected"', client.get(f"/runs/{run_id}").text).group(1)
    assert unescape(link) == "?step=0&expected=1"
    begun = client.get(f"/runs/{run_id}{unescape(link)}")
    assert 'data-switch="expected" data-value="1" aria-current="true"' in begun.text
    assert drawn(begun, "activation") != drawn(client.get(f"/runs/{run_id}?step=0"), "activation")


def test_a_zoom_in_the_address_is_drawn(client: TestClient, save: Save) -> None:
    run_id = save(make_run(3))
    zoomed = drawn(client.get(f"/runs/{run_id}?zoom=loss:0.5,1.5,0,3"), "loss")
    assert ">1.2<" in zoomed
    assert ">1.2<" not in drawn(client.get(f"/runs/{run_id}"), "loss")


def test_every_figure_has_its_table_and_its_files(client: TestClient, save: Save) -> None:
    run_id = save(make_everything(2))
    page = unescape(client.get(f"/runs/{run_id}?step=10").text)
    for name, kinds in {"activation": ("html", "csv", "svg"), "loss": ("html", "csv", "svg")}.items():
        for kind in kinds:
            (link,) = set(re.findall(rf'href="(/api/runs/{run_id}/figures/{name}\.{kind}\?[^"]*)"', page))
            assert ("step=10" in link) == (name == "activation")
            assert client.get(link).status_code == 200
    assert len(set(re.findall(r'href="([^"]*figures/bands\.csv\?layer=\w+)"', page))) == 3


def test_a_run_is_run_again_as_it_was(client: TestClient, save: Save, session: Session) -> None:
    run = make_run(1, lr=0.07, name="Again")
    page = client.get(f"/runs/{save(run)}").text
    form = page[page.index('action="/runs"') :].split("</form>")[0]
    values = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}
    answer = client.post("/runs", data=values, headers=ORIGIN)
    assert store.find_run(session, answer.headers["location"].rpartition("/")[2]).spec == run.spec


def test_a_run_names_the_run_its_layers_come_from(client: TestClient, save: Save) -> None:
    source = save(make_run(1))
    run_id = save(make_run(1, transfer_from=source))
    assert f'<a href="/runs/{source}">the run its layers come from</a>' in client.get(f"/runs/{run_id}").text
    shared = client.get(share_link(client.post(f"/runs/{run_id}/shares", headers=ORIGIN)))
    assert source not in shared.text.split('id="specification"')[0]


def test_the_step_in_the_address_chooses_the_snapshot(client: TestClient, save: Save) -> None:
    run_id = save(make_run(3))
    assert "epoch 1 of 2, step 10" in words(client.get(f"/runs/{run_id}?step=10"))
    assert "epoch 2 of 2, step 20" in words(client.get(f"/runs/{run_id}"))


def test_change_and_run_leads_to_the_form_of_this_run(client: TestClient, save: Save) -> None:
    page = client.get(f"/runs/{save(make_run(1, lr=0.07))}").text
    form = client.get(unescape(re.search(r'href="(/new\?[^"]+)"', page).group(1))).text
    assert 'name="lr" value="0.07"' in form
    assert 'name="hidden" value="6, 5, 4"' in form


def test_another_run_can_start_from_the_layers_of_a_finished_one(client: TestClient, save: Save) -> None:
    run_id = save(make_run(1))
    link = re.search(r'href="(/new\?[^"]+)">Start from its layers', client.get(f"/runs/{run_id}").text).group(1)
    assert f'name="transfer_from" value="{run_id}"' in client.get(unescape(link)).text
    assert "Start from its layers" not in client.get(f"/runs/{save(make_run(1), status='cancelled')}").text


CERTAINTY = "5 of 40 validation examples (12.5 %) are answered wrongly"


def test_how_certain_the_net_is_is_told_with_pictures_to_whoever_sees_the_run(client: TestClient, save: Save) -> None:
    run_id = save(make_everything(2))
    shared = share_link(client.post(f"/runs/{run_id}/shares", headers=ORIGIN))
    for address in (f"/runs/{run_id}", f"/runs/{run_id}.html", shared):
        page = client.get(address)
        assert CERTAINTY in words(page)
        assert page.text.count('<img src="data:image/png;base64,') == 12
        assert 'alt="Validation example 39, class 0"' in page.text
        assert "1, not 0" in words(page)


def test_a_run_has_only_the_figures_that_suit_it(client: TestClient, save: Save) -> None:
    page = client.get(f"/runs/{save(make_run(2, hidden=(5,)))}")
    for name in ("jacobian", "piece_shares", "clipping", "clipped", "unit_norms", "monte_carlo"):
        assert f'data-figure="{name}"' not in page.text
    assert "What keeps it in check" not in words(page)
    assert "How certain is it" not in words(page)


def test_the_specification_names_what_the_run_read_and_nothing_else(client: TestClient, save: Save) -> None:
    text = words(client.get(f"/runs/{save(make_run(1, optimizer='momentum', lr=0.05))}"))
    assert "β, β₁ 0.9" in text
    assert "β₂" not in text.split("Specification")[1]
    assert "6-5-4" in text


def test_a_deleted_run_is_gone(client: TestClient, save: Save, session: Session) -> None:
    run_id = save(make_run(1))
    assert client.post(f"/runs/{run_id}/delete", headers=ORIGIN).headers["location"] == "/"
    assert store.find_run(session, run_id) is None
    assert client.get(f"/runs/{run_id}").status_code == 404


@pytest.mark.parametrize("name", ['<script>alert("x")</script>', "a'b\"c&d</title>"])
def test_a_name_with_markup_is_only_text(client: TestClient, save: Save, name: str) -> None:
    run_id = save(make_run(1, name=name))
    for address in ("/", f"/runs/{run_id}", f"/runs/{run_id}.html"):
        page = client.get(address).text
        assert "<script>alert" not in page
        assert name not in page


def test_no_page_holds_a_script_of_its_own_or_asks_another_host(client: TestClient, save: Save) -> None:
    run_id = save(make_run(2))
    for address in ("/", "/new", f"/runs/{run_id}"):
        page = client.get(address).text
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"\son\w+=", page)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


# --- sharing ---


def share_link(page: Response) -> str:
    return re.search(r'value="http://127\.0\.0\.1:8000(/s/[\w-]+)"', page.text).group(1)


def test_the_new_link_is_shown_once_and_opens_the_run(client: TestClient, save: Save) -> None:
    run_id = save(make_run(2, name="Look at this"))
    link = share_link(client.post(f"/runs/{run_id}/shares", headers=ORIGIN))
    assert link not in client.get(f"/runs/{run_id}").text
    assert "Look at this" in words(client.get(link))


def test_a_revoked_link_opens_nothing(client: TestClient, save: Save) -> None:
    run_id = save(make_run(1))
    page = client.post(f"/runs/{run_id}/shares", headers=ORIGIN)
    revoke = re.search(r'action="(/shares/\w+/revoke)"', page.text).group(1)
    assert client.post(revoke, headers=ORIGIN).headers["location"].startswith(f"/runs/{run_id}")
    assert client.get(share_link(page)).status_code == 404
    assert client.post(revoke, headers=ORIGIN).status_code == 404


def test_the_shared_page_only_reads_and_leads_nowhere(client: TestClient, save: Save) -> None:
    link = share_link(client.post(f"/runs/{save(make_dying(5, lr=0.05))}/shares", headers=ORIGIN))
    page = client.get(link)
    assert pictures(page, "activation")
    assert "Dead units" in words(page)
    assert "Learning rate η 0.05" in words(page)
    assert client.get(f"{link}/diagnosis.html").text.strip() in page.text
    assert "Specification" in words(page)
    body = page.text[page.text.index("<body") :].replace("<noscript>", "")
    assert "<form" not in body
    addresses = re.findall(r'<a [^>]*href="([^"]+)', body)
    assert all(address.startswith(("?", "#", "/new?", f"{link}/figures/")) for address in addresses)


def test_a_shared_link_shows_what_its_sender_saw(client: TestClient, save: Save) -> None:
    link = share_link(client.post(f"/runs/{save(make_run(3))}/shares", headers=ORIGIN))
    page = client.get(f"{link}?step=10&overview=dead&hide=output")
    assert "epoch 1 of 2, step 10" in words(page)
    assert pictures(page, "dead_overview")
    assert 'data-switch="hide" data-value="output" >' in page.text


# --- errors ---


def test_what_is_not_there_is_said_with_a_way_back(client: TestClient) -> None:
    answer = client.get("/runs/nope")
    assert answer.status_code == 404
    assert "There is no such run" in words(answer)
    assert '<a href="/">' in answer.text


def test_an_address_that_leads_nowhere_is_answered_with_a_sentence_and_the_way_back(client: TestClient) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "There is no page at this address." in answer.text
    assert 'href="/"' in answer.text


def test_a_form_in_spanish_keeps_numbers_as_machines_write_them_and_takes_them_either_way(client: TestClient) -> None:
    spanish = {"Accept-Language": "es"}
    assert 'value="0.05"' in client.get("/new?lr=0.05", headers=spanish).text
    assert client.post("/runs", data={"lr": "0,05"}, headers=spanish).status_code == 303
    [run] = client.get("/api/runs").json()["runs"]
    assert run["spec"]["lr"] == 0.05


def test_what_went_wrong_is_told_in_the_readers_language(client: TestClient) -> None:
    page = client.get("/runs/nope", headers={"Accept-Language": "es"}).text
    assert "Esa ejecución no existe. Puede que se haya borrado." in page
    assert "Volver a las ejecuciones" in page
