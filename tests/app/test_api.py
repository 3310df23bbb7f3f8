import csv
import io
import json
import math
import zipfile
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from safetensors.numpy import load as load_tensors
from sqlalchemy import Engine
from sqlmodel import Session

from app import store
from app.figures import FIGURES
from app.training import train_and_save
from ml.records import SIGNALS, Metrics, StepRecord
from ml.spec import RunSpec
from ml.transfer import misfit
from ml.words import words
from tests.conftest import TINY
from tests.reference import look_at

SPEC = TINY.model_dump(mode="json")
READ = [
    "/metrics",
    "/layers/activation",
    "/layers/weight",
    "/layers/health",
    "/histograms/weight_gradient",
    "/figures/loss",
]


def launch(client: TestClient, **spec: Any) -> str:
    answer = client.post("/api/runs", json={**SPEC, **spec})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_launched_run_is_queued_and_listed(client: TestClient) -> None:
    run_id = launch(client, name="mine")
    run = client.get(f"/api/runs/{run_id}").json()
    assert (run["status"], run["name"], run["url"]) == ("queued", "mine", f"/runs/{run_id}")
    assert run["progress"] == {"step": 0, "steps": 6, "epoch": 0.0}
    assert client.get("/api/runs").json() == {"runs": [run], "cursor": None}


def test_what_is_left_out_takes_its_default(client: TestClient) -> None:
    answer = client.post("/api/runs", json={})
    assert RunSpec.model_validate(answer.json()["spec"]) == RunSpec()


