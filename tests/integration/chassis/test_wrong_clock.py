"""A process whose clock is wrong can publish all the same, and what it publishes is kept for as long as any other."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from chassis.aggregates import AggregateStore
from chassis.clock import Clock
from chassis.errors import Unavailable
from chassis.mongo import connect, durable_collection
from chassis.topics import create_topics
from device_events import KafkaConnection
from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from device_events.publisher import OutgoingRecord, Publisher
from tests.integration.chassis.marking import mark
from tests.support.topics import delete_topics

GROUP = "contacts"
NEARLY = timedelta(minutes=1)


@pytest.mark.parametrize("off", [timedelta(hours=2), timedelta(days=-8)], ids=["two-hours-ahead", "eight-days-behind"])
async def test_a_wrong_clock_neither_keeps_a_process_from_publishing_nor_dates_its_events(
    kafka_bootstrap: str, off: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    send: Any = AIOKafkaProducer.send

    async def dated(self: AIOKafkaProducer, *record: Any, **options: Any) -> Any:
        moment = datetime.now(UTC) + off
        return await send(self, *record, timestamp_ms=int(moment.timestamp() * 1_000), **options)

    monkeypatch.setattr(AIOKafkaProducer, "send", dated)
    connection = KafkaConnection(bootstrap_servers=(kafka_bootstrap,), topic_prefix=f"clock-{uuid.uuid4().hex[:8]}.")
    topics = [*TOPICS, dead_letter_topic(GROUP), retry_topic(GROUP)]
    created = await create_topics(connection, [GROUP], replicas=1, partitions=1)
    publisher = Publisher(connection)
    try:
        answers = await publisher.publish([OutgoingRecord(topic, b"key", b"{}", []) for topic in topics])
        assert answers == [True] * len(topics)
        for topic in topics:
            kept_since = await _time_of_only_record(connection, topic)
            assert abs(datetime.now(UTC) - kept_since) < NEARLY, topic
    finally:
        await publisher.stop()
        await delete_topics(kafka_bootstrap, created)


async def _time_of_only_record(connection: KafkaConnection, topic: str) -> datetime:
    """By which it is kept."""
    consumer = connection.consumer(None)
    consumer.assign([TopicPartition(connection.name(topic), 0)])
    await consumer.start()
    try:
        record = await consumer.getone()
    finally:
        await consumer.stop()
    return datetime.fromtimestamp(record.timestamp / 1_000, UTC)


async def test_nothing_is_written_before_the_clock_is_set(mongodb_uri: str, database_name: str) -> None:
    async with connect(mongodb_uri, application="test") as client:
        clock, database = Clock(synchronised=False), client[database_name]
        store = AggregateStore(
            durable_collection(database, "things"), clock=clock, offer=lambda _subject, _entries: None
        )
        store.start()
        with pytest.raises(Unavailable):
            await store.execute("r/a", mark(1))
        assert await database["things"].count_documents({}) == 0
        await clock.synchronise(database)
        assert await store.execute("r/a", mark(1)) == [1]
        await store.stop()
