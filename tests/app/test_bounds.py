"""What a request may take: of an address, of headers, of a body, of depth. Open routes too."""

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.bounds import MAX_ADDRESS_BYTES, MAX_BODY_BYTES, MAX_DEPTH, MAX_HEADERS, Nesting
from app.links import OPEN_BY_TOKEN
from tests.saving import ORIGIN

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", **ORIGIN}
TAKES_JSON = ["/api/runs", "/api/experiments", "/api/runs/x/shares", "/api/runs/x/repairs"]
TAKES_FORMS = ["/runs", "/mystery", "/sign-in", "/m/x/answers", "/l/x"]


def nested(depth: int) -> str:
    return '{"hidden": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


def chunks(total: int) -> Iterator[bytes]:
    yield b'{"name": "'
    for _ in range(total // 50_000):
        yield b"x" * 50_000
    yield b'"}'


@pytest.mark.parametrize("path", [*TAKES_JSON, *TAKES_FORMS])
def test_a_body_that_is_too_large_is_refused_whether_its_length_was_told_or_not(client: TestClient, path: str) -> None:
    assert client.post(path, content=b"x" * (MAX_BODY_BYTES + 1), headers=FORM).status_code == 413
    headers = FORM if path in TAKES_FORMS else JSON
    answer = client.post(path, content=chunks(2 * MAX_BODY_BYTES), headers=headers)
    # Below a link with a token whatever goes wrong is the same "not there".
    assert answer.status_code == (404 if path.startswith(OPEN_BY_TOKEN) else 413)
    assert answer.status_code == 404 or "larger than 1 MB" in answer.text


@pytest.mark.parametrize("path", TAKES_JSON)
def test_json_that_is_nested_too_deep_is_refused_before_it_is_parsed(client: TestClient, path: str) -> None:
    for depth in (MAX_DEPTH + 1, 5_000, 400_000):
        answer = client.post(path, content=nested(depth), headers=JSON)
        assert answer.status_code == 400
        assert f"more than {MAX_DEPTH} levels" in answer.json()["detail"]


@pytest.mark.parametrize("kind", ["application/json", "application/vnd.x+json", "text/plain", ""])
def test_whatever_a_body_is_called_it_is_not_too_deep(client: TestClient, kind: str) -> None:
    answer = client.post("/api/runs", content=nested(MAX_DEPTH + 1), headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)


def test_json_as_deep_as_allowed_is_told_what_is_wrong_with_it(client: TestClient) -> None:
    answer = client.post("/api/runs", content=nested(MAX_DEPTH), headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["field"].startswith("hidden")


@pytest.mark.parametrize("text", ["[" * 99, '\\"' + "[" * 99, "{\\\\", '"[["'])
def test_brackets_in_a_text_do_not_count(client: TestClient, text: str) -> None:
    answer = client.post("/api/runs", json={"name": text, "epochs": 0})
    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == text


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_the_depth_is_the_same_in_whatever_pieces_it_comes(size: int) -> None:
    value = {'a"\\': [1, {"b": '[[[\\"[', "c": [[], {}]}], "d": "\\\\", "e": [[[["x"]]]]}
    text = json.dumps(value).encode()
    nesting = Nesting()
    assert max(nesting.deepest(text[i : i + size]) for i in range(0, len(text), size)) == 5


@pytest.mark.parametrize("charset", ["punycode", "undefined", "idna", "utf-7", "latin-1", '"UTF-16"'])
@pytest.mark.parametrize("path", TAKES_FORMS)
def test_nobody_chooses_the_decoder_of_a_form(client: TestClient, path: str, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n+2AA-\r\n--b--\r\n'
    headers = ORIGIN | {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = client.post(path, content=body, headers=headers)
    assert (answer.status_code, answer.text) == (400, "The request can't be read.\n")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_forms_are_utf_8(client: TestClient, charset: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="hidden"\r\n\r\n4\r\n--b--\r\n'
    headers = ORIGIN | {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
    assert client.post("/runs", content=body, headers=headers).status_code == 303


def test_another_encoding_hides_no_depth(client: TestClient) -> None:
    hidden = ('{"name": "\u2222", "hidden": ' + "[" * 500 + "]" * 500 + "}").encode("utf-16")
    assert client.post("/api/runs", content=hidden, headers=JSON).status_code == 400


def test_a_large_body_is_looked_at_in_little_time_and_memory() -> None:
    nesting = Nesting()
    tracemalloc.start()
    assert nesting.deepest(b"[]" * (MAX_BODY_BYTES // 2)) == 1
    assert tracemalloc.get_traced_memory()[1] < 50 * MAX_BODY_BYTES
    tracemalloc.stop()


def test_numbers_without_end_are_no_server_error(client: TestClient) -> None:
    for number in ("9" * 200_000, "-" + "1" * 5_000, "1e999999999", "0." + "1" * 100_000):
        answer = client.post("/api/runs", content=f'{{"lr": {number}, "seed": {number}}}', headers=JSON)
        assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "path", ["/", "/api/runs", "/s/x", "/m/x", "/l/x", "/learn", "/static/layerscope.css", "/healthz"]
)
def test_an_address_and_a_head_have_an_end(client: TestClient, path: str) -> None:
    assert client.get(path, params={"q": "x" * MAX_ADDRESS_BYTES}).status_code == 414
    assert client.get(path, headers={"X-Much": "x" * 40_000}).status_code == 431
    assert client.get(path, headers=[(f"X-{n}", "x") for n in range(MAX_HEADERS + 1)]).status_code == 431
    assert client.get(path, headers={"Cookie": "a=b; " * 1_000}).status_code < 500


@pytest.mark.parametrize("length", ["x", "-1", "1_0", "+1", " ", "", "0x10", "1, 2", "\u0661", "9" * 30])
@pytest.mark.parametrize("path", ["/api/runs", "/runs", "/m/x/answers"])
def test_a_content_length_that_is_none_is_refused(client: TestClient, path: str, length: str) -> None:
    headers = [*FORM.items(), ("Content-Length", length.encode())]
    assert client.post(path, headers=headers, content=b"").status_code == 400


def test_two_content_lengths_are_refused(client: TestClient) -> None:
    headers = [("Content-Length", "2"), ("Content-Length", "3")]
    assert client.post("/api/runs", headers=headers, content=b"{}").status_code == 400


@pytest.mark.parametrize("path", ["/runs", "/mystery"])
def test_a_form_has_a_thousand_fields_at_most(client: TestClient, path: str) -> None:
    assert client.post(path, content="a=1&" * 2_000, headers=FORM).status_code == 400
    parts = "".join(f'--x\r\nContent-Disposition: form-data; name="a{n}"\r\n\r\n1\r\n' for n in range(1_500))
    headers = {**FORM, "Content-Type": "multipart/form-data; boundary=x"}
    assert client.post(path, content=f"{parts}--x--\r\n", headers=headers).status_code == 400
