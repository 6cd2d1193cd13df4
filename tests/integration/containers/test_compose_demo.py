"""`make demo COMPOSE=1`: the system of docker-compose.yml comes up, plays the story, and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Iterator

import pytest

from deploy.docker.compose import Compose
from deploy.docker.engine import docker
from deploy.local.backends import BackendError
from deploy.local.service import IMPORTED_FROM, REPOSITORY
from tests.support.polling import eventually

pytestmark = [pytest.mark.timeout(600), pytest.mark.usefixtures("compose_images")]
PROJECT = "rollcall-test-demo"
ENDS_WITHIN = 500.0


@pytest.fixture(autouse=True)
def compose(compose_images: None) -> Iterator[Compose]:
    compose = Compose(PROJECT)
    try:
        compose.require()
    except BackendError as missing:
        pytest.skip(str(missing))
    yield compose
    compose.down()


async def demo(*options: str) -> Process:
    """`make demo COMPOSE=1`, without make."""
    command = (sys.executable, "-m", "deploy.docker.demo", "--project", PROJECT, *options)
    variables = {**os.environ, "PYTHONPATH": IMPORTED_FROM}
    return await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, env=variables, stdout=PIPE, stderr=STDOUT)


async def ended(process: Process) -> tuple[int | None, str]:
    """Its exit status and all that it printed."""
    printed, _ = await asyncio.wait_for(process.communicate(), ENDS_WITHIN)
    return process.returncode, printed.decode()


async def test_the_story_comes_true_on_three_replicas_behind_a_balancer(compose: Compose) -> None:
    status, printed = await ended(await demo("--replicas", "3"))
    assert status == 0, printed
    assert "push-registry 3 times" in printed
    assert "the SendDeviceLostAlert mail is delivered" in printed
    assert compose.left() == []


async def test_a_demo_that_is_told_to_stop_takes_everything_along(compose: Compose) -> None:
    process = await demo()
    await eventually(lambda: any(part.startswith("container") for part in compose.left()), within=120)
    process.send_signal(signal.SIGTERM)
    status, printed = await ended(process)
    assert status == 128 + signal.SIGTERM, printed
    assert compose.left() == []


async def test_what_bears_its_name_already_is_left_alone() -> None:
    volume = docker("volume", "create", "--label", f"com.docker.compose.project={PROJECT}", f"{PROJECT}_mongodb")
    try:
        status, printed = await ended(await demo())
        assert status == 1
        assert f"volume {volume}" in printed
        assert docker("volume", "inspect", "--format", "{{.Name}}", volume) == volume
    finally:
        docker("volume", "rm", volume)
