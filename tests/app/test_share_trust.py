"""Share links, as somebody tries them who was not sent one, or wants more of one than it opens."""

import asyncio
import json
import re
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.testclient import TestClient
from sqlalchemy import Engine, MetaData, select
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app import store
from app.access import WHO, Call
from app.figures import FIGURES
from app.live import Hub, Opened
from app.settings import Settings
from ml.records import SIGNALS
from tests import loops
from tests.conftest import TINY
from tests.members import stranger
from tests.records import make_dying, make_everything
from tests.saving import save_run
from tests.server import PATIENCE

BELOW = [call for call in WHO if call.path.startswith("/s/")]
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
FILLED = {"signal": "weight", "name": "loss"}
OTHER = TINY.model_copy(update={"name": "Somebody else's", "hidden": (5, 4, 3)})


def filled(call: Call, token: str, **values: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: {"token": token, **FILLED, **values}[found[1]], call.path)


def share(client: TestClient, run_id: str, **wish: Any) -> tuple[str, str]:
    """The id of a new link and its token."""
    made = client.post(f"/api/runs/{run_id}/shares", json=wish).json()
    return made["id"], made["url"].rpartition("/")[2]


def dump(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every column of every table."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.tables.items()
        }


def signed(answer: Any) -> tuple[int, bytes, str]:
    """All that can be told of an answer."""
    return answer.status_code, answer.content, str(sorted(answer.headers.items()))


# --- 19: what is kept of a token ---


def test_a_token_has_192_random_bits(session: Session, finished: str) -> None:
    tokens = [store.create_share(session, finished)[1] for _ in range(40)]
    tokens += [
        found[1] for share in store.list_shares(session, finished) if (found := store.replace_share(session, share.id))
    ]
    assert len(set(tokens)) == 80
    assert all(re.fullmatch(r"[\w-]{32}", token, re.ASCII) for token in tokens)
    for place in range(32):
        assert len({token[place] for token in tokens}) > 20, "each of its letters is one of 64, by chance"


def test_nothing_that_is_kept_opens_anything(
    client: TestClient, engine: Engine, session: Session, settings: Settings, finished: str
) -> None:
    share_id, first = share(client, finished)
    second = client.post(f"/api/shares/{share_id}/rotate").json()["url"].rpartition("/")[2]
    teacher, _ = store.create_mystery(session, TINY, "Case", None)
    tokens = {first, second, teacher, store.class_token(teacher)}
    kept = {value for rows in dump(engine).values() for row in rows for value in row}
    told = {value if isinstance(value, str) else repr(value) for value in kept}
    assert not [text for text in told for token in tokens if token in text]
    short = [text for text in told if 0 < len(text) < 100 and text.isascii() and "/" not in text]
    assert second not in short
    for opens in ("/s/{}", "/m/{}", "/m/teacher/{}", "/l/{}", "/l/teacher/{}"):
        assert {client.get(opens.format(text)).status_code for text in short} == {404}
    files = [file for file in Path(settings.data_dir).rglob("*") if file.is_file()]
    assert not [file for file in files for token in tokens if token.encode() in file.read_bytes()]
    assert client.get(f"/s/{second}").status_code == 200


# --- 20: what opens nothing ---


def nothings(client: TestClient, session: Session, run_id: str) -> list[str]:
    """Tokens that open nothing, each for another reason."""
    revoked_id, revoked = share(client, run_id)
    client.delete(f"/api/shares/{revoked_id}")
    rotated_id, rotated = share(client, run_id)
    current = client.post(f"/api/shares/{rotated_id}/rotate").json()["url"].rpartition("/")[2]
    expired = store.create_share(session, run_id, expires=time.time() - 1)[1]
    [kept] = [link for link in store.list_shares(session, run_id) if link.id == rotated_id]
    wrong = (current[:-1], current + "A", current.swapcase(), current[::-1], f"{current}%00", f"%20{current}")
    odd = ("x", "A" * 32, "é" * 9, "A" * 3_000, "%252e%252e", "%252e%252e%252f", "' OR 1=1 --", "%ff%fe", "\\..\\")
    return [revoked, rotated, expired, kept.id, kept.token_hash, run_id, *wrong, *odd]


