"""The spec of a mystery's run can't be read from any page, JSON, export or address: every route is tried."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update
from sqlmodel import Session, col
from starlette.routing import Mount

from app import store
from app.models import Run
from app.mysteries.blinding import FIGURES_SHOWN
from ml.records import RunRecord
from ml.spec import RunSpec
from tests.records import make_everything
from tests.saving import end_run

# What the class may see of a spec: of `hidden` the number of layers, of the last ones how often was looked.
SEEN = {"hidden", "epochs", "steps_per_epoch", "snapshot_every", "monitor_size", "bins"}
SECRET = make_everything(snapshots=4).spec.model_copy(
    update={
        "name": "Quokka", "lr": 0.013579, "seed": 8675309, "dropout": 0.3719, "weight_decay": 0.002468,
        "init": "orthogonal", "optimizer": "rmsprop", "rho": 0.8642, "batch_size": 77, "clip": "norm",
        "clip_at": 0.04321, "max_norm": 2.7183, "dataset": "shapeset", "loss": "quadratic",
    }
)  # fmt: skip
TELLING = ("Quokka", "0.013579", "8675309", "0.3719", "0.002468", "0.8642", "0.04321", "2.7183")
UNKNOWN = "0" * 14 + "0f1e0d"


@dataclass(frozen=True)
class Hidden:
    """A mystery whose patient has finished, and a cure that is still waiting."""

    token: str
    patient: str
    cure: str

    @property
    def link(self) -> str:
        return f"/m/{store.class_token(self.token)}"


def hide(session: Session, spec: RunSpec, measured: RunRecord) -> Hidden:
    token, patient = store.create_mystery(session, spec, "Case 1", "overfit")
    assert patient.mystery_id is not None
    end_run(session, patient.id, measured)
    session.execute(update(Run).where(col(Run.id) == patient.id).values(started=1.7e9, finished=1.7e9 + 4))
    session.commit()
    said = store.Said("Ana", "overfit", "adam")
    _, cure = store.add_answer(session, patient.mystery_id, patient.id, said, spec.model_copy(update={"lr": 0.5}))
    assert cure is not None
    return Hidden(token, patient.id, cure.id)


@pytest.fixture
def hidden(session: Session) -> Hidden:
    return hide(session, SECRET, make_everything(snapshots=4))


# --- every route there is, by whoever knows a hidden run's id ---


@dataclass(frozen=True)
class Asked:
    """A route: its parameters in the path, and in the query string."""

    method: str
    path: str
    parameters: tuple[str, ...]
    query: tuple[str, ...]


def routes(app: FastAPI, below: str = "") -> Iterator[Asked]:
    """Every route but the static files, those of mounted applications too."""
    for route in app.routes:
        if isinstance(route, Mount):
            if isinstance(route.app, FastAPI):
                yield from routes(route.app, below + route.path)
        elif hasattr(route, "effective_route_contexts"):
            for one in route.effective_route_contexts():
                query = tuple(query_names(one.dependant))
                for method in one.methods:
                    yield Asked(method, below + one.path, tuple(one.param_convertors), query)


def query_names(dependant: Any) -> set[str]:
    below = (query_names(other) for other in dependant.dependencies)
    return {field.alias for field in dependant.query_params}.union(*below)


def filled(asked: Asked, run_id: str) -> Iterator[str]:
    """Addresses of the route that name the run wherever it takes a text."""
    likely = {"name": "loss", "signal": "activation"}
    path = asked.path
    for parameter in asked.parameters:
        path = re.sub(rf"{{{parameter}(:\w+)?}}", likely.get(parameter, run_id), path)
    yield path
    yield from (f"{path}?{name}={run_id}" for name in (*asked.query, "transfer_from"))
    if "runs" in asked.query:
        yield f"{path}?runs={run_id[-6:]}.lecture"


BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"json": {"transfer_from": "RUN", "hidden": [6, 5, 4], "activation": "tanh"}},
    {"json": {"base": {"transfer_from": "RUN"}, "vary": {"lr": [0.1]}}},
    {"data": {"transfer_from": "RUN", "rule": "overfit", "cure": "adam", "name": "RUN", "fault": "RUN"}},
)


def with_id(body: dict[str, Any], run_id: str) -> dict[str, Any]:
    return {kind: _replaced(values, run_id) for kind, values in body.items()}


def _replaced(value: Any, run_id: str) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(inner, run_id) for name, inner in value.items()}
    return run_id if value == "RUN" else value


def test_the_walk_knows_every_kind_of_route(app: FastAPI) -> None:
    found = {(asked.method, asked.path) for asked in routes(app)}
    for known in (
        ("GET", "/runs/{run_id}"), ("GET", "/api/runs/{run_id}/export.zip"), ("DELETE", "/api/runs/{run_id}"),
        ("GET", "/s/{token}/figures/{name}.csv"), ("GET", "/examples/{slug}/metrics"), ("GET", "/healthz"),
        ("POST", "/runs"), ("GET", "/m/{token}/events"),
    ):  # fmt: skip
        assert known in found


def test_no_route_answers_otherwise_than_for_a_run_that_there_is_not(
    app: FastAPI, client: TestClient, hidden: Hidden
) -> None:
    for asked in routes(app):
        if asked.method != "GET" or asked.path == "/metrics":  # which counts these very questions, and takes no id
            continue
        for nowhere, *here in zip(*(filled(asked, one) for one in (UNKNOWN, hidden.patient, hidden.cure)), strict=True):
            nothing = client.get(nowhere)
            for address, run_id in zip(here, (hidden.patient, hidden.cure), strict=True):
                found = client.get(address)
                assert found.status_code == nothing.status_code, address
                assert plain(found.text, run_id) == plain(nothing.text, UNKNOWN), address
                assert [secret for secret in TELLING if secret in found.text] == [], address


def plain(text: str, run_id: str) -> str:
    return text.replace(run_id, "ID").replace(run_id[-6:], "END")


@pytest.mark.parametrize("which", ["patient", "cure"])
def test_no_route_changes_a_hidden_run_or_tells_of_it_while_it_changes_something(
    app: FastAPI, client: TestClient, session: Session, hidden: Hidden, which: str
) -> None:
    run_id = getattr(hidden, which)
    before = store.find_any_run(session, run_id)
    for asked in routes(app):
        if asked.method in ("GET", "HEAD"):
            continue
        path = next(filled(asked, run_id))
        for body in BODIES:
            found = client.request(asked.method, path, **with_id(body, run_id))
            nothing = client.request(asked.method, next(filled(asked, UNKNOWN)), **with_id(body, UNKNOWN))
            assert found.status_code == nothing.status_code, (path, body)
            assert [secret for secret in TELLING if secret in found.text] == [], (path, body)
    session.expire_all()
    assert store.find_any_run(session, run_id) == before
    assert store.list_shares(session, run_id) == []


# --- the class's own page ---


def others(spec: RunSpec) -> RunSpec:
    """A spec that has nothing in common with this one but what the class may see. Most of it could not be trained."""
    changed = {
        "name": "Wombat", "dataset": "digits", "classes": (1, 2), "train_size": 99, "scaling": "none",
        "architecture": "cnn", "channels": (3,), "hidden": (9, 8), "activation": "sigmoid", "alpha": 0.3, "pieces": 4,
        "init": "normal", "init_std": 0.7, "bias_init": -0.4, "transfer_from": "x", "transfer_layers": 1,
        "transfer_freeze": True, "batch_norm": "after", "dropout": 0.1, "input_dropout": 0.2, "max_norm": None,
        "weight_decay": 0.3, "mc_passes": 7, "loss": "cross_entropy", "optimizer": "adam", "lr": 0.9, "momentum": 0.1,
        "beta2": 0.2, "rho": 0.3, "eps": 0.4, "clip": "value", "clip_at": 9.0, "batch_size": 5, "seed": 1,
        "device": "cpu",
    }  # fmt: skip
    return RunSpec.model_construct(**(spec.model_dump() | changed))


def addresses(link: str) -> Iterator[str]:
    """All that can be asked of the class's page."""
    yield from (link, f"{link}?step=0&expected=1&view=ridge&overview=dead&smooth=loss", f"{link}?lang=es")
    yield f"{link}/events"
    for name in FIGURES_SHOWN:
        for kind in ("", ".svg", ".csv", ".html"):
            yield f"{link}/figures/{name}{kind}"
        yield f"{link}/figures/{name}?step=0&expected=1&ridge=1&log=1&theme=page"
    for renderer in ("plotly", "svg"):
        yield f"{link}/figures?names={','.join(FIGURES_SHOWN)}&renderer={renderer}&expected=1&step=0&v=1"


