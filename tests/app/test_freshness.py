import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import store
from app.freshness import ASK_AGAIN, FOR_GOOD
from tests.conftest import TINY


def test_a_page_that_has_not_changed_is_not_sent_again(client: TestClient, finished: str) -> None:
    for path in ("/new", f"/runs/{finished}"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert first.headers["cache-control"] == ASK_AGAIN
        assert (again.status_code, again.content) == (304, b"")
        other = client.get(path, headers={"If-None-Match": first.headers["etag"], "Accept-Language": "es"})
        assert other.status_code == 200, "in another language it is another page"


def test_an_error_page_is_not_kept(client: TestClient) -> None:
    assert "etag" not in client.get("/nothing-here").headers


@pytest.mark.parametrize("path", ["figures/loss", "figures/loss.svg", "histograms/weight", "layers/health", "metrics"])
def test_data_of_an_ended_run_is_kept_for_good_where_the_address_names_its_version(
    client: TestClient, finished: str, path: str
) -> None:
    address = f"/api/runs/{finished}/{path}"
    assert client.get(f"{address}?v=1").headers["cache-control"] == FOR_GOOD
    assert client.get(address).headers.get("cache-control") != FOR_GOOD


def test_data_of_a_run_that_goes_on_is_not_kept(client: TestClient, session: Session) -> None:
    run = store.create_run(session, TINY)
    assert "cache-control" not in client.get(f"/api/runs/{run.id}/metrics?v=1").headers


def test_nothing_that_a_share_link_opens_is_kept(client: TestClient, finished: str) -> None:
    url = client.post(f"/api/runs/{finished}/shares").json()["url"]
    for path in (url, f"{url}/metrics", f"{url}/metrics?v=1", f"{url}/figures/loss.svg?v=1"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "etag" not in headers
