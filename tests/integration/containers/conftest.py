"""Needs a Docker engine that answers, with the images or a way to pull them; without one, all here is skipped."""

import re
from collections.abc import Iterable, Iterator

import pytest
import yaml

from deploy.docker import engine
from deploy.local.service import REPOSITORY
from tests.support import containers

BUILT = "rollcall-test"


def require(images: Iterable[str]) -> None:
    """Skip, with the reason, where one of these images is not to be had."""
    if containers.engine() is None:
        pytest.skip("no Docker engine answers")
    if missing := [name for name in images if not containers.has_image(name)]:
        pytest.skip(f"{', '.join(missing)} cannot be pulled; deploy/docker/offline-images.sh makes stand-ins")


@pytest.fixture(scope="session")
def base() -> str:
    """What the Dockerfile starts from."""
    names: set[str] = set(re.findall(r"^FROM (\S+)", (REPOSITORY / engine.DOCKERFILE).read_text(), re.MULTILINE))
    require(names)
    return names.pop()


@pytest.fixture(scope="session")
def image(base: str) -> Iterator[str]:
    """Our image, built from what lies here."""
    assert base
    engine.build(BUILT)
    yield BUILT
    engine.docker("rmi", BUILT)


@pytest.fixture(scope="session")
def compose_images(base: str) -> None:
    """The images that docker-compose.yml names beside ours."""
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    require([base, *{service["image"] for service in compose["services"].values()} - {engine.IMAGE}])