def test_whatever_opens_nothing_is_answered_the_same(
    finished: str, class_app: FastAPI, ana: TestClient, teacher: TestClient, session: Session
) -> None:
    """Byte for byte, with the same headers, whoever asks in whichever language for whatever would be below it."""
    ends = ("", "/metrics", "/events", "/figures/loss.svg", "/layers/nonsense", "/nope", "?step=x", "/a/b/c", "/")
    tokens = nothings(teacher, session, finished)
    answers = {signed(stranger(class_app).get(f"/s/{token}{end}")) for token in tokens for end in ends}
    for client in (teacher, ana, stranger(class_app)):
        client.headers |= {"Accept-Language": "es", "If-None-Match": "*", "Range": "bytes=0-5"}
        answers |= {signed(client.get(f"/s/{token}")) for token in tokens}
    assert [answer[0] for answer in answers] == [404]


def test_head_and_every_changing_method_say_no_more(client: TestClient, session: Session, finished: str) -> None:
    _, good = share(client, finished)
    for method in (*CHANGING, "HEAD", "OPTIONS"):
        answers = {signed(client.request(method, f"/s/{token}")) for token in nothings(client, session, finished)}
        assert len(answers) == 1, method
        if method in CHANGING:
            assert signed(client.request(method, f"/s/{good}")) in answers


# --- 21: one run, to read ---


def test_a_link_reads_its_own_run_and_no_other(client: TestClient, session: Session, finished: str) -> None:
    """Whatever of another run stands in the place of a name or in the query."""
    other = store.create_run(session, OTHER)
    _, other_token = store.create_share(session, other.id)
    _, token = share(client, finished)
    strange = {"run": other.id, "run_id": other.id, "id": other.id, "runs": other.id, "token": other_token}
    for call in BELOW:
        plain = client.get(filled(call, token), params={"names": "loss"})
        asked = client.get(filled(call, token), params={"names": "loss", **strange})
        assert (plain.status_code, asked.status_code) == (200, 200), call
        assert OTHER.title not in unescape(asked.text)
        if "html" not in asked.headers["content-type"]:  # which repeats the query in the addresses of its links
            assert asked.content == plain.content, call
        for name in (other.id, f"..%2f{other_token}", f"..%2f..%2fruns%2f{other.id}", other_token):
            if "{" in call.path.removeprefix("/s/{token}"):
                answer = client.get(filled(call, token, signal=name, name=name))
                assert answer.status_code in (404, 422), call
                assert OTHER.title not in unescape(answer.text)


def test_a_link_leads_nowhere_else(client: TestClient, finished: str) -> None:
    """Nothing that the API has besides is there below a link."""
    _, token = share(client, finished)
    reads = {call.path.removeprefix("/s/{token}") for call in BELOW}
    for path in {call.path.removeprefix("/api/runs/{run_id}") for call in WHO if "/runs/{run_id}" in call.path} - reads:
        answer = client.get(f"/s/{token}{path}")
        assert answer.status_code == 404, path
    for path in ("/%2e%2e/%2e%2e/api/runs", "/..%2f..%2fapi%2fruns", "/shares", "/api/runs"):
        assert client.get(f"/s/{token}{path}").status_code == 404


@pytest.mark.parametrize("method", CHANGING)
def test_nothing_below_a_link_can_be_changed(
    client: TestClient, engine: Engine, session: Session, finished: str, method: str
) -> None:
    store.create_run(session, OTHER)
    _, token = share(client, finished)
    before = dump(engine)
    below = {filled(call, token) for call in BELOW}
    api = {f"/s/{token}{call.path.partition('{run_id}')[2]}" for call in WHO if "{run_id}" in call.path}
    for path in below | api:
        answer = client.request(method, path, json={"hidden": [4]})
        assert answer.status_code == 404, path
        assert client.request(method, path, data={"name": "x"}).status_code == 404, path
    assert dump(engine) == before


