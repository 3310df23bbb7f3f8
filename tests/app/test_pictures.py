from unittest.mock import patch

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from app import pictures, store
from app.i18n import LANGUAGES, speaking
from tests.conftest import TINY


def test_the_pictures_of_a_run_are_drawn_at_its_end(session: Session, finished: str) -> None:
    for code in LANGUAGES:
        with speaking(code):
            for name in (pictures.PREVIEW, pictures.THUMBNAIL, pictures.HEADLINE):
                assert store.artifact(session, finished, pictures._kept_as(name))


def test_a_picture_that_fails_leaves_the_run_finished(session: Session, finished: str) -> None:
    with patch.dict(pictures._DRAW, {"new-1.png": lambda _run: 1 / 0}):
        pictures.draw_at_end(session, finished)
    run = store.find_run(session, finished)
    assert run is not None
    assert run.status == "finished"


def test_a_run_that_is_deleted_while_it_is_drawn_stays_deleted(session: Session, finished: str) -> None:
    def delete(_run: object) -> bytes:
        store.delete_run(session, finished)
        return b"drawn"

    with patch.dict(pictures._DRAW, {"new-1.png": delete}):
        pictures.draw_at_end(session, finished)
    assert store.find_run(session, finished) is None
    assert store.artifact(session, finished, "new-1.png") is None


def test_an_old_run_gets_its_picture_when_it_is_asked_for_and_keeps_it(session: Session, finished: str) -> None:
    run = store.load_run(session, finished)
    assert run is not None
    with patch.dict(pictures._DRAW, {"new-1.png": lambda _run: b"first"}):
        assert pictures.picture(session, run, "new-1.png") == b"first"
    with patch.dict(pictures._DRAW, {"new-1.png": lambda _run: b"second"}):
        assert pictures.picture(session, run, "new-1.png") == b"first"


def test_a_run_that_goes_on_keeps_no_picture(session: Session) -> None:
    run = store.create_run(session, TINY)
    assert pictures.picture(session, run, pictures.PREVIEW).startswith(b"\x89PNG")
    assert store.artifact(session, run.id, pictures._kept_as(pictures.PREVIEW)) is None


def test_a_run_is_diagnosed_anew_once_a_rule_has_changed(
    session: Session, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.load_run(session, finished)
    assert run is not None
    kept = pictures.pictures(session, [run], pictures.HEADLINE, lambda _id: None)
    monkeypatch.setattr(pictures, "_rules", lambda: "other")
    assert kept[finished]
    assert pictures.pictures(session, [run], pictures.HEADLINE, lambda _id: None) == {}
    assert pictures.pictures(session, [run], pictures.HEADLINE, lambda _id: run) == kept


def test_the_preview_is_below_the_share_link(client: TestClient, finished: str) -> None:
    url = client.post(f"/api/runs/{finished}/shares").json()["url"]
    answer = client.get(f"{url}/figures/preview.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
