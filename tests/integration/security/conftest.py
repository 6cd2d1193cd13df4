"""The world of these tests, once for the folder."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.security.roles import users
from tests.integration.security.world import World, started


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def world(mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[World]:
    async with started(mongodb_uri, kafka_bootstrap, idempotent=kafka_is_real, users=users()) as world:
        yield world
