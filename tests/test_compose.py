"""docker-compose.yml and the Dockerfile, checked without a Docker engine."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from app.commands import parser
from app.settings import Settings

PROJECT = Path(__file__).parent.parent
OURS = ("migrate", "web", "worker")


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


@pytest.fixture
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return compose["services"]


def complaints(compose: dict[str, Any]) -> list[str]:
    schema = json.loads((PROJECT / "tests/data/compose-spec.json").read_text())
    return [error.message for error in jsonschema.Draft201909Validator(schema).iter_errors(compose)]


def instructions(name: str) -> list[str]:
    """Those of this name in the Dockerfile, with their continued lines."""
    text = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in text.splitlines() if line.startswith(name + " ")]


def test_the_compose_file_fits_the_compose_schema(compose):
    assert complaints(compose) == []


@pytest.mark.parametrize("mistake", [{"comand": "layerscope web"}, {"ports": 8000}, {"restart": 3}])
def test_a_mistake_in_a_service_is_found(compose, mistake):
    compose["services"]["web"].update(mistake)

    assert complaints(compose)


def test_the_services_are_web_worker_migration_and_database(compose, services):
    assert sorted(services) == ["migrate", "postgres", "web", "worker"]
    named = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert named == set(compose["volumes"])


def test_every_service_runs_a_command_of_the_app(services):
    for name in OURS:
        program, *arguments = shlex.split(services[name]["command"])
        assert program == "layerscope"
        assert parser().parse_args(arguments).command == name


def test_they_start_in_the_order_in_which_they_need_each_other(services):
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_all_of_ours_work_on_the_same_database_and_data(services):
    for name in OURS:
        environment = services[name]["environment"]
        assert environment["DATABASE_URL"].startswith("postgresql+psycopg://layerscope:${POSTGRES_PASSWORD:?")
        assert environment["DATABASE_URL"].endswith("@postgres:5432/layerscope")
        assert services[name]["volumes"] == ["data:" + environment["DATA_DIR"]]


def test_every_setting_that_is_passed_on_is_one(services):
    known = {name.upper() for name in Settings.model_fields} | {"MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"}

    assert {variable for name in OURS for variable in services[name]["environment"]} - known == set()


def test_no_password_has_a_default(services):
    secrets = [
        value for service in services.values() for variable, value in service["environment"].items()
        if "PASSWORD" in variable or "PASSWORD" in str(value)
    ]  # fmt: skip

    assert len(secrets) == 6
    # One that is left out is refused, or made at the first start.
    assert [value for value in secrets if not re.search(r"\$\{[A-Z]+_PASSWORD:(\?[^}]+|-)\}", value)] == []


def test_the_passwords_of_a_class_are_told_to_the_web_process_alone(services):
    for password in ("CLASS_PASSWORD", "TEACHER_PASSWORD"):
        assert [name for name in services if password in services[name]["environment"]] == ["web"]
    assert [name for name in OURS if services[name]["environment"]["HOST"] == "0.0.0.0"] == ["web"]


def test_what_lasts_has_a_health_check_a_restart_and_bounded_logs(services):
    for name in ("postgres", "web", "worker"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"
        assert services[name]["restart"] == "unless-stopped"
    assert all(service["logging"]["options"]["max-size"] == "10m" for service in services.values())


def test_the_health_check_of_a_worker_is_a_command_of_the_app(services):
    _cmd, program, *arguments = services["worker"]["healthcheck"]["test"]

    assert program == "layerscope"
    assert parser().parse_args(arguments).worker


def test_workers_can_be_many(services):
    assert services["worker"].keys().isdisjoint({"container_name", "ports", "hostname"})


def test_nobody_is_root_or_can_become_it(services):
    assert services["postgres"]["user"] == "postgres"
    assert instructions("USER") == ["layerscope"]
    assert all(service["security_opt"] == ["no-new-privileges:true"] for service in services.values())
    assert all(service["cap_drop"] == ["ALL"] for service in services.values())


def test_the_database_is_of_a_certain_release_and_keeps_its_data(services):
    assert re.fullmatch(r"postgres:\d+\.\d+-\w+", services["postgres"]["image"])
    assert services["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert "ports" not in services["postgres"]


def test_the_image_is_built_from_the_same_pins_and_starts_the_command(services):
    assert "pip install $PIP_FLAGS -r requirements.txt" in instructions("RUN")
    [command] = instructions("CMD")
    assert json.loads(command) == ["layerscope", "serve"]
    assert [services[name]["build"] for name in OURS] == [".", ".", "."]


def test_what_is_secret_or_large_stays_out_of_the_image():
    ignored = (PROJECT / ".dockerignore").read_text().split()

    assert {".git", ".venv", ".env", "data", "tests"} <= set(ignored)
    assert {"app", "ml", "migrations", "templates", "static", "requirements.txt", "pyproject.toml"}.isdisjoint(ignored)
