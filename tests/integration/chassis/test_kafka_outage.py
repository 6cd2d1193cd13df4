"""Kafka is killed under a running service: writes go on, it says that it is degraded, and catches up afterwards."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.topics import create_topics
from deploy.local.backends import Kafka
from device_events import KafkaConnection, catalog
from tests.integration.chassis.greeter import create, is_ready, serving, settings
from tests.support.announced import announced
from tests.support.polling import eventually

pytestmark = pytest.mark.apache_kafka
COUNT = 50


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Kafka]:
    """A broker of this test's own, to be killed."""
    async with Kafka(tmp_path / "kafka", tmp_path / "logs") as server:
        yield server


@pytest.mark.timeout(240)
async def test_a_service_lives_through_a_killed_broker(mongodb_uri: str, database_name: str, broker: Kafka) -> None:
    connection = KafkaConnection(bootstrap_servers=(broker.bootstrap,), fetch_wait_ms=10)
    await create_topics(connection, ["contacts"], partitions=2)
    app = create(settings(mongodb_uri, database_name, connection))
    async with serving(app) as service:
        await eventually(lambda: is_ready(service), within=60)

        async def greet(number: int) -> int:
            return (await service.request("PUT", f"/greetings/{number}", json={"number": number}))[0]

        assert await greet(0) == 200
        await broker.kill()
        assert [await greet(number) for number in range(1, COUNT)] == [200] * (COUNT - 1)
        await eventually(lambda: is_ready(service, "degraded"), within=60)
        await broker.start()
        await eventually(lambda: is_ready(service), within=60)

        async def all_told() -> bool:
            events = await announced(connection, catalog.DEVICE_STATUS_TOPIC)
            return {event.data["transactionId"] for event in events} == set(range(COUNT))

        await eventually(all_told, within=90, every=0.2)


@pytest.mark.timeout(240)
async def test_a_service_stops_promptly_while_its_broker_is_gone(
    mongodb_uri: str, database_name: str, broker: Kafka
) -> None:
    connection = KafkaConnection(bootstrap_servers=(broker.bootstrap,), fetch_wait_ms=10)
    await create_topics(connection, ["contacts"], partitions=2)
    async with asyncio.timeout(120):
        async with serving(create(settings(mongodb_uri, database_name, connection))) as service:
            await eventually(lambda: is_ready(service), within=60)
            await broker.kill()
            assert (await service.request("PUT", "/greetings/a", json={"number": 1}))[0] == 200
            stopping = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - stopping < 30
