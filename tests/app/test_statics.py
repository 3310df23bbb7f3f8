import gzip
import os
import re
import time
from importlib.metadata import version

import pytest
from fastapi.testclient import TestClient

from app import statics
from app.statics import ASK_AGAIN, FOR_GOOD, static


def test_a_file_is_kept_for_good_under_the_address_that_pages_use(client: TestClient) -> None:
    answer = client.get(static("run.css"))
    assert answer.headers["cache-control"] == FOR_GOOD
    assert answer.text == (statics._FOLDER / "run.css").read_text()


def test_modules_find_each_other_at_the_same_version(client: TestClient) -> None:
    for name in re.findall(r'from "\./(\w+\.js)"', (statics._FOLDER / "run.js").read_text()):
        assert client.get(static("run.js").replace("run.js", name)).headers["cache-control"] == FOR_GOOD


def test_under_another_address_it_is_asked_for_each_time_and_not_sent_again(client: TestClient) -> None:
    for address in ("/static/run.css", "/static/0123456789/run.css"):
        answer = client.get(address)
        assert answer.headers["cache-control"] == ASK_AGAIN
        assert client.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_file_that_is_written_gets_every_file_another_address(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    file = tmp_path / "a.css"
    file.write_text("a {}")
    monkeypatch.setattr(statics, "_FOLDER", tmp_path)
    before = static("a.css")
    assert static("a.css") == before
    os.utime(file, (time.time() + 9, time.time() + 9))
    assert static("a.css") != before


@pytest.mark.parametrize(
    "path", ["nope.css", "a/b/run.css", "../app/main.py", "%2e%2e/app/main.py", "x/../../README.md"]
)
def test_there_are_only_our_files(client: TestClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_plotly_is_compressed_once_and_kept_for_good(client: TestClient) -> None:
    address = static(statics.PLOTLY)
    assert version("plotly") in address
    with client.stream("GET", address) as answer:
        assert answer.headers["cache-control"] == FOR_GOOD
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())).startswith(b"/**")
    plain = client.get("/static/plotly.min.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (plain.status_code, plain.headers["cache-control"]) == (304, ASK_AGAIN)
    assert client.get(address, headers={"Accept-Encoding": "identity"}).status_code == 406