def test_the_list_is_read_page_by_page(client: TestClient) -> None:
    ids = sorted((launch(client) for _ in range(5)), reverse=True)
    first = client.get("/api/runs", params={"limit": 3}).json()
    rest = client.get("/api/runs", params={"limit": 3, "cursor": first["cursor"]}).json()
    assert [run["id"] for run in first["runs"] + rest["runs"]] == ids
    assert rest["cursor"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hidden": []}, "hidden"),
        ({"hidden": [-5]}, "hidden"),
        ({"hidden": [1_000_000, 1_000_000]}, "hidden"),
        ({"lr": 0}, "lr"),
        ({"lr": 1e9}, "lr"),
        ({"activation": "swish"}, "activation"),
        ({"colour": "red"}, "colour"),
        ({"epochs": -1}, "epochs"),
        ({"batch_norm": "both"}, "batch_norm"),
    ],
)
def test_a_bad_spec_names_the_field_and_the_fix_and_is_not_stored(
    client: TestClient, body: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/runs", json=body)
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert problem["field"] == field
    assert problem["message"]
    assert problem["fix"]
    assert client.get("/api/runs").json()["runs"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"lr": NaN}', 422),
        (b'{"lr": Infinity}', 422),
        (b'{"lr": ', 400),
        (b"\xff\xfe", 400),
        (b"[1]", 422),
        (b"null", 422),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
        (b'{"name": "' + b"x" * 10_000_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_spec_is_refused_with_a_reason(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/api/runs", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_a_large_body_in_pieces_is_refused_too(client: TestClient) -> None:
    pieces = (b" " * 100_000 for _ in range(100))
    answer = client.post("/api/runs", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert "1 MB" in answer.json()["detail"]


def test_metrics_and_layers_tell_one_value_per_snapshot_and_layer(client: TestClient, finished: str) -> None:
    metrics = client.get(f"/api/runs/{finished}/metrics").json()
    assert metrics["step"] == [0, 3, 6]
    assert metrics["epoch"] == [0, 1, 2]
    assert {len(values) for values in metrics.values()} == {3}
    layers = client.get(f"/api/runs/{finished}/layers/activation").json()
    assert (layers["layers"], layers["steps"]) == (["hidden1", "hidden2"], [0, 3, 6])
    assert np.array(layers["std"]).shape == (3, 2)
    weights = client.get(f"/api/runs/{finished}/layers/weight").json()
    assert weights["layers"] == ["hidden1", "hidden2", "output"]


def test_health_has_null_where_a_value_means_nothing(client: TestClient, finished: str) -> None:
    health = client.get(f"/api/runs/{finished}/layers/health").json()
    assert health["update_ratio"][0] == [None, None]
    assert None not in health["update_ratio"][1]
    assert [row[0] for row in health["jacobian"]] == [None] * 3
    assert 0 <= health["saturated"][0][0] <= 1


def test_the_histograms_of_all_signals_come_in_one_answer(client: TestClient, finished: str) -> None:
    path = f"/api/runs/{finished}/histograms"
    found = client.get(path).json()
    assert found == {signal: client.get(f"{path}/{signal}").json() for signal in SIGNALS}


def test_histograms_count_every_value(client: TestClient, finished: str) -> None:
    found = client.get(f"/api/runs/{finished}/histograms/activation").json()
    counts = np.array(found["counts"])
    assert counts.shape == (3, 2, 100)
    assert counts.sum(axis=2).tolist() == [[20 * 8, 20 * 6]] * 3
    assert found["lo"] == [[-1, -1]] * 3


def test_extras_are_null_where_a_run_has_none(client: TestClient, finished: str) -> None:
    found = client.get(f"/api/runs/{finished}/extras").json()
    assert [name for name, value in found.items() if value is not None] == ["pulses"]
    assert client.get("/api/runs/nope/extras").status_code == 404


@pytest.fixture
def with_everything(engine: Engine, session: Session) -> str:
    """The id of a finished run that has all that only some runs have."""
    changes = {
        "activation": "maxout", "max_norm": 1.0, "clip": "norm", "clip_at": 0.1, "epochs": 5, "dropout": 0.2,
        "mc_passes": 3,
    }  # fmt: skip
    run = store.create_run(session, RunSpec(**{**TINY.model_dump(), **changes}))
    attempt = store.claim(session, run.id)
    assert attempt is not None
    train_and_save(engine, run.id, attempt)
    return run.id


def test_extras_tell_everything_that_only_some_runs_have(client: TestClient, with_everything: str) -> None:
    found = client.get(f"/api/runs/{with_everything}/extras").json()
    assert found["clipping"]["steps"] == [3, 6, 9, 12, 15]
    assert all(after <= 0.1 + 1e-6 for after in found["clipping"]["norm_after"])
    assert found["unit_norms"]["layers"] == ["hidden1", "hidden2", "output"]
    assert [len(layer) for layer in found["unit_norms"]["values"][-1]] == [16, 12, 10]
    assert max(value for layer in found["unit_norms"]["values"][-1] for value in layer) <= 1
    assert [len(layer) for layer in found["piece_shares"]["values"][-1]] == [8, 6, 0]
    assert all(sum(unit) == pytest.approx(1) for unit in found["piece_shares"]["values"][-1][0])
    assert (found["pulses"]["steps"], len(found["pulses"]["update_ratio"][0])) == ([10], 3)
    certain = found["monte_carlo"]
    assert (certain["passes"], len(certain["mean"]), certain["shape"]) == (3, 300, [1, 8, 8])
    assert all(sum(row) == pytest.approx(1, abs=1e-5) for row in certain["mean"])
    entropy = certain["entropy"]
    assert entropy[certain["most_certain"][0]] == min(entropy)
    assert entropy[certain["least_certain"][0]] == max(entropy)
    assert len(certain["pictures"]) == len(certain["most_certain"]) + len(certain["least_certain"])


def test_the_export_holds_what_only_some_runs_have(client: TestClient, with_everything: str) -> None:
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/api/runs/{with_everything}/export.zip").content))
    assert json.loads(archive.read("extras.json")) == client.get(f"/api/runs/{with_everything}/extras").json()
    assert load_tensors(archive.read("monte_carlo.safetensors"))["mean"].shape == (300, 10)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"transfer_from": "nope"}, "transfer_from", "no run with this id"),
        ({"hidden": [9, 6]}, "transfer_from", "hidden1 has 8 units"),
        ({"activation": "relu"}, "transfer_from", "was trained as tanh, here it is relu"),
        ({"transfer_layers": 3}, "transfer_layers", "only 2 hidden layers"),
    ],
)
def test_layers_that_do_not_fit_are_refused_with_the_reason(
    client: TestClient, finished: str, changes: dict[str, Any], field: str, reason: str
) -> None:
    answer = client.post("/api/runs", json={**SPEC, "transfer_from": finished, **changes})
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["field"] == field
    assert reason in problem["message"]
    assert problem["fix"]
    assert len(client.get("/api/runs").json()["runs"]) == 1


