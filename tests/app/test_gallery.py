import gzip
import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import unescape
from unittest.mock import patch

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from app.diagnosis import Headline
from app.examples import EXAMPLES, Example
from app.examples.prepared import Prepared
from app.gallery import RUNS_ON_A_PAGE
from app.models import Experiment
from tests.records import make_dying, make_run
from tests.saving import ORIGIN, save_run, words

Save = Callable[..., str]


@pytest.fixture
def save(session: Session) -> Save:
    return partial(save_run, session)


def listed(page: str) -> list[str]:
    """Ids in the list, from above."""
    return re.findall(r'<li id="row-(\w+)">', page)


def link(page: str, text: str) -> str:
    found = re.search(rf'href="([^"]+)"[^>]*>{text}</a>', page)
    assert found, f"no link {text}"
    return unescape(found[1])


# --- before any run ---


def test_before_any_run_a_healthy_network_stands_beside_a_dying_one_with_figures(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    large = answer.text[answer.text.index('class="contrast"') :].split('class="compare-them"')[0]
    assert large.count('<svg role="img"') == 4
    dying = Prepared().load("vanishing")
    assert dying is not None
    assert Headline.of(dying).text.replace("\N{NO-BREAK SPACE}", " ") in words(answer)
    assert "The gradients of layers 1 and 5 are within a factor of 2.8." in words(answer)
    assert large.count('href="/examples/') == 4


def test_the_two_large_examples_have_one_scale(client: TestClient) -> None:
    large = client.get("/").text.split('class="contrast"')[1].split('class="compare-them"')[0]
    flows = re.findall(r'aria-label="Gradient that reaches each layer".*?</svg>', large, re.DOTALL)
    scales = [re.findall(r'text-anchor="end">(10[^<]*)<', flow) for flow in flows]
    assert len(scales) == 2
    assert scales[0] == scales[1] != []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.slug)
def test_run_this_sends_the_whole_experiment(client: TestClient, session: Session, example: Example) -> None:
    page = client.get("/").text
    title = page.index(f'<a href="/examples/{example.slug}">{example.spec.name}</a>')
    form = page[title:].split("</form>")[0]
    values = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)}
    answer = client.post("/runs", data=values, headers=ORIGIN)
    assert store.find_run(session, answer.headers["location"].rpartition("/")[2]).spec == example.spec


def test_examples_are_run_under_a_name_in_the_language_of_the_page(client: TestClient) -> None:
    page = client.get("/?lang=es").text
    assert 'name="name" value="ReLU que se muere"' in page


# --- the list ---


def test_home_lists_runs_with_their_state_last_error_and_picture(client: TestClient, save: Save) -> None:
    good = save(make_run(3, name="Good one"))
    save(make_run(0, name="Next one"), status="queued")
    answer = client.get("/")
    text = words(answer)
    assert text.index("Next one") < text.index("Good one")
    assert "Queued" in text
    assert f"{100 * 2.3 / 3 / 2.8:.1f} % val error" in text
    assert answer.text.split(f'id="open-{good}"')[1].count('<svg class="thumbnail"') >= 1
    assert answer.text.count('class="thumbnail"') == 1 + len(EXAMPLES)