def test_a_student_may_do_no_more_below_the_link_of_another(finished: str, ana: TestClient, session: Session) -> None:
    _, token = store.create_share(session, finished)
    assert ana.get(f"/s/{token}").status_code == 200
    assert ana.get(f"/api/runs/{finished}").status_code == 404
    for method in CHANGING:
        assert ana.request(method, f"/s/{token}").status_code == 404
        assert ana.request(method, f"/s/{token}/metrics").status_code == 404


# What the JSON below a link has, in whatever is in it too: a name that is added here was thought about.
METRICS = {"step", "epoch", "train_loss", "train_error", "val_loss", "val_error"}
PER_LAYER = {"signal", "layers", "steps"}
STATISTICS = {"epochs", "mean", "std", "abs_mean", "min", "max", "p02", "p98", "norm", "nonfinite"}
FINDING = {
    "rule",
    "severity",
    "layer",
    "step",
    "value",
    "threshold",
    "text",
    "fix",
    "title",
    "formula",
    "layers",
    "fixes",
}
OPINION = {"opinions", "tool", "name", "formula", "value", "threshold", "says", "why"}
CHANGED = {"lr", "activation", "init", "init_std", "batch_norm", "alpha", "pieces"}  # settings, by cures of dead units
JSON_FIELDS: dict[str, set[str]] = {
    "/metrics": METRICS,
    **{f"/layers/{signal}": PER_LAYER | STATISTICS for signal in SIGNALS},
    "/layers/health": PER_LAYER | {"epochs", "saturated", "dead", "update_ratio", "jacobian", "jacobian_se"},
    "/histograms": set(SIGNALS) | PER_LAYER | {"lo", "hi", "counts"},
    **{f"/histograms/{signal}": PER_LAYER | {"lo", "hi", "counts"} for signal in SIGNALS},
    "/diagnosis": {"findings", "fixes", "cure", "label", "changes"} | FINDING | OPINION | CHANGED,
}
EVENT_FIELDS = {
    "metric": METRICS,
    "snapshot": {"attempt", "count", "epoch", "step"},
    "status": {
        "status",
        "step",
        "steps",
        "epoch",
        "epochs",
        "attempt",
        "seconds_left",
        "queue_place",
        "error",
        "snapshots",
    },
}  # fmt: skip
TRACE_FIELDS = {
    "colorbar", "colorscale", "fill", "fillcolor", "hoverinfo", "hovertemplate", "line", "marker", "meta", "mode",
    "name", "showscale", "type", "x", "xgap", "y", "ygap", "z", "zmax", "zmin",
}  # fmt: skip
LAYOUT_FIELDS = {
    "annotations", "font", "height", "hoverlabel", "hovermode", "margin", "paper_bgcolor", "plot_bgcolor", "shapes",
    "showlegend", "xaxis", "yaxis",
}  # fmt: skip


def fields(found: Any) -> set[str]:
    """Names of everything in it."""
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return set(found if isinstance(found, dict) else ()).union(*map(fields, inside))


def test_the_json_below_a_link_has_these_fields_and_no_other(client: TestClient, session: Session) -> None:
    run = make_dying(5)
    _, token = share(client, save_run(session, run, "finished"))
    assert {path: fields(client.get(f"/s/{token}{path}").json()) for path in JSON_FIELDS} == JSON_FIELDS
    events = re.findall(r"event: (\w+)\ndata: (.*)", client.get(f"/s/{token}/events").text)
    assert {(name, frozenset(json.loads(data))) for name, data in events} == {
        (name, frozenset(found)) for name, found in EVENT_FIELDS.items()
    }
    listed = {path.partition("?")[0] for path in JSON_FIELDS}
    for call in BELOW:
        answer = client.get(filled(call, token), params={"names": "loss"})
        if answer.headers["content-type"] == "application/json" and "/figures" not in call.path:
            assert filled(call, token).removeprefix(f"/s/{token}") in listed, "a new one"


