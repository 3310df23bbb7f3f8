from pathlib import Path
from typing import Any

import pytest

from app.settings import BadSettings, Settings, is_loopback, load_settings


def load(**values: Any) -> Settings:
    return load_settings(_env_file=None, **values)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3", "app.localhost"])
def test_this_machines_own_addresses_need_no_password(host: str) -> None:
    assert is_loopback(host)
    assert not load(host=host).class_mode


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "example.org", "localhost.example.org", ""])
def test_an_address_others_can_reach_needs_the_class_password(host: str) -> None:
    with pytest.raises(BadSettings, match="CLASS_PASSWORD must be set"):
        load(host=host)
    assert load(host=host, class_password="glorot").class_mode


@pytest.mark.parametrize(("password", "wrong"), [("short", "at least 8 characters"), ("long enough", "another one")])
def test_a_teachers_password_is_long_and_not_the_students(password: str, wrong: str) -> None:
    with pytest.raises(BadSettings, match=f"TEACHER_PASSWORD must .*{wrong}"):
        load(host="0.0.0.0", class_password="long enough", teacher_password=password)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"port": 99999}, "PORT"),
        ({"workers": 0}, "WORKERS"),
        ({"public_url": "example.org"}, "PUBLIC_URL"),
        ({"database_url": "mysql://x"}, "DATABASE_URL"),
        ({"class_password": "x" * 201}, "CLASS_PASSWORD"),
        ({"teacher_password": "x" * 201}, "TEACHER_PASSWORD"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(values: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load(**values)
    assert str(caught.value).startswith(f"{named}: ")
    assert "\n" not in str(caught.value)


def test_both_databases_lie_below_the_data_folder(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path)
    assert settings.runs_url == f"sqlite:///{tmp_path}/layerscope.db"
    assert settings.queue_url == f"sqlite:///{tmp_path}/queue.db"


def test_data_sets_lie_below_the_data_folder_unless_they_have_one_of_their_own(tmp_path: Path) -> None:
    assert load(data_dir=tmp_path).datasets_dir == tmp_path / "datasets"
    assert load(data_dir=tmp_path, datasets_dir="shared/images").datasets_dir == Path("shared/images").resolve()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("PUBLIC_URL", "http://192.168.1.20:8123/")
    settings = load()
    assert (settings.port, settings.public_url) == (8123, "http://192.168.1.20:8123")