def test_two_patients_that_differ_in_every_setting_are_the_same_to_the_class(
    client: TestClient, session: Session
) -> None:
    measured = make_everything(snapshots=4)
    spec = RunSpec.model_construct(**(SECRET.model_dump() | {"mc_passes": 5, "beta2": 0.5}))
    other = others(spec)
    assert {name for name in RunSpec.model_fields if getattr(spec, name) == getattr(other, name)} == SEEN - {"hidden"}
    assert spec.depth == other.depth
    one, two = (hide(session, each, measured) for each in (spec, other))
    for here, there in zip(addresses(one.link), addresses(two.link), strict=True):
        found, as_well = client.get(here), client.get(there)
        assert found.status_code == 200, here
        assert found.text.replace(one.link, "LINK") == as_well.text.replace(two.link, "LINK"), here
        headers = [{**answer.headers, "content-length": "", "etag": ""} for answer in (found, as_well)]
        assert headers[0] == headers[1], here


def test_the_results_of_a_cure_tell_no_setting(client: TestClient, session: Session, hidden: Hidden) -> None:
    end_run(session, hidden.cure, make_everything(snapshots=4))
    mystery = store.open_as_teacher(session, hidden.token)
    assert mystery is not None
    [given] = store.list_answers(session, mystery.id)
    page = client.get(f"{hidden.link}/answers/{given.id}").text
    assert "Validation loss" in page
    assert [secret for secret in (*TELLING, "tanh", "shapeset", hidden.patient, hidden.cure) if secret in page] == []


