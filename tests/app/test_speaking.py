from fastapi.testclient import TestClient


def spoken(client: TestClient, path: str, **headers: str) -> str:
    page = client.get(path, headers=headers)
    return page.text.split('<html lang="')[1][:2]


def test_a_page_comes_in_the_language_that_the_browser_wants(client: TestClient) -> None:
    assert spoken(client, "/") == "en"
    assert spoken(client, "/", **{"Accept-Language": "es-ES,es"}) == "es"


def test_a_choice_in_the_address_wins_and_is_remembered(client: TestClient) -> None:
    assert spoken(client, "/?lang=es", **{"Accept-Language": "en"}) == "es"
    assert client.cookies["language"] == "es"
    assert spoken(client, "/new", **{"Accept-Language": "en"}) == "es"


def test_a_language_that_nobody_speaks_here_changes_nothing(client: TestClient) -> None:
    assert spoken(client, "/?lang=xx") == "en"
    assert "language" not in client.cookies


def test_the_switch_leads_to_the_same_page_with_what_it_shows(client: TestClient) -> None:
    page = client.get("/new?lr=0.3&lang=en").text
    assert 'href="?lr=0.3&amp;lang=es"' in page
