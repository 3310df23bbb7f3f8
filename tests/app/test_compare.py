import re
from collections.abc import Callable
from functools import partial
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from app.figures.compare import COMPARISONS
from tests.records import make_dying, make_run
from tests.saving import save_run, words

Save = Callable[..., str]


@pytest.fixture
def save(session: Session) -> Save:
    return partial(save_run, session)


def address(*ids: str) -> str:
    return "/compare?runs=" + ".".join(run_id[-6:] for run_id in ids)


def section(page: str, name: str) -> str:
    return page.split(f'id="{name}"')[1].split("</section>")[0]


def row(page: str, label: str) -> list[str]:
    """The texts of a table's row."""
    found = re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', page, re.DOTALL)
    assert found, f"no row {label}"
    return [unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<td.*?</td>", found[1], re.DOTALL)]


# --- the address ---


def test_what_the_list_sends_leads_to_one_short_address(client: TestClient, save: Save) -> None:
    ids = [save(make_run(2)) for _ in range(2)]
    answer = client.get(f"/compare?run={ids[0]}&run={ids[1]}")
    assert answer.status_code == 303
    assert answer.headers["location"] == address(*ids)
    assert client.get(answer.headers["location"]).status_code == 200


def test_an_end_is_as_long_as_it_must_be(client: TestClient, session: Session) -> None:
    for run_id in ("0001aaaaaa", "0002aaaaaa"):
        run = store.new_run(make_run(0).spec, 0)
        run.id = run_id
        session.add(run)
    session.commit()
    sent = client.get("/compare?run=0001aaaaaa&run=0002aaaaaa").headers["location"]
    assert sent == "/compare?runs=1aaaaaa.2aaaaaa"
    assert client.get(sent).status_code == 200
    unclear = client.get("/compare?runs=aaaaaa.1aaaaaa")
    assert unclear.status_code == 404
    assert "Several runs end in aaaaaa: give more of the id." in words(unclear)


def test_a_run_that_is_gone_is_named_and_the_others_are_shown(client: TestClient, save: Save) -> None:
    ids = [save(make_run(2)) for _ in range(2)]
    answer = client.get(address(*ids) + ".ffffff")
    assert answer.status_code == 404
    assert "There is no run that ends in ffffff." in words(answer)
    assert f'href="{address(*ids)}">this address' in answer.text
    assert 'id="differences"' in answer.text


def test_an_end_that_is_too_short_finds_nothing(client: TestClient, save: Save) -> None:
    run_id = save(make_run(1))
    answer = client.get(f"/compare?runs={run_id[-5:]}")
    assert answer.status_code == 404
    assert "Choose them from the list of runs" in words(answer)


def test_nine_runs_are_too_many(client: TestClient, save: Save) -> None:
    answer = client.get(address(*(save(make_run(1)) for _ in range(9))))
    assert answer.status_code == 422
    assert "9 runs are too many: 8 can be told apart." in words(answer)
    assert answer.text.count('class="remove"') == 8


def test_with_one_run_others_can_be_found_and_added(client: TestClient, save: Save) -> None:
    first, second, third = (save(make_run(1, activation=name)) for name in ("tanh", "relu", "sigmoid"))
    page = client.get(f"/compare?runs={first[-6:]}&find=sigmoid").text
    assert 'id="differences"' not in page
    adding = [unescape(href) for href in re.findall(r'href="(/compare[^"]+run=\w+)"', page)]
    assert adding == [f"/compare?runs={first[-6:]}&run={third}"]
    assert client.get(adding[0]).headers["location"] == address(first, third)
    assert second not in page


def test_without_a_run_the_page_asks_which(client: TestClient) -> None:
    answer = client.get("/compare")
    assert answer.status_code == 200
    assert "Which runs?" in words(answer)
    assert "run=dying-relu" in answer.text  # an example, as long as there is no run


def test_each_run_can_be_removed_with_the_rest_of_the_view_kept(client: TestClient, save: Save) -> None:
    ids = [save(make_run(2)) for _ in range(3)]
    page = client.get(address(*ids) + "&at=50&x=step").text
    assert f'href="{address(ids[0], ids[2])}&amp;x=step&amp;at=50" aria-label="Remove' in page


def test_examples_are_compared_before_any_run_was_made(client: TestClient) -> None:
    page = client.get("/compare?runs=healthy.vanishing").text
    assert 'href="/examples/vanishing"' in page
    assert row(section(page, "differences"), "Activation") == ["tanh, tanh s", "sigmoid, 1 / (1 + exp(−s))"]


# --- the tables ---


def test_only_what_differs_stands_in_the_table_and_the_rest_is_listed(client: TestClient, save: Save) -> None:
    ids = save(make_run(2, lr=0.1)), save(make_run(2, lr=0.2, seed=5))
    page = section(client.get(address(*ids)).text, "differences")
    assert row(page, "Learning rate η") == ["0.1", "0.2"]
    assert len(re.findall(r'<th scope="row">', page)) == 2
    assert "<dt>Batch size</dt>" in page.split("<details")[1]


def test_the_best_number_is_named_and_not_only_coloured(client: TestClient, save: Save) -> None:
    ids = save(make_run(2)), save(make_run(4))
    page = section(client.get(address(*ids)).text, "numbers")
    better, worse = 100 * 2.3 / 4 / 2.8, 100 * 2.3 / 2 / 2.8
    assert row(page, "Validation error") == [f"{worse:.1f}\N{NO-BREAK SPACE}%", f"{better:.1f}\N{NO-BREAK SPACE}% best"]
    assert row(page, "… at epoch") == ["1", "3"]
    assert row(page, "Saturated or inactive units of the worst layer") == ["20.0\N{NO-BREAK SPACE}%"] * 2
    assert row(page, "Parameters")[0] == f"{make_run(1).spec.parameters:,}"


def test_what_is_wrong_with_each_run_is_named(client: TestClient, save: Save) -> None:
    page = client.get(address(save(make_dying(5)), save(make_run(6, hidden=(6, 5))))).text
    dying, healthy = row(page, "Diagnosis")
    assert dying.startswith("Dead units")
    assert healthy == "nothing wrong found"


def test_equal_numbers_have_no_best(client: TestClient, save: Save) -> None:
    page = client.get(address(save(make_run(2)), save(make_run(2)))).text
    assert "best" not in "".join(row(page, "Validation error"))


def test_seeds_are_told_as_mean_and_standard_deviation(client: TestClient, save: Save) -> None:
    ids = [save(make_run(2, seed=seed)) for seed in (1, 2)] + [save(make_run(2, lr=0.5))]
    answer = client.get(address(*ids))
    assert "Over the seeds: A, B" in words(answer)
    assert f"{2.3 / 2 * 1.1:.3g} ± 0" in words(answer)
    assert "A×2" in section(answer.text, "curves")
    assert "A×2" not in section(client.get(address(*ids) + "&group=0").text, "curves")


def test_a_run_that_waits_is_compared_as_far_as_it_goes(client: TestClient, save: Save) -> None:
    answer = client.get(address(save(make_run(0), status="queued"), save(make_run(2))))
    assert answer.status_code == 200
    assert 'data-active="1"' in answer.text
    assert row(answer.text, "Validation error")[0] == "–"


# --- the figures ---


def test_the_page_has_a_panel_for_each_layer_and_each_run(client: TestClient, save: Save) -> None:
    ids = save(make_run(2)), save(make_run(2, hidden=(5, 4)))
    page = client.get(address(*ids)).text
    assert section(page, "histograms").count('class="figure"') == 3
    assert section(page, "flows").count('class="figure"') == 2
    assert section(page, "maps").count('class="figure"') == 2
    weights = client.get(address(*ids) + "&signal=weight").text
    assert section(weights, "histograms").count('class="figure"') == 4
    alone = client.get(address(*ids) + "&layer=hidden2").text
    assert section(alone, "histograms").count('class="figure"') == 1


@pytest.mark.parametrize("name", COMPARISONS)
def test_every_figure_can_be_had_as_json_and_as_svg(client: TestClient, save: Save, name: str) -> None:
    runs = address(save(make_run(2)), save(make_run(3))).partition("?")[2]
    figure = client.get(f"/api/compare/figures/{name}?{runs}").json()
    assert figure["layout"]["height"] > 100
    assert len(figure["data"]) >= 1
    assert client.get(f"/api/compare/figures/{name}.svg?{runs}").text.startswith("<svg")


def test_figures_of_what_is_not_there_are_answered_with_a_reason(client: TestClient, save: Save) -> None:
    run_id = save(make_run(1))
    for path, reason in (
        (f"none?runs={run_id[-6:]}", "There is no such figure"),
        ("val_loss?runs=ffffff", "There is no run that ends in ffffff"),
        (f"gradient_flow?runs={run_id[-6:]}&place=1", "There is only 1 run."),
        ("gradient_flow?runs=", "There are only 0 runs."),
    ):
        answer = client.get(f"/api/compare/figures/{path}")
        assert answer.status_code == 404
        assert answer.json()["detail"].startswith(reason)


def test_a_figure_of_no_runs_at_all_is_refused(client: TestClient) -> None:
    for name in COMPARISONS:
        assert client.get(f"/api/compare/figures/{name}?runs=").status_code == 404
