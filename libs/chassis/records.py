"""Records: what topics hold, read by nobody's group, so that reading moves no offset."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from device_events import KafkaConnection
from device_events.closing import close
from device_events.tasks import within
from device_events.window import Record

ANSWER = 5.0  # seconds within which the brokers say where a topic begins and ends
SILENCE = 10.0  # seconds without a record after which a topic that should have more counts as unreadable
_POLL_MS = 500


class Span(NamedTuple):
    """A part of a partition: its first offset, and the one after its last.

    `is_exact` False: up to where the partition ended, and what comes with its last record. Tansu counts a batch of
    records as one in the ends that it reports.
    """

    first: int
    end: int
    is_exact: bool = True


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

    async def ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Span]:
        """Where each partition begins and ends now. Raises KafkaError and TimeoutError."""
        if not partitions:
            return {}
        firsts = await within(ANSWER, self.consumer.beginning_offsets(partitions))
        ends = await within(ANSWER, self.consumer.end_offsets(partitions))
        return {partition: Span(firsts[partition], end) for partition, end in ends.items()}

    async def since(self, partitions: Sequence[TopicPartition], time: datetime) -> dict[TopicPartition, int | None]:
        """The first offset of each partition whose record is of that time or later by the brokers; None where none is.

        Raises KafkaError and TimeoutError.
        """
        if not partitions:
            return {}
        milliseconds = round(time.timestamp() * 1000)
        found = await within(ANSWER, self.consumer.offsets_for_times(dict.fromkeys(partitions, milliseconds)))
        # Tansu says that there is none by an offset 0 without a time.
        return {
            partition: at.offset if (at := found.get(partition)) and at.timestamp >= milliseconds else None
            for partition in partitions
        }

    async def read(self, topics: Iterable[str], *, last: int | None = None) -> AsyncIterator[Record]:
        """Every record of these topics, or the last so many of each partition, in the order of each partition.

        Raises KafkaError, and TimeoutError when the brokers stop answering half-way: never a part as if it were all.
        """
        spans = await self.ends(await self.partitions(topics))
        if last:
            spans = {one: Span(max(span.first, span.end - last), span.end) for one, span in spans.items()}
        async for record in self.between(spans):
            yield record

    async def between(self, spans: Mapping[TopicPartition, Span]) -> AsyncIterator[Record]:
        """The records of these spans, in the order of each partition. Raises what `read` raises."""
        consumer, left = self.consumer, {partition for partition, span in spans.items() if span.first < span.end}
        if not left:
            return
        consumer.assign(list(spans))
        for partition, span in spans.items():
            consumer.seek(partition, span.first)
        consumer.pause(*(set(spans) - left))
        silent = 0
        while left:
            batches = await consumer.getmany(*left, timeout_ms=_POLL_MS)
            for partition, records in batches.items():
                for record in records:
                    if record.offset < spans[partition].end or not spans[partition].is_exact:
                        yield record
            done = {one for one in left if await within(ANSWER, consumer.position(one)) >= spans[one].end}
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
        await close(consumer, limit=ANSWER)


def header(record: Record, name: str) -> str | None:
    """The first header of this name as text, whatever its bytes; None if there is none."""
    return next((value.decode("utf-8", "replace") for key, value in record.headers if key == name and value), None)


def headers_without(record: Record, prefix: str) -> Sequence[tuple[str, bytes]]:
    """The record's headers but those whose names begin so."""
    return [(name, value) for name, value in record.headers if not name.startswith(prefix)]