def test_each_run_is_listed_with_its_diagnosis_in_a_sentence(client: TestClient, save: Save) -> None:
    save(make_run(6, hidden=(6, 5)))
    save(make_dying(5), status="running")
    text = words(client.get("/")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Alarm: 90 % of the units of layer 2 are silent for every example" in text
    assert "After epoch 5, 13.7 % of the answers are wrong." in text
    assert "Alarma: " in words(client.get("/?lang=es"))


def test_the_sentence_of_a_run_that_has_ended_is_not_made_anew(client: TestClient, save: Save) -> None:
    save(make_dying(5))
    first = client.get("/").text
    with patch("app.diagnosis.diagnose", side_effect=AssertionError):
        assert listed(client.get("/").text) == listed(first)


def test_a_run_without_a_finite_error_is_listed_without_one(client: TestClient, save: Save) -> None:
    (snapshot,) = make_run(1).snapshots
    lost = replace(snapshot, metrics=replace(snapshot.metrics, val_error=math.nan))
    save(replace(make_run(1), snapshots=(lost,)))
    text = words(client.get("/"))
    assert "nan" not in text
    assert "val error" not in text


def test_a_run_tells_the_experiment_it_belongs_to(client: TestClient, save: Save, session: Session) -> None:
    session.add(Experiment(id="e1", name="Six <depths>", base="{}", vary="{}", seeds=1))
    session.add(run := store.new_run(make_run(0).spec, 0, "e1"))
    session.commit()
    save(make_run(0), status="queued")
    page = client.get("/").text
    assert '<a class="experiment-of" href="/experiments/e1"' in page
    assert "Six &lt;depths&gt;" in page
    assert listed(client.get("/?experiment=e1").text) == [run.id]


def test_pages_lead_to_older_and_back_to_newer_runs(client: TestClient, save: Save) -> None:
    ids = [save(make_run(0), status="queued") for _ in range(2 * RUNS_ON_A_PAGE + 3)][::-1]
    first = client.get("/").text
    assert listed(first) == ids[:20]
    assert ">Newer<" not in first
    second = client.get(link(first, "Older")).text
    assert listed(second) == ids[20:40]
    third = client.get(link(second, "Older")).text
    assert listed(third) == ids[40:]
    assert ">Older<" not in third
    assert listed(client.get(link(third, "Newer")).text) == ids[20:40]
    back = client.get(link(second, "Newer")).text
    assert listed(back) == ids[:20]
    assert listed(client.get(link(third, "Newest runs")).text) == ids[:20]


def test_a_page_of_newer_runs_that_reaches_the_newest_is_a_full_one(client: TestClient, save: Save) -> None:
    ids = [save(make_run(0), status="queued") for _ in range(RUNS_ON_A_PAGE + 5)][::-1]
    assert listed(client.get(f"/?newer={ids[3]}").text) == ids[:20]


def test_search_and_filters_find_runs_and_pages_keep_them(client: TestClient, save: Save) -> None:
    tanh = [save(make_run(0, name=f"number {i}"), status="queued") for i in range(RUNS_ON_A_PAGE + 1)][::-1]
    relu = save(make_run(1, name="Other", activation="relu", dataset="shapeset"))
    assert listed(client.get("/?q=RELU+other").text) == [relu]
    assert listed(client.get("/?dataset=shapeset&status=finished").text) == [relu]
    page = client.get("/?q=tanh&status=queued").text
    assert listed(page) == tanh[:20]
    assert listed(client.get(link(page, "Older")).text) == tanh[20:]
    assert '<option value="queued" selected>' in page
    assert 'name="q" value="tanh"' in page


def test_what_is_not_found_is_said_with_a_way_out(client: TestClient, save: Save) -> None:
    save(make_run(0), status="queued")
    answer = client.get("/?q=<nothing>&status=failed")
    assert "Nothing has “<nothing>” in its name or its settings with these filters." in words(answer)
    assert link(answer.text, "Show all runs") == "/"
    assert "<nothing>" not in answer.text


def test_runs_are_chosen_by_checkboxes_of_one_form(client: TestClient, save: Save) -> None:
    ids = [save(make_run(0), status="queued") for _ in range(2)]
    page = client.get("/").text
    for run_id in ids:
        assert f'type="checkbox" name="run" value="{run_id}" form="compare"' in page
    assert re.search(r'<form [^>]*id="compare" action="/compare">', page)


def test_a_full_page_of_runs_travels_in_60_kb(client: TestClient, save: Save) -> None:
    for _ in range(RUNS_ON_A_PAGE):
        save(make_run(40, hidden=(6,) * 8, epochs=39))
    assert len(gzip.compress(client.get("/").content, 4)) < 60_000
