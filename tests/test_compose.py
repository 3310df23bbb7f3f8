"""docker-compose.yml, checked without a Docker engine."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

PROJECT = Path(__file__).parent.parent


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


def complaints(compose: dict[str, Any]) -> list[str]:
    schema = json.loads((PROJECT / "tests/data/compose-spec.json").read_text())
    return [error.message for error in jsonschema.Draft201909Validator(schema).iter_errors(compose)]


def test_the_compose_file_fits_the_compose_schema(compose):
    assert complaints(compose) == []


@pytest.mark.parametrize("mistake", [{"comand": "python -m app web"}, {"ports": 8000}, {"restart": 3}])
def test_a_mistake_in_a_service_is_found(compose, mistake):
    compose["services"]["web"].update(mistake)

    assert complaints(compose)


def test_web_and_worker_share_the_data_and_wait_for_the_migration(compose):
    for name in ("web", "worker"):
        service = compose["services"][name]
        assert service["volumes"] == ["data:" + service["environment"]["DATA_DIR"]]
        assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert "data" in compose["volumes"]


def test_every_service_runs_a_command_of_the_app(compose):
    commands = {name: service["command"] for name, service in compose["services"].items()}

    assert commands == {name: f"python -m app {name}" for name in ("migrate", "web", "worker")}


def test_the_class_password_has_no_default(compose):
    assert compose["services"]["web"]["environment"]["CLASS_PASSWORD"].startswith("${CLASS_PASSWORD:?")