def test_layers_of_a_run_that_has_not_finished_are_refused(client: TestClient) -> None:
    answer = client.post("/api/runs", json={**SPEC, "transfer_from": launch(client)})
    assert answer.status_code == 422
    assert "queued, so it has no final weights" in answer.json()["detail"][0]["message"]


@pytest.mark.parametrize("name", sorted(FIGURES))
@pytest.mark.parametrize("theme", ["light", "dark", "page"])
def test_every_figure_is_drawn_as_json_and_as_svg(client: TestClient, finished: str, name: str, theme: str) -> None:
    figure = client.get(f"/api/runs/{finished}/figures/{name}", params={"theme": theme}).json()
    reasons = figure["layout"]["annotations"][1:]
    assert figure["data"] or reasons
    picture = client.get(f"/api/runs/{finished}/figures/{name}.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<svg")


@pytest.mark.parametrize(
    "path",
    [
        "/figures/nonsense",
        "/figures/nonsense.svg",
        "/figures/nonsense.csv",
        "/figures/nonsense.html",
        "/figures/bands?layer=hidden9",
        "/figures/bands?layer=output",
        "/export.zip",
        "/shares",
        "",
    ],
)
def test_what_is_not_there_is_404_with_a_reason(client: TestClient, finished: str, path: str) -> None:
    run_id = finished if path.startswith("/figures") else "nope"
    answer = client.get(f"/api/runs/{run_id}{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no such ")


@pytest.mark.parametrize(
    "path",
    ["/layers/nonsense", "/histograms/health", "/figures/loss?step=-1", "/figures/loss?theme=x", "/figures/loss?log=x"],
)
def test_a_bad_parameter_is_named(client: TestClient, finished: str, path: str) -> None:
    answer = client.get(f"/api/runs/{finished}{path}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["field"] in ("signal", "step", "theme", "log")


@pytest.mark.parametrize(("asked", "axis"), [("", "log"), ("?log=1", "log"), ("?log=0", "linear")])
def test_a_figure_is_drawn_as_the_reader_switched_it(client: TestClient, finished: str, asked: str, axis: str) -> None:
    figure = client.get(f"/api/runs/{finished}/figures/gradient_flow{asked}").json()
    assert figure["layout"]["yaxis"]["type"] == axis


def test_switches_reach_the_picture_too(client: TestClient, finished: str) -> None:
    plain, ridge, expected = (
        client.get(f"/api/runs/{finished}/figures/activation.svg?step=0{more}").text
        for more in ("", "&ridge=1", "&expected=1")
    )
    assert len({plain, ridge, expected}) == 3
    assert "each layer to its own peak" in ridge


def test_a_figures_numbers_are_a_file_and_a_table_that_links_to_it(client: TestClient, finished: str) -> None:
    address = f"/api/runs/{finished}/figures/error"
    file = client.get(f"{address}.csv?log=1")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == f'attachment; filename="layerscope-{finished}-error.csv"'
    assert file.text.splitlines()[0] == 'line,epoch,"wrong answers, %"'
    page = client.get(f"{address}.html?smooth=1")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count("<tr>") == 1 + len(client.get(f"{address}.csv?smooth=1").text.splitlines()[1:])
    assert f'href="{address}.csv?smooth=1"' in page.text


def test_a_run_without_snapshots_answers_everything_empty(client: TestClient) -> None:
    run_id = launch(client)
    for path in READ:
        assert client.get(f"/api/runs/{run_id}{path}").status_code == 200
    assert client.get(f"/api/runs/{run_id}/histograms/weight").json()["counts"] == []
    assert client.get(f"/api/runs/{run_id}/export.zip").status_code == 200


def test_cancelling_works_once(client: TestClient) -> None:
    run_id = launch(client)
    assert client.post(f"/api/runs/{run_id}/cancel").json()["status"] == "cancelled"
    again = client.post(f"/api/runs/{run_id}/cancel")
    assert again.status_code == 409
    assert "cancelled already" in again.json()["detail"]


def test_a_deleted_run_is_gone(client: TestClient) -> None:
    run_id = launch(client)
    assert client.delete(f"/api/runs/{run_id}").status_code == 204
    assert client.get(f"/api/runs/{run_id}").status_code == 404
    assert client.delete(f"/api/runs/{run_id}").status_code == 404


def read_events(client: TestClient, url: str, **headers: str) -> list[tuple[str, dict[str, Any]]]:
    text = client.get(url, headers=headers).text
    fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block.strip()]
    return [(block["event"], json.loads(block["data"])) for block in fields]


