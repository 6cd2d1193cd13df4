"""Publisher: puts records on Kafka and says which of them the brokers acknowledged.

aiokafka's idempotent producer never gives up on a batch by itself and may stay stuck after an outage, even in
stop(); so every round has a limit of ours, after which the producer is thrown away and the next round makes a new one.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from device_events.connection import KafkaConnection
from device_events.envelope import Headers
from device_events.points import reached
from device_events.tasks import within

log = logging.getLogger(__name__)
END_LIMIT = 3.0  # seconds


class OutgoingRecord(NamedTuple):
    """One record to publish: Kafka's own parts."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class Publisher:
    """Publishes rounds of records with acks=all. Not safe for two rounds at once: callers take turns."""

    def __init__(self, connection: KafkaConnection, *, limit: float = 5.0) -> None:
        """`limit` is how many seconds a round may take, connecting included."""
        self._connection = connection
        self._limit = limit
        self._producer: AIOKafkaProducer | None = None
        self.degraded: bool | None = None  # whether the last round or probe failed; None before the first

    async def publish(self, records: Sequence[OutgoingRecord]) -> list[bool]:
        """Send the records in order; for each, whether it was acknowledged within the limit.

        A record that was not acknowledged may still have reached the log. Raises nothing for an absent broker.
        """
        futures: list[asyncio.Future[object]] = []
        try:
            await within(self._limit, self._send(records, futures))
        except (TimeoutError, KafkaError, OSError) as error:
            log.warning("kafka_unavailable", extra={"error": type(error).__name__})
        acknowledged = [_acknowledged(future) for future in futures]
        acknowledged += [False] * (len(records) - len(futures))
        self.degraded = not all(acknowledged)
        if self.degraded:
            if failures := {type(failure).__name__ for failure in map(_failure, futures) if failure is not None}:
                log.warning("records_refused", extra={"errors": sorted(failures)})
            await self._discard()
        return acknowledged

    async def probe(self) -> bool:
        """Connect if need be and ask the brokers for their topics: whether Kafka answers within the limit."""
        try:
            self.degraded = not await within(self._limit, self._ask())
        except (TimeoutError, KafkaError, OSError):
            self.degraded = True
        if self.degraded:
            await self._discard()
        return not self.degraded

    async def stop(self) -> None:
        """Close the connections; bounded, as a stuck producer never finishes its own stop."""
        await self._discard()

    async def _send(self, records: Sequence[OutgoingRecord], futures: "list[asyncio.Future[object]]") -> None:
        producer, topic = await self._connected(), self._connection.name
        for record in records:
            futures.append(await producer.send(topic(record.topic), record.value, record.key, headers=record.headers))
        reached("after-publish")
        for future in futures:
            # Those of a batch end together, so few have to be waited for one by one.
            if not future.done():
                await asyncio.wait([future])

    async def _ask(self) -> bool:
        producer = await self._connected()
        return bool(await producer.client.force_metadata_update())

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = self._connection.producer()
            try:
                await producer.start()
            except BaseException:
                await _end(producer)
                raise
            self._producer = producer
        return self._producer

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _end(producer)


async def _end(producer: AIOKafkaProducer) -> None:
    # A task of its own, so that a cancellation of ours comes through and does not stop this half-way.
    ending = asyncio.create_task(_abandon(producer), name="producer-end")
    await asyncio.wait([ending], timeout=END_LIMIT)


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Drop what a producer still holds, then close it.

    Its own stop() would first wait for batches that an idempotent producer never gives up, and a sender left running
    would deliver them long after newer ones.
    """
    with contextlib.suppress(KafkaError, OSError):
        producer._message_accumulator.fail_all(KafkaError("given up"))
        if producer._sender.sender_task is not None:
            producer._sender.sender_task.cancel()
        await producer.client.close()
        await producer.stop()


def _failure(future: "asyncio.Future[object]") -> BaseException | None:
    return future.exception() if future.done() and not future.cancelled() else None


def _acknowledged(future: "asyncio.Future[object]") -> bool:
    if not future.done():
        # The producer is about to be discarded; nobody waits for this record any more.
        future.cancel()
        return False
    return not future.cancelled() and future.exception() is None
