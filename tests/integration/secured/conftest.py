"""Backends with their doors closed, and the whole stack on them; both are started once for all of these tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.backends import BackendError, kafka_jars
from tests.support.backends import must_be_kafka
from tests.support.secured.backends import Secured, secured


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For data, logs and certificates."""
    return tmp_path_factory.mktemp("secured")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def backends(folder: Path) -> AsyncIterator[Secured]:
    """MongoDB and Kafka of these tests' own: nobody else may be asked to log in."""
    try:
        kafka_jars.java()
        kafka_jars.fetch()
    except BackendError as missing:
        if must_be_kafka():
            raise
        pytest.skip(f"only Apache Kafka has logins and rights: {missing}")
    async with secured(folder) as running:
        yield running
