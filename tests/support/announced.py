"""Reads what was announced: every event of some topics, from their beginning to their end as of now."""

from collections.abc import Sequence

from aiokafka import TopicPartition

from device_events import Event, KafkaConnection
from device_events.catalog import TOPICS
from device_events.envelope import decode
from tests.support.polling import eventually


async def announced(connection: KafkaConnection, *topics: str) -> list[Event]:
    """All events of these topics (all of the catalogue's if none is named), by time."""
    names = [connection.name(topic) for topic in topics or tuple(TOPICS)]
    return [decode(record.key, record.value, record.headers) for record in await records(connection, names)]


async def records(connection: KafkaConnection, names: Sequence[str]) -> list:  # type: ignore[type-arg]  # aiokafka
    """The raw records of topics named as the broker names them."""
    consumer = connection.consumer(None)
    await consumer.start()
    try:
        partitions = [TopicPartition(name, number) for name in names for number in await _partitions(consumer, name)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        found = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += batch
        return sorted(found, key=lambda record: record.timestamp)
    finally:
        await consumer.stop()


async def _partitions(consumer, name: str) -> set[int]:  # type: ignore[no-untyped-def]  # aiokafka is untyped
    async def known() -> set[int]:
        # A topic that has just been made is not known to every broker at once.
        await consumer._client.force_metadata_update()
        return consumer.partitions_for_topic(name) or set()

    await consumer._client.add_topic(name)
    return await eventually(known)
