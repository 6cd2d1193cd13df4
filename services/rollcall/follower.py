"""Follower: reads topics as they grow, in nobody's group, and waits while Kafka is away."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from chassis.records import ANSWER, RecordReader, reading
from device_events import KafkaConnection
from device_events.tasks import within
from device_events.window import Record
from rollcall.outcome import NOT_ALLOWED, Misused
from rollcall.places import Place, places
from rollcall.timeline import unread

_POLL_MS = 500
_QUIET_POLLS = 10  # polls without a record after which the brokers are asked whether they are there
_CLOSED = "connection closed"
_AGAIN = 1.0  # seconds


@dataclass(slots=True)
class Follower:
    """Follows topics, named as in the catalogue, from a place on. `tell` is given a word for people."""

    connection: KafkaConnection
    topics: Sequence[str]
    first: Place
    tell: Callable[[str], None]
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    _is_away: bool = False

    async def batches(self) -> AsyncGenerator[list[Record], None]:
        """What has come, by the brokers' time, again and again; nothing twice a second while nothing comes.

        Ends never. Raises Misused when the brokers turn us away, or there are no such topics.
        """
        while True:
            try:
                async with reading(self.connection) as reader:
                    await self._begin(reader)
                    async for batch in self._growing(reader):
                        yield batch
            except NOT_ALLOWED as error:
                raise Misused(f"Kafka does not let us read: {type(error).__name__} {error}".strip()) from error
            except (KafkaError, TimeoutError, OSError) as error:
                refusal = await self.connection.refusal()
                # A balancer whose broker is gone closes connections, too.
                if refusal and not refusal.startswith(_CLOSED):
                    raise Misused(f"Kafka turns us away: {refusal}") from error
                self._say_away()
            yield []
            await asyncio.sleep(_AGAIN)

    async def _begin(self, reader: RecordReader) -> None:
        if not self.positions:
            partitions, prefix = await reader.partitions(self.topics), self.connection.topic_prefix
            if not partitions:
                raise Misused("there are no topics that we may read; python -m chassis.topics makes them")
            for topic in sorted(set(self.topics) - {one.topic.removeprefix(prefix) for one in partitions}):
                self.tell(unread(topic))
            self.positions = await (await places(reader, partitions)).offsets(self.first)
        reader.consumer.assign(list(self.positions))
        for partition, offset in self.positions.items():
            reader.consumer.seek(partition, offset)
        if self._is_away:
            self._is_away = False
            self.tell("Kafka answers again")

    async def _growing(self, reader: RecordReader) -> AsyncGenerator[list[Record], None]:
        quiet = 0
        while True:
            batches = await reader.consumer.getmany(timeout_ms=_POLL_MS)
            for partition, records in batches.items():
                self.positions[partition] = records[-1].offset + 1
            yield sorted((one for records in batches.values() for one in records), key=lambda one: one.timestamp)
            quiet = 0 if batches else quiet + 1
            if quiet >= _QUIET_POLLS:
                # A consumer whose brokers are gone has nothing to say about it.
                quiet = 0
                await within(ANSWER, reader.consumer.end_offsets(list(self.positions)))

    def _say_away(self) -> None:
        if not self._is_away:
            self._is_away = True
            self.tell(f"Kafka at {', '.join(self.connection.bootstrap_servers)} is away; waiting")
