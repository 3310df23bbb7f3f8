import pytest
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app import db, store
from app.examples import BY_SLUG, EXAMPLES
from app.examples.prepared import FILE, Prepared
from app.figures import FIGURES
from app.settings import Settings
from tests.saving import words

HINT = "run `make examples`"


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return Prepared()


def test_the_shipped_file_has_the_newest_schema(migrated: str, prepared: Prepared) -> None:
    newest = db.make_engine(migrated)
    version = "SELECT version_num FROM alembic_version"
    with newest.connect() as there, prepared.engine.connect() as here:
        assert here.execute(text(version)).scalar() == there.execute(text(version)).scalar(), HINT
    assert set(inspect(prepared.engine).get_table_names()) == set(inspect(newest).get_table_names()), HINT
    newest.dispose()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.slug)
def test_the_shipped_file_holds_every_example_as_it_is_now(prepared: Prepared, example) -> None:
    run = prepared.load(example.slug)
    assert run is not None, HINT
    assert run.spec == example.spec, HINT
    assert run.status == "finished"
    assert run.steps[-1] == example.spec.steps
    assert (run.monte_carlo is not None) == (example.spec.mc_passes is not None)


def test_the_shipped_file_holds_nothing_else_and_is_small(prepared: Prepared) -> None:
    with Session(prepared.engine) as session:
        assert {run.id for run in store.list_runs(session, limit=100)} == set(BY_SLUG), HINT
    assert FILE.stat().st_size < 1_000_000


def test_nothing_can_be_written_to_it(prepared: Prepared) -> None:
    before = sorted(path.name for path in FILE.parent.iterdir())
    with Session(prepared.engine) as session, pytest.raises(OperationalError, match="readonly"):
        store.delete_run(session, "healthy")
    assert sorted(path.name for path in FILE.parent.iterdir()) == before


def test_no_slug_could_be_the_end_of_a_run_s_id() -> None:
    assert [slug for slug in BY_SLUG if set(slug) <= set("0123456789abcdef")] == []


# --- their pages ---


@pytest.mark.parametrize("slug", BY_SLUG)
def test_each_example_has_a_page_with_all_figures_that_suit_it(client: TestClient, slug: str) -> None:
    page = client.get(f"/examples/{slug}")
    assert page.status_code == 200
    suiting = [name for name, figure in FIGURES.items() if figure.suits(BY_SLUG[slug].spec)]
    assert [name for name in suiting if f'data-figure="{name}"' not in page.text] == []
    assert "Run this" in words(page)
    assert "Change it first" in words(page)


def test_the_page_of_an_example_only_reads(client: TestClient) -> None:
    page = client.get("/examples/healthy").text
    for word in ("/delete", "/cancel", "/shares", "export.zip"):
        assert word not in page


def test_what_its_script_asks_for_lies_below_its_address(client: TestClient) -> None:
    assert 'data-base="/examples/dying-relu"' in client.get("/examples/dying-relu").text
    for path in ("metrics", "layers/health", "histograms/weight", "figures/activation?step=0", "figures/loss.svg"):
        assert client.get(f"/examples/dying-relu/{path}").status_code == 200, path


def test_what_is_not_there_is_answered_in_the_manner_of_what_was_asked(client: TestClient) -> None:
    page = client.get("/examples/none")
    assert page.status_code == 404
    assert "There is no such example." in words(page)
    assert client.get("/examples/none/metrics").json() == {"detail": "There is no such example."}
    assert client.get("/examples/healthy/figures/none").status_code == 404


def test_in_a_class_examples_ask_for_the_password_too(settings: Settings) -> None:
    from app.main import create_app

    app = create_app(settings.model_copy(update={"host": "0.0.0.0", "class_password": "secret"}))
    stranger = TestClient(app, base_url="http://school:8000", follow_redirects=False)
    for path in ("/examples/healthy", "/examples/healthy/metrics", "/compare?runs=healthy.vanishing"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    app.state.queue.close()
    app.state.engine.dispose()
