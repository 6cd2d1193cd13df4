"""The broker from pip does what the local stack needs of it: topics, keys, headers, groups."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local.backends import Tansu
from tests.support.processes import is_running
from tests.support.topics import create_topics, fresh_group


@pytest_asyncio.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Tansu]:
    """An empty broker."""
    async with Tansu(tmp_path / "data", tmp_path / "logs") as server:
        yield server


async def test_carries_key_value_and_headers_and_remembers_what_a_group_has_seen(broker: Tansu) -> None:
    await create_topics(broker.bootstrap, ["devices"])
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        await producer.send_and_wait("devices", b"1", key=b"phone", headers=[("ce_type", b"lost")])
    consumer = AIOKafkaConsumer(
        "devices",
        bootstrap_servers=broker.bootstrap,
        group_id=fresh_group(),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    async with consumer:
        record = await consumer.getone()
        await consumer.commit()
        committed = await consumer.committed(TopicPartition(record.topic, record.partition))
    assert (record.key, record.value, list(record.headers)) == (b"phone", b"1", [("ce_type", b"lost")])
    assert committed == record.offset + 1


async def test_a_stop_leaves_no_process(broker: Tansu) -> None:
    pid = broker.pid
    assert pid
    await broker.stop()
    assert not is_running(pid)
