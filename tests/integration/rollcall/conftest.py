"""A site for each test: topics and a database that nobody else has, and the demo's catalogue, people and keys."""

import uuid
from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from device_events import KafkaConnection
from tests.contract.openapi.four import Four, variables
from tests.integration.rollcall.site import Site
from tests.support.services import kafka  # noqa: F401 - a fixture


@pytest.fixture(scope="package")
def people_and_keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The files of people, keys and catalogue."""
    return variables(tmp_path_factory.mktemp("rollcall") / "secrets")


@pytest_asyncio.fixture
async def quiet_site(
    mongodb_uri: str,
    database_name: str,
    kafka: KafkaConnection,  # noqa: F811 - the fixture
    people_and_keys: Mapping[str, str],
) -> AsyncIterator[Site]:
    """A site whose services are not started."""
    backends = {
        "MONGODB_URI": mongodb_uri,
        "MONGODB_DATABASE": database_name,
        "KAFKA_BOOTSTRAP_SERVERS": ",".join(kafka.bootstrap_servers),
        "KAFKA_IDEMPOTENT": str(kafka.idempotent),
        "KAFKA_TOPIC_PREFIX": kafka.topic_prefix,
        "KAFKA_FETCH_WAIT_MS": "10",
        "DEVICE_PATIENCE": "3",
        "TRANSACTIONS_EVERY": "0.5",
        "ORPHAN_AGE": "0.5",
    }
    async with AsyncMongoClient[dict[str, object]](mongodb_uri, tz_aware=True) as client:
        site = Site(Four({**people_and_keys, **backends}), kafka, client[database_name])
        yield site
        await site.stop()


@pytest_asyncio.fixture
async def site(quiet_site: Site) -> Site:
    """A site with all four services ready."""
    await quiet_site.start()
    return quiet_site


@pytest.fixture
def device() -> str:
    """A device id that nobody uses."""
    return f"d-{uuid.uuid4().hex[:12]}"
