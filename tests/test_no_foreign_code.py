"""Nothing that a user writes is run, imported, unpickled or fetched."""

import ast
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.settings import PROJECT

FILES = sorted(file for folder in ("app", "ml") for file in (PROJECT / folder).rglob("*.py"))
RUN_CODE = {"eval", "exec", "compile", "__import__", "input"}
UNPICKLE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "torch.load", "runpy"}
CLIENTS = {"urllib.request", "http.client", "httpx", "httpx2", "requests", "aiohttp", "urllib3", "ftplib", "pooch"}
# The catalog's dotted names, the data sets' own addresses, and what an operator starts by hand.
IMPORTS_BY_NAME = {"ml/model.py", "ml/optimisation.py"}
MAY_DOWNLOAD = {"ml/downloads.py", "app/doctor/machine.py"}
URL = "http://127.0.0.1:9/x"


def calls(tree: ast.AST) -> Iterator[str]:
    """What is called, as it is written: `eval`, `torch.load`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.AST]:
    return {str(file.relative_to(PROJECT)): ast.parse(file.read_text()) for file in FILES}


def test_nothing_is_evaluated(trees: dict[str, ast.AST]) -> None:
    assert {file for file, tree in trees.items() if RUN_CODE & set(calls(tree))} == set()


def test_nothing_is_unpickled(trees: dict[str, ast.AST]) -> None:
    assert {file for file, tree in trees.items() if UNPICKLE & {*imported(tree), *calls(tree)}} == set()
    numpy = [file for file, tree in trees.items() if any("allow_pickle=True" in call for call in whole_calls(tree))]
    assert numpy == []


def whole_calls(tree: ast.AST) -> Iterator[str]:
    return (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_only_names_of_the_catalog_are_imported_by_name(trees: dict[str, ast.AST]) -> None:
    by_name = {file for file, tree in trees.items() if {"import_module", "importlib.import_module"} & set(calls(tree))}
    assert by_name <= IMPORTS_BY_NAME


def test_no_code_of_the_web_process_can_open_an_address(trees: dict[str, ast.AST]) -> None:
    assert {file for file, tree in trees.items() if CLIENTS & set(imported(tree))} <= MAY_DOWNLOAD


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt to reach something by the network, which fails."""
    tried: list[object] = []

    def refuse(_socket: socket.socket, address: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError(address)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    return tried


@pytest.mark.sqlite
def test_addresses_in_all_fields_cause_no_connection(client: TestClient, connections: list[object]) -> None:
    fields = client.get("/api/catalog").json()["spec"]["properties"]
    for field in fields:
        client.post("/api/runs", json={field: URL})
        client.post("/runs", data={field: URL})
        client.get("/new", params={field: URL})
    client.post("/api/experiments", json={"name": URL, "base": {"name": URL}, "vary": {"init": [URL]}})
    client.get("/compare", params={"runs": URL})
    client.get("/api/runs", params={"q": URL}, headers={"Referer": URL, "X-Forwarded-Host": "127.0.0.1:9"})
    assert client.post("/api/runs", json={"name": URL, "epochs": 0}).status_code == 201
    assert connections == []


def test_a_test_of_connections_would_see_one(connections: list[object]) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9))
    assert connections == [("127.0.0.1", 9)]


def test_a_specification_takes_no_path_and_no_address(client: TestClient) -> None:
    """Its texts are names out of the catalog, ids of runs, and the name that is shown."""
    fields = client.get("/api/catalog").json()["spec"]["properties"]
    free = {name for name, schema in fields.items() if any(_is_free_text(one) for one in _kinds(schema))}
    assert free == {"name", "transfer_from"}


def _kinds(schema: dict[str, object]) -> list[dict[str, object]]:
    found = schema.get("anyOf", [schema])
    assert isinstance(found, list)
    return found


def _is_free_text(schema: dict[str, object]) -> bool:
    return schema.get("type") == "string" and "enum" not in schema


def test_there_is_something_to_look_through() -> None:
    assert len(FILES) > 200
    assert Path(PROJECT / "app/queue.py") in FILES
