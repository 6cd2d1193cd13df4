"""Kafka is killed and comes back: members notice, stop promptly, and go on where they were."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.topics import create_topics
from deploy.local.backends import Kafka
from device_events import KafkaConnection
from device_events.publisher import Publisher
from tests.integration.device_events.members import GROUP, event, member, outgoing, publish
from tests.support.polling import eventually

pytestmark = pytest.mark.apache_kafka


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Kafka]:
    """A broker of this test's own, to be killed."""
    async with Kafka(tmp_path / "kafka", tmp_path / "logs") as server:
        yield server


async def test_members_and_publishers_live_through_a_killed_broker(broker: Kafka) -> None:
    connection = KafkaConnection(bootstrap_servers=(broker.bootstrap,), fetch_wait_ms=10)
    await create_topics(connection, [GROUP], partitions=2)
    publisher = Publisher(connection, limit=1.0)
    await publish(connection, [event("a", 1)])
    async with member(connection) as survivor, member(connection) as leaver:
        await eventually(lambda: survivor.handled or leaver.handled, within=30)
        assert await publisher.publish([outgoing(event("b", 1))]) == [True]
        await broker.kill()

        async def noticed() -> bool:
            try:
                await survivor.subscriber.lag()
            except Exception:
                return survivor.subscriber.degraded
            return False

        await eventually(noticed, within=20)
        assert await publisher.publish([outgoing(event("lost", 1))]) == [False]
        assert publisher.degraded
        async with asyncio.timeout(25):
            await leaver.stop()
        before = asyncio.all_tasks()
        assert await publisher.publish([outgoing(event("lost", 2))] * 50) == [False] * 50
        await eventually(lambda: not {task.get_name() for task in asyncio.all_tasks() - before} & {"producer-end"})
        await broker.start()
        await eventually(publisher.probe, within=60)
        assert await publisher.publish([outgoing(event("c", 1))]) == [True]
        await eventually(lambda: "c-1" in survivor.handled, within=60)

        async def recovered() -> bool:
            return await survivor.subscriber.lag() == 0 and not survivor.subscriber.degraded

        await eventually(recovered, within=30)
        # The leaver could not say that it left, so its partition is given on only when its session has ended.
        await eventually(lambda: {*survivor.handled, *leaver.handled} >= {"a-1", "b-1", "c-1"}, within=60)
        # What was given up is not delivered long afterwards by a sender that nobody owns any more.
        assert not [id for id in survivor.handled if id.startswith("lost")]
    await publisher.stop()