def test_the_event_stream_tells_each_snapshot_and_ends_with_the_run(client: TestClient, finished: str) -> None:
    events = read_events(client, f"/api/runs/{finished}/events")
    snapshots = [data for name, data in events if name == "snapshot"]
    assert [s["step"] for s in snapshots] == [0, 3, 6]
    assert [data["step"] for name, data in events if name == "metric"] == [0, 3, 6]
    name, status = events[-1]
    assert (name, status["status"], status["step"], status["steps"]) == ("status", "finished", 6, 6)


def test_a_stream_that_comes_back_is_told_only_what_it_missed(client: TestClient, finished: str) -> None:
    def steps(last: str) -> list[int]:
        events = read_events(client, f"/api/runs/{finished}/events", **{"Last-Event-ID": last})
        return [data["step"] for name, data in events if name == "snapshot"]

    assert steps("1-3") == [6]
    assert steps("1-6") == []
    assert steps("0-3") == [0, 3, 6], "another attempt has begun since"
    assert steps("rubbish") == [0, 3, 6]


def test_the_catalog_lists_every_choice_with_its_formula(client: TestClient) -> None:
    catalog = client.get("/api/catalog").json()
    assert {entry["name"] for entry in catalog["activations"]} >= {"sigmoid", "tanh", "relu", "elu"}
    assert all(entry["formula"] for entry in catalog["initialisers"])
    assert catalog["spec"]["properties"]["lr"]["exclusiveMinimum"] == 0


