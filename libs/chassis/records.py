"""Records: what topics hold, read by nobody's group, so that reading moves no offset."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from device_events import KafkaConnection
from device_events.tasks import within
from device_events.window import Record

ANSWER = 5.0  # seconds within which the brokers say where a topic begins and ends
SILENCE = 10.0  # seconds without a record after which a topic that should have more counts as unreadable
_POLL_MS = 500


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads topics, named as in the catalogue, from a place to the end that they have when reading begins."""

    connection: KafkaConnection
    consumer: AIOKafkaConsumer

    async def partitions(self, topics: Iterable[str]) -> list[TopicPartition]:
        """All partitions of those topics that exist. Raises KafkaError and TimeoutError."""
        cluster = await within(ANSWER, self.consumer._client.fetch_all_metadata())
        names = [self.connection.name(topic) for topic in topics]
        return [TopicPartition(name, number) for name in names for number in cluster.partitions_for_topic(name) or ()]

    async def topics(self) -> set[str]:
        """The names of all topics of this connection, without its prefix. Raises KafkaError and TimeoutError."""
        cluster = await within(ANSWER, self.consumer._client.fetch_all_metadata())
        prefix = self.connection.topic_prefix
        return {name.removeprefix(prefix) for name in cluster.topics() if name.startswith(prefix)}

    async def read(self, topics: Iterable[str], *, last: int | None = None) -> AsyncIterator[Record]:
        """Every record of these topics, or the last so many of each partition, in the order of each partition.

        Raises KafkaError, and TimeoutError when the brokers stop answering half-way: never a part as if it were all.
        """
        partitions = await self.partitions(topics)
        if not partitions:
            return
        consumer = self.consumer
        consumer.assign(partitions)
        firsts = await within(ANSWER, consumer.beginning_offsets(partitions))
        ends = await within(ANSWER, consumer.end_offsets(partitions))
        left = set()
        for partition, end in ends.items():
            start = max(firsts[partition], end - last) if last else firsts[partition]
            consumer.seek(partition, start)
            if start < end:
                left.add(partition)
        consumer.pause(*(set(partitions) - left))
        silent = 0
        while left:
            batches = await consumer.getmany(*left, timeout_ms=_POLL_MS)
            for partition, records in batches.items():
                for record in records:
                    if record.offset < ends[partition]:
                        yield record
            done = {one for one in left if await within(ANSWER, consumer.position(one)) >= ends[one]}
            consumer.pause(*done)
            left -= done
            silent = 0 if batches or done else silent + 1
            if silent * _POLL_MS >= SILENCE * 1000:
                raise TimeoutError(f"no records of {sorted({one.topic for one in left})}")


@contextlib.asynccontextmanager
async def reading(connection: KafkaConnection) -> AsyncIterator[RecordReader]:
    """A reader. Raises KafkaError and TimeoutError when the brokers are away."""
    consumer = connection.consumer(None)
    try:
        await within(ANSWER, consumer.start())
        yield RecordReader(connection, consumer)
    finally:
        with contextlib.suppress(TimeoutError):
            await within(ANSWER, consumer.stop())
        await consumer._client.close()


def header(record: Record, name: str) -> str | None:
    """The first header of this name as text, whatever its bytes; None if there is none."""
    return next((value.decode("utf-8", "replace") for key, value in record.headers if key == name and value), None)


def headers_without(record: Record, prefix: str) -> Sequence[tuple[str, bytes]]:
    """The record's headers but those whose names begin so."""
    return [(name, value) for name, value in record.headers if not name.startswith(prefix)]
