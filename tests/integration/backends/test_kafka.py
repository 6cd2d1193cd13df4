"""Apache Kafka as we start it: an idempotent producer, groups, no topic by accident, and data that stay."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.backends import Kafka
from tests.support.polling import eventually
from tests.support.processes import is_running
from tests.support.topics import create_topics, fresh_group

pytestmark = pytest.mark.apache_kafka


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kafka]:
    """A broker of these tests' own, because they kill it."""
    folder = tmp_path_factory.mktemp("kafka")
    async with Kafka(folder / "data", folder / "logs") as server:
        yield server


async def send(bootstrap: str, topic: str, *values: bytes) -> None:
    """Send with every guarantee that the services ask for."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    async with producer:
        for value in values:
            await producer.send_and_wait(topic, value, key=b"phone")


async def receive(bootstrap: str, topic: str, group: str, count: int) -> list[bytes]:
    """The next so many values of the topic for this group, committed."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with consumer:
        records = [await consumer.getone() for _ in range(count)]
        await consumer.commit()
    return [record.value or b"" for record in records]


async def test_one_key_stays_in_order_and_a_group_goes_on_where_it_stopped(broker: Kafka) -> None:
    await create_topics(broker.bootstrap, ["in-order"])
    group = fresh_group()
    await send(broker.bootstrap, "in-order", b"1", b"2", b"3")
    assert await receive(broker.bootstrap, "in-order", group, 2) == [b"1", b"2"]
    assert await receive(broker.bootstrap, "in-order", group, 1) == [b"3"]


async def test_creating_a_topic_twice_is_no_error(broker: Kafka) -> None:
    await create_topics(broker.bootstrap, ["twice"])
    await create_topics(broker.bootstrap, ["twice"])


async def test_makes_no_topic_by_itself(broker: Kafka) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.describe_topics(["never-declared"])
        assert "never-declared" not in await admin.list_topics()
    finally:
        await admin.close()


async def test_records_and_offsets_survive_a_kill(broker: Kafka) -> None:
    await create_topics(broker.bootstrap, ["kept"], partitions=1)
    group = fresh_group()
    await send(broker.bootstrap, "kept", b"before")
    assert await receive(broker.bootstrap, "kept", group, 1) == [b"before"]

    await broker.kill()
    assert broker.pid is None
    await broker.start()

    await send(broker.bootstrap, "kept", b"after")
    assert await receive(broker.bootstrap, "kept", group, 1) == [b"after"]
    assert await end_of(broker.bootstrap, TopicPartition("kept", 0)) == 2


async def end_of(bootstrap: str, partition: TopicPartition) -> int:
    """How many records the partition holds."""
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap) as consumer:
        offsets: dict[TopicPartition, int] = await consumer.end_offsets([partition])
    return offsets[partition]


async def test_a_stop_leaves_no_process(tmp_path: Path) -> None:
    async with Kafka(tmp_path / "data", tmp_path / "logs") as server:
        pid = server.pid
        assert pid
    await eventually(lambda: not is_running(pid))
    assert "shut down completed" in server.log.read_text()
