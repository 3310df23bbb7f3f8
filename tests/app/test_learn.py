import re
from html import unescape
from urllib.parse import parse_qsl

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session

from app.forms import plan
from app.i18n import gettext, speaking
from app.learn.entries import LEARN
from app.learn.pages import math
from app.learn.topics import PAGES
from ml.grid import grid
from ml.labs import LABS
from ml.rules import RULES
from tests.members import stranger
from tests.records import make_dying
from tests.saving import save_run
from tests.signing_in import student


def controls(html: str) -> dict[str, bool]:
    """Whether each control of the page is hidden."""
    found = re.findall(r'<\w+[^>]*data-control="(\w+)"([^>]*)>', html)
    return {name: bool(re.search(r"\bhidden\b", rest)) for name, rest in found}


def test_the_index_leads_to_every_page_and_says_its_point(client: TestClient) -> None:
    html = unescape(client.get("/learn").text)
    for slug, page in LEARN.items():
        assert f'<a href="/learn/{slug}">{page.title}</a>' in html
        assert page.point in html


@pytest.mark.parametrize("slug", LEARN)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_says_its_point_and_has_formulas_without_any_script(
    client: TestClient, slug: str, language: str
) -> None:
    html = unescape(client.get(f"/learn/{slug}", headers={"Accept-Language": language}).text)
    with speaking(language):
        assert gettext(LEARN[slug].point) in html
    assert "<noscript>" in html
    assert "<math " in html
    assert "\\" not in "".join(re.findall(r"<math.*?</math>", html, re.DOTALL))  # all of it was understood


def test_a_page_that_does_not_exist_is_not_found(client: TestClient) -> None:
    assert client.get("/learn/_page").status_code == 404


@pytest.mark.parametrize("slug", LEARN)
def test_train_this_for_real_fills_in_a_form_that_can_be_launched(client: TestClient, slug: str) -> None:
    html = client.get(f"/learn/{slug}").text
    query = re.search(r'href="/new\?([^"]*)"', html)
    assert query is not None
    planned = plan(dict(parse_qsl(unescape(query[1]))))
    page = LEARN[slug]
    wanted = page.spec.model_copy(update={"name": page.title})
    assert planned.base == wanted
    assert [run.spec for run in planned.runs] == [run.spec for run in grid(wanted, page.vary, 1)]


@pytest.mark.parametrize("slug", LEARN)
def test_a_teachers_link_leaves_controls_out_and_the_box_that_made_it(client: TestClient, slug: str) -> None:
    everything = controls(client.get(f"/learn/{slug}").text)
    first, *others = everything
    html = client.get(f"/learn/{slug}?hide={first}").text
    assert controls(html) == {first: True, **dict.fromkeys(others, False)}
    assert 'id="handout"' not in html


def test_a_teachers_link_can_leave_all_controls_out(client: TestClient) -> None:
    html = client.get("/learn/optimizers?hide=all").text
    assert re.search(r'<form id="controls"[^>]*\bhidden\b', html)
    assert not re.search(r'<form id="controls"[^>]*\bhidden\b', client.get("/learn/optimizers").text)


def test_pages_lead_to_the_labs_that_belong_to_them(client: TestClient) -> None:
    for name, lab in LABS.items():
        assert lab.learn in ("", *LEARN)
        if lab.learn:
            assert f'href="/labs/{name}"' in client.get(f"/learn/{lab.learn}").text


def test_a_stranger_reads_the_pages_but_is_not_led_to_what_asks_for_the_password(class_app: FastAPI) -> None:
    guest = stranger(class_app)
    assert guest.get("/learn").status_code == 200
    page = guest.get("/learn/signal")
    assert page.status_code == 200
    assert 'href="/new?' not in page.text
    assert 'href="/labs/' not in page.text
    guest.post("/sign-in", data=student())
    assert 'href="/new?' in guest.get("/learn/signal").text


def test_the_navigation_says_where_one_is(client: TestClient) -> None:
    assert re.search(r'<a href="/learn" aria-current="page">', client.get("/learn").text)
    assert re.search(r'<a href="/learn" aria-current="true">', client.get("/learn/signal").text)
    assert not re.search(r'<a href="/learn" aria-current', client.get("/new").text)


def test_a_formula_is_mathml_in_a_line_or_on_its_own() -> None:
    assert "<mfrac><mrow><mn>1</mn></mrow>" in math(r"\frac{1}{2}")
    assert 'display="inline"' in math("x")
    assert 'display="block"' in math("x", block=True)


def test_a_diagnosis_leads_to_the_page_on_its_subject_but_not_from_a_shared_run(
    client: TestClient, session: Session
) -> None:
    run_id = save_run(session, make_dying(5))
    link = '<a href="/learn/activations" id="learn-dead_units">Dying ReLU</a>'
    assert link in client.get(f"/runs/{run_id}").text
    shared = client.get(client.post(f"/api/runs/{run_id}/shares").json()["url"]).text
    assert "<dd>Dying ReLU</dd>" in shared
    assert "/learn/" not in shared


def test_every_subject_of_a_rule_has_a_page() -> None:
    assert {str(rule.topic) for rule in RULES.values()} == set(PAGES)
    assert set(PAGES.values()) <= set(LEARN)
