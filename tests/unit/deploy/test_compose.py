"""docker-compose.yml and the image, checked without Docker: their form, and what the two promise each other."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from chassis.settings import variables
from deploy.docker.compose import ANY_PORT
from deploy.local import secrets
from deploy.settings import SERVICES as READ
from device_events.catalog import TOPICS
from tests.support import containers
from tests.support.runners import port_told

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()
VARIABLE = re.compile(r"\$\{(\w+)-(\w*)\}")  # and what stands in its place if it is not set
TEXT = (ROOT / "docker-compose.yml").read_text()
# As Docker sees it where no variable is set.
COMPOSE: dict[str, Any] = yaml.safe_load(VARIABLE.sub(r"\2", TEXT))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == COMPOSE["name"]}
PORTS = {"push-registry": "8081", "device-admin": "8082", "contacts": "8083", "mobile-platform": "8084"}
SERVING = {name: SERVICES[name] for name in [*PORTS, "email-handlers"]}
MOUNTED = "/run/rollcall"
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def test_the_file_is_what_the_compose_specification_says() -> None:
    # The package resolves neither YAML merge keys nor variables, so it gets the file as Docker sees it.
    PyCompose.from_json(json.dumps(COMPOSE)).to_spec()


def test_a_misspelt_key_would_be_noticed() -> None:
    with pytest.raises(ValueError, match="intervall"):
        PyCompose.from_json(json.dumps(COMPOSE).replace('"interval"', '"intervall"'))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists_and_can_come_true(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        assert how["condition"] in CONDITIONS
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other] or other in SERVING
        if how["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "no"


def test_nothing_waits_in_a_circle() -> None:
    def follow(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path
        for other in SERVICES[name].get("depends_on", {}):
            follow(other, (*path, name))

    for name in SERVICES:
        follow(name)


@pytest.mark.parametrize("name", SERVING)
def test_a_service_starts_after_its_backends_and_topics(name: str) -> None:
    conditions = {other: how["condition"] for other, how in SERVING[name]["depends_on"].items()}
    assert conditions.items() >= {
        ("mongodb", "service_healthy"),
        ("kafka", "service_healthy"),
        ("topics", "service_completed_successfully"),
    }


def test_the_four_services_are_where_everybody_expects_them() -> None:
    for name, port in PORTS.items():
        assert SERVICES[name]["environment"]["PORT"] == port
        assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_port_is_published_beyond_this_machine(name: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_demo_publishes_every_port_wherever_there_is_room() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    variables = [variable for variable, _ in VARIABLE.findall(TEXT)]
    assert sorted(variables) == sorted(ANY_PORT)
    assert len(published) == len(variables)
    assert set(ANY_PORT.values()) == {""}


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str) -> None:
    asked = READ[name] if name in READ else [one for one in variables() if one.name.startswith("KAFKA_")]
    assert set(OURS[name]["environment"]) <= {f"{one.name}{file}" for one in asked for file in ("", "_FILE")}


@pytest.fixture(scope="module")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    secrets.write(folder, shared=True)
    return folder


@pytest.mark.parametrize("name", SERVING)
def test_a_service_accepts_the_settings_it_is_given(
    name: str, demo_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in os.environ:
        monkeypatch.delenv(variable)
    for variable, value in SERVING[name]["environment"].items():
        monkeypatch.setenv(variable, value.replace(MOUNTED, str(demo_files)))
    module = SERVING[name]["command"][0]
    port = port_told(module)
    assert str(port) == SERVING[name]["environment"]["PORT"]


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_reads_is_mounted_and_nothing_else(name: str) -> None:
    reads = any(str(value).startswith(MOUNTED) for value in OURS[name]["environment"].values())
    assert OURS[name].get("volumes", []) == ([f"./{secrets.FOR_COMPOSE}:{MOUNTED}:ro"] if reads else [])


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_a_module_of_the_image(name: str) -> None:
    path = OURS[name]["command"][0].replace(".", "/")
    places = [ROOT / kind / path for kind in ("libs", "services")]
    assert any((place / "__main__.py").is_file() or place.with_suffix(".py").is_file() for place in places)


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_can_write_nothing_and_gain_nothing(name: str) -> None:
    assert OURS[name]["read_only"] is True
    assert OURS[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", SERVING)
def test_a_secret_comes_from_a_mounted_file(name: str) -> None:
    for variable, value in SERVING[name]["environment"].items():
        if "KEY" in variable or variable.endswith("_FILE"):
            assert variable.endswith("_FILE")
            assert value.startswith(f"{MOUNTED}/")


def test_services_that_share_a_secret_share_the_file() -> None:
    keys = {SERVICES[name]["environment"]["TOKEN_DIGEST_KEY_FILE"] for name in ("push-registry", "mobile-platform")}
    assert len(keys) == 1


def test_no_two_services_share_a_database() -> None:
    databases = [service["environment"]["MONGODB_DATABASE"] for service in SERVING.values()]
    assert len(set(databases)) == len(SERVING)


def test_push_registry_trusts_the_issuer_that_device_admin_is() -> None:
    issuer, audience, address = SERVICES["push-registry"]["environment"]["OIDC_ISSUERS"].split("|")
    admin = SERVICES["device-admin"]["environment"]
    assert (issuer, audience) == (admin["TOKEN_ISSUER"], admin["TOKEN_AUDIENCE"])
    assert address.startswith(f"http://device-admin:{admin['PORT']}/")


def test_dead_letters_have_a_topic_for_every_consumer() -> None:
    groups = set(SERVICES["topics"]["command"][1:])
    assert groups == {*PORTS, "email-handlers"}
    assert {topic.writer.rpartition("/")[2] for topic in TOPICS.values()} <= groups


def test_images_are_pinned() -> None:
    for service in SERVICES.values():
        assert service["image"] == COMPOSE["name"] or re.search(r":v?\d+\.\d+", service["image"])
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert image == "python:3.11-slim-bookworm"


def test_the_tests_containers_are_those_of_the_compose_file() -> None:
    assert SERVICES["mongodb"]["image"] == containers.MONGODB_IMAGE
    assert SERVICES["kafka"]["image"] == containers.KAFKA_IMAGE


def test_the_image_can_be_built_by_an_engine_that_cannot_pull() -> None:
    # This line would have it fetch a program that reads the file.
    assert not DOCKERFILE.startswith("# syntax")


def test_the_image_holds_only_what_is_locked_and_does_not_run_as_root() -> None:
    assert "--require-hashes --no-deps -r requirements.txt" in DOCKERFILE
    assert "requirements-" not in DOCKERFILE
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["10001:10001"]
    assert DOCKERFILE.index("USER ") > DOCKERFILE.rindex("RUN ")
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == {"requirements.txt", "libs", "services"}