def exported(client: TestClient, run_id: str) -> dict[str, bytes]:
    answer = client.get(f"/api/runs/{run_id}/export.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def arrays(file: bytes) -> Any:
    return np.load(io.BytesIO(file))


def test_the_export_lets_another_program_compute_the_last_snapshot_again(client: TestClient, finished: str) -> None:
    files = exported(client, finished)
    monitor, histograms = arrays(files["monitor.npz"]), arrays(files["histograms.npz"])
    seen = look_at(load_tensors(files["weights.safetensors"]), "tanh", monitor["inputs"], monitor["labels"])
    rows = list(csv.DictReader(io.StringIO(files["layers.csv"].decode())))
    assert {row["signal"] for row in rows} == {"activation", "backprop_gradient", "weight_gradient", "weight"}
    for row in (row for row in rows if row["step"] == "6"):
        signal, values = row["signal"], seen[row["layer"]][row["signal"]]
        told = {name: float(row[name]) for name in list(row)[4:]}
        exact = {
            "mean": values.mean(), "std": values.std(), "abs_mean": np.abs(values).mean(), "min": values.min(),
            "max": values.max(), "norm": np.linalg.norm(values), "nonfinite": 0,
        }  # fmt: skip
        for name, value in exact.items():
            assert told[name] == pytest.approx(value, rel=1e-5, abs=1e-5 * values.std()), (signal, row["layer"], name)
        layer = TINY.layers.index(row["layer"])
        lo, hi, counts = (histograms[f"{signal}_{name}"][-1, layer] for name in ("lo", "hi", "counts"))
        expected, _ = np.histogram(values.clip(lo, hi), np.linspace(lo, hi, 101))
        assert counts.sum() == values.size
        assert np.abs(counts - expected).sum() <= 4, "float32 may carry a value over an edge"
        for name, share in (("p02", 2), ("p98", 98)):
            assert told[name] == pytest.approx(np.percentile(values, share), abs=(hi - lo) / 100)
        assert histograms[f"{signal}_steps"].tolist() == [0, 3, 6]


def test_the_export_holds_the_spec_the_metrics_and_the_health(client: TestClient, finished: str) -> None:
    files = exported(client, finished)
    assert RunSpec.model_validate_json(files["spec.json"]) == TINY
    metrics = list(csv.DictReader(io.StringIO(files["metrics.csv"].decode())))
    assert list(metrics[0]) == ["step", "epoch", "train_loss", "train_error", "val_loss", "val_error"]
    assert [row["step"] for row in metrics] == ["0", "3", "6"]
    monitor = arrays(files["monitor.npz"])
    seen = look_at(load_tensors(files["weights.safetensors"]), "tanh", monitor["inputs"], monitor["labels"])
    last = {
        row["layer"]: row for row in csv.DictReader(io.StringIO(files["health.csv"].decode())) if row["step"] == "6"
    }
    for layer in ("hidden1", "hidden2"):
        flat = np.abs(seen[layer]["slope"]) < 0.05
        assert float(last[layer]["saturated"]) == pytest.approx(flat.mean(), abs=1 / flat.size)
        assert float(last[layer]["dead"]) == flat.all(axis=0).mean()


def test_null_is_the_default_of_every_setting_and_the_document_says_so(client: TestClient) -> None:
    settings = client.get("/openapi.json").json()["components"]["schemas"]["RunSpec"]["properties"]
    for name, schema in settings.items():
        Draft202012Validator(schema).validate(None)
        assert not Draft202012Validator(schema).is_valid({}), name
    answer = client.post("/api/runs", json=dict.fromkeys(settings))
    assert RunSpec.model_validate(answer.json()["spec"]) == RunSpec()


def test_every_answer_is_as_the_openapi_document_says(client: TestClient, finished: str, with_everything: str) -> None:
    document = client.get("/openapi.json").json()

    def check(path: str, template: str, method: str = "get", **request: Any) -> None:
        answer = client.request(method, path, **request)
        described = document["paths"][template][method]["responses"][str(answer.status_code)]
        schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
        Draft202012Validator(schema).validate(answer.json())

    run, template = f"/api/runs/{finished}", "/api/runs/{run_id}"
    for path in READ:
        head, _, last = path.rpartition("/")
        parameter = {"": path, "/layers": "/layers/{signal}", "/histograms": "/histograms/{signal}"}
        check(run + path, template + parameter.get(head, "/figures/{name}"))
        assert last
    check(run, template)
    check(f"{run}/extras", f"{template}/extras")
    check(f"/api/runs/{with_everything}/extras", f"{template}/extras")
    check("/api/runs", "/api/runs", "post", json={"transfer_from": "nope"})
    check("/api/runs", "/api/runs")
    check("/healthz", "/healthz")
    check("/api/runs", "/api/runs", "post", json={"epochs": 0})
    check("/api/runs", "/api/runs", "post", json={"lr": 0})
    check("/api/runs", "/api/runs", "post", content=b"{")
    check("/api/runs/nope", template)
    check(f"{run}/cancel", f"{template}/cancel", "post")
    check(f"{run}/shares", f"{template}/shares", "post")
    check(f"{run}/shares", f"{template}/shares")
    check("/api/shares/nope", "/api/shares/{share_id}", "delete")


def test_a_diverged_run_tells_null_where_there_is_no_number(client: TestClient, session: Session) -> None:
    run = store.create_run(session, TINY)
    store.claim(session, run.id)
    store.save_snapshot(session, run.id, 1, StepRecord(0, 0.0, Metrics(math.nan, 0.9, math.inf, 0.9)))
    metrics = client.get(f"/api/runs/{run.id}/metrics").json()
    assert (metrics["train_loss"], metrics["val_loss"]) == ([None], [None])


SPANISH = {"Accept-Language": "es-AR,es"}


def test_what_is_wrong_is_told_in_the_language_of_the_request(client: TestClient) -> None:
    [problem] = client.post("/api/runs", json={"batch_size": 2000}, headers=SPANISH).json()["detail"]
    assert problem == {
        "field": "batch_size",
        "message": "mayor que los 1.197 ejemplos de entrenamiento",
        "fix": "como máximo 1197, por ejemplo 32",
    }
    assert (
        client.get("/api/runs/nope", headers=SPANISH).json()["detail"]
        == "Esa ejecución no existe. Puede que se haya borrado."
    )
    assert client.get("/api/nonsense", headers=SPANISH).json()["detail"] == "En esta dirección no hay ninguna página."
    activations = client.get("/api/catalog", headers=SPANISH).json()["activations"]
    assert activations[0]["label"] == "sigmoide"


def test_why_a_run_failed_is_told_in_the_language_of_the_request(client: TestClient, session: Session) -> None:
    run = store.create_run(session, RunSpec())
    attempt = store.claim(session, run.id)
    assert attempt is not None
    problem = misfit(RunSpec(hidden=(5,), transfer_from="a"), RunSpec())
    store.fail(session, run.id, attempt, words("transfer_from: {problem}", problem=problem))
    english = "transfer_from: hidden1 has 300 units with 64 inputs in that run, here it has 5 units with 64 inputs"
    spanish = "hidden1 tiene 300 unidades con 64 entradas en esa ejecución, aquí tiene 5 unidades con 64 entradas"
    path = f"/api/runs/{run.id}"
    assert client.get(path).json()["error"] == english
    assert client.get(path, headers=SPANISH).json()["error"] == f"transfer_from: {spanish}"
    assert spanish in json.loads(client.get(f"{path}/events", headers=SPANISH).text.split("data: ")[-1])["error"]


def test_several_figures_come_in_one_answer_as_the_page_shows_them(client: TestClient, finished: str) -> None:
    query = {"names": "loss,activation,bands:hidden2", "step": "0", "view": "ridge", "log": "loss"}
    found = client.get(f"/api/runs/{finished}/figures", params=query).json()
    assert list(found) == ["loss", "activation", "bands:hidden2"]
    assert found["loss"]["layout"]["yaxis"]["type"] == "log"
    one = client.get(f"/api/runs/{finished}/figures/activation", params={"step": 0, "ridge": 1, "theme": "page"})
    assert found["activation"] == one.json()
    pictures = client.get(f"/api/runs/{finished}/figures", params=query | {"renderer": "svg"}).json()
    assert all(picture.startswith("<svg") for picture in pictures.values())


@pytest.mark.parametrize("names", ["nonsense", "loss,", "bands:output", "loss:hidden9"])
def test_a_figure_that_there_is_not_is_not_found_among_several(client: TestClient, finished: str, names: str) -> None:
    assert client.get(f"/api/runs/{finished}/figures", params={"names": names}).status_code == 404