def test_a_figure_below_a_link_has_these_fields_and_no_other(client: TestClient, session: Session) -> None:
    _, token = share(client, save_run(session, make_everything(), "finished"))
    figures = client.get(f"/s/{token}/figures", params={"names": ",".join(FIGURES)}).json()
    assert set(figures) == set(FIGURES)
    figures |= {f"{name} alone": client.get(f"/s/{token}/figures/{name}").json() for name in FIGURES}
    traces = [trace for figure in figures.values() for trace in figure["data"]]
    layouts = [figure["layout"] for figure in figures.values()]
    assert all(set(figure) == {"data", "layout"} for figure in figures.values())
    assert set().union(*traces) == TRACE_FIELDS
    assert set().union(*layouts) == LAYOUT_FIELDS
    assert {trace["meta"] for trace in traces if "meta" in trace} == set(make_everything().spec.layers)


# --- 22: what goes with an answer ---

ALWAYS = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex", "cache-control": "no-store"}


def guarded(answer: Any) -> bool:
    return {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS and "etag" not in answer.headers


def test_every_answer_below_a_link_keeps_the_token_where_it_is(client: TestClient, finished: str) -> None:
    _, token = share(client, finished)
    asked = {"If-None-Match": "*", "If-Modified-Since": "Wed, 21 Oct 2099 07:28:00 GMT"}
    for call in BELOW:
        for query in ("", "?v=1"):
            path = f"{filled(call, token)}{query or '?'}&names=loss"
            assert guarded(client.get(path)), path
            assert guarded(client.get(path, headers=asked)), path
            assert guarded(client.head(path)), path
            assert guarded(client.post(path)), path


def test_so_does_an_error(app: FastAPI, finished: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    _, token = share(client, finished)
    answers: dict[object, Any] = {
        404: client.get("/s/nope"), 422: client.get(f"/s/{token}/layers/nonsense"),
        413: client.post(f"/s/{token}", content=b" " * 1_100_000),
        403: client.post(f"/s/{token}", headers={"Sec-Fetch-Site": "cross-site"}),
        "host": client.get(f"/s/{token}", headers={"Host": "elsewhere.example.org"}),
    }  # fmt: skip
    monkeypatch.setattr(store, "open_share", _raise(OperationalError("SELECT", {}, Exception("database is locked"))))
    answers[503] = client.get(f"/s/{token}")
    monkeypatch.setattr(store, "open_share", _raise(RuntimeError("unheard of")))
    answers[500] = client.get(f"/s/{token}")
    assert [answer.status_code for answer in answers.values()] == [404, 422, 413, 403, 403, 503, 500]
    assert [status for status, answer in answers.items() if not guarded(answer)] == []
    assert token not in "".join(answer.text for answer in answers.values())


def test_what_nobody_expected_is_said_in_words(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    monkeypatch.setattr(store, "list_all_shares", _raise(RuntimeError("unheard of")))
    answer = client.get("/api/shares", headers={"Accept-Language": "es"})
    assert answer.status_code == 500
    assert answer.json()["detail"].startswith("Algo ha fallado en el servidor.")
    assert client.get("/shares").text.startswith("Something went wrong on the server.")
    with pytest.raises(RuntimeError, match="unheard of"):
        TestClient(app, base_url="http://127.0.0.1:8000").get("/shares")


def _raise(error: Exception) -> Any:
    def fail(*_: object) -> None:
        raise error

    return fail


# --- an open stream ---


def test_a_replaced_link_ends_its_streams(client: TestClient, engine: Engine, session: Session) -> None:
    run_id = store.create_run(session, TINY).id
    store.claim(session, run_id)
    share_id, token = share(client, run_id)
    opened = Opened(run_id, store.open_share(session, token).token_hash)

    async def follow() -> list[object]:
        stream = Hub(engine).follow(opened, "")
        await anext(stream)
        await run_in_threadpool(client.post, f"/api/shares/{share_id}/rotate")
        async with asyncio.timeout(PATIENCE):
            return [told async for told in stream]

    assert loops.run(follow()) == []