def test_the_teachers_page_does_show_what_is_hidden(client: TestClient, hidden: Hidden) -> None:
    """Or else the tests above would look for what nobody ever says."""
    page = client.get(f"/m/teacher/{hidden.token}").text
    assert [secret for secret in TELLING if secret not in page and secret != "Quokka"] == []


def test_a_run_that_is_not_hidden_is_shown_by_the_same_routes(client: TestClient, session: Session) -> None:
    run = store.create_run(session, SECRET)
    assert client.get(f"/api/runs/{run.id}").json()["spec"]["lr"] == 0.013579
    assert "8675309" in client.get(f"/runs/{run.id}").text


# --- links ---


def test_every_link_that_opens_nothing_gets_the_same_answer(client: TestClient, hidden: Hidden) -> None:
    of_class, unknown = hidden.link.rpartition("/")[2], "A" * 32
    links = [
        "/m/x", "/m/", "/m/%00", "/m/" + "é" * 9, f"/m/{unknown}", f"/m/{hidden.token}", f"/m/{unknown}/events",
        f"/m/{unknown}/figures/nope", f"/m/{unknown}/answers", f"/m/{unknown}/answers/x", "/m/teacher", "/m/teacher/x",
        f"/m/teacher/{of_class}", f"/m/teacher/{unknown}/reveal", f"/m/{of_class}/answers/x", f"/m/{of_class}/a/b/c",
        f"{hidden.link}/figures/nope", f"/s/{of_class}", f"/s/{hidden.token}",
    ]  # fmt: skip
    answers = [client.get(link) for link in links]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    below_m = [answer for link, answer in zip(links, answers, strict=True) if link.startswith("/m/")]
    assert len({str(sorted(answer.headers.items())) for answer in below_m}) == 1


def test_a_token_does_not_travel_on(client: TestClient, hidden: Hidden) -> None:
    for path in (hidden.link, f"/m/teacher/{hidden.token}", hidden.link + "/figures/loss", "/m/nope"):
        headers = client.get(path).headers
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-robots-tag"] == "noindex"
        assert headers["cache-control"] == "no-store"


def test_a_link_preview_tells_nothing(client: TestClient, hidden: Hidden) -> None:
    head = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', client.get(hidden.link).text))
    assert head["og:title"] == "Case 1"
    assert head["og:description"] == "What is wrong with this network, and what would cure it?"
    assert "og:image" not in head


def test_the_numbers_of_a_figure_come_in_a_file_that_names_no_run(client: TestClient, hidden: Hidden) -> None:
    named = client.get(hidden.link + "/figures/loss.csv").headers["content-disposition"]
    assert named == 'attachment; filename="layerscope-mystery-loss.csv"'


def test_the_health_check_counts_hidden_runs_and_says_no_more(client: TestClient, hidden: Hidden) -> None:
    told = client.get("/healthz")
    assert told.json()["queued"] == 1
    assert hidden.cure not in told.text


@pytest.mark.usefixtures("hidden")
def test_a_run_that_comes_next_in_the_queue_waits_for_hidden_ones(session: Session) -> None:
    state = store.live_state(session, store.create_run(session, SECRET).id)
    assert state is not None
    assert state.queue_place == 2
