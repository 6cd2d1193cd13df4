"""The image as an engine builds it: what is in it, what is not, and that it runs with nothing but Python."""

import json
import re
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from deploy.docker import engine
from deploy.docker.engine import docker
from deploy.local import secrets
from deploy.local.backends.ports import free_port
from deploy.local.options import NAMES
from deploy.local.service import REPOSITORY
from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from tests.support.image_files import File, files_of
from tests.support.polling import eventually
from tests.support.topics import create_topics

pytestmark = pytest.mark.timeout(600)
MEGABYTE = 1_000_000
AGAIN = "rollcall-test-again"
COMPILERS = re.compile(
    r"(^|/)((x86_64|aarch64)-linux-gnu-)?(gcc|g\+\+|cc|c\+\+|cpp|clang|ld|as|make|rustc|go)(-[\d.]+)?$"
)
DEVELOPMENT = re.compile(r"mongod|mongosh|tansu|aiosmtpd|kafka-|pytest|mypy|ruff|babel|uv$", re.IGNORECASE)
METADATA = ".dist-info/METADATA"
# Neither shell of the base image is one any more.
NO_SHELL = ("--volume", "/dev/null:/usr/bin/dash:ro", "--volume", "/dev/null:/usr/bin/bash:ro")


@pytest.fixture(scope="session")
def files(image: str) -> dict[str, File]:
    return files_of(image, keep=METADATA)


def config(image: str) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(docker("image", "inspect", "--format", "{{json .Config}}", image))
    return settings


def test_it_is_small(files: dict[str, File]) -> None:
    assert sum(file.size for file in files.values()) <= 300 * MEGABYTE


def test_it_holds_what_is_locked_and_nothing_else(files: dict[str, File]) -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().replace("\\\n", "").splitlines()
    needs = [Requirement(line.partition(" --hash")[0]) for line in lines if line and not line.startswith("#")]
    here = {"sys_platform": "linux", "platform_system": "Linux", "implementation_name": "cpython"}
    locked = {(name(need.name), str(need.specifier)) for need in needs if not need.marker or need.marker.evaluate(here)}
    assert locked == {
        (name(told["Name"]), f"=={told['Version']}")
        for path, file in files.items()
        if path.startswith("opt/venv/") and file.text is not None
        for told in [BytesHeaderParser().parsebytes(file.text)]
    }


def name(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_neither_a_compiler_nor_what_only_development_needs_is_in_it(files: dict[str, File]) -> None:
    programs = [path for path, file in files.items() if file.mode & 0o111 and file.kind != b"5"]
    assert "opt/venv/bin/python" in files
    assert [path for path in programs if COMPILERS.fullmatch(Path(path).name)] == []
    assert [path for path in programs if DEVELOPMENT.search(Path(path).name)] == []


def test_our_files_are_read_only_to_whoever_it_runs_as(files: dict[str, File], image: str) -> None:
    assert config(image)["User"] == "10001:10001"
    ours = {path: file for path, file in files.items() if path.startswith(("app/", "opt/venv/"))}
    assert {file.owner for file in ours.values()} == {(0, 0)}
    assert [path for path, file in ours.items() if file.kind != b"2" and file.mode & 0o022] == []


def test_two_builds_differ_only_in_their_times(files: dict[str, File], image: str) -> None:
    engine.build(AGAIN, "--no-cache")
    try:
        again = files_of(AGAIN, keep=METADATA)
        differing = {path for path in files | again if files.get(path) != again.get(path)}
        assert differing == set()
        assert config(AGAIN) == config(image)
    finally:
        docker("rmi", AGAIN)


async def test_a_service_runs_as_anybody_without_a_shell_and_cannot_write(
    image: str, tmp_path: Path, mongodb_uri: str, kafka_bootstrap: str
) -> None:
    groups = [of(group) for group in NAMES for of in (dead_letter_topic, retry_topic)]
    await create_topics(kafka_bootstrap, [*TOPICS, *groups])
    tmp_path.chmod(0o755)
    secrets.write(tmp_path / "demo", shared=True)
    variables = {
        "MONGODB_URI": mongodb_uri,
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "PORT": str(free_port()),
        "CATALOGUE_FILE": "/run/rollcall/catalogue.yaml",
        "TOKEN_DIGEST_KEY_FILE": "/run/rollcall/token-digest-key",
    }
    told = [word for variable, value in variables.items() for word in ("--env", f"{variable}={value}")]
    alone = ("--read-only", "--cap-drop", "ALL", "--user", "65534", "--network", "host", *NO_SHELL)
    mount = ("--volume", f"{tmp_path / 'demo'}:/run/rollcall:ro")
    container = docker("run", "--detach", *alone, *mount, *told, image, "push_registry")

    def is_healthy() -> bool:
        return docker("inspect", "--format", "{{.State.Health.Status}}", container) == "healthy"

    try:
        await eventually(is_healthy, within=60)
        docker("stop", "--time", "20", container)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    finally:
        docker("rm", "--force", container)
