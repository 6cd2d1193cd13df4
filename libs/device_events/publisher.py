"""Publisher: puts records on Kafka and says which of them the brokers acknowledged.

aiokafka's idempotent producer never gives up on a batch by itself and may stay stuck after an outage, even in
stop(); so every round has a limit of ours, after which the producer is thrown away and the next round makes a new one.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from device_events.connection import KafkaConnection
from device_events.envelope import Headers

log = structlog.get_logger()
STOP_LIMIT = 3.0  # seconds


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
        self.degraded = True  # until the first acknowledgement

    async def publish(self, records: Sequence[OutgoingRecord]) -> list[bool]:
        """Send the records in order; for each, whether it was acknowledged within the limit.

        A record that was not acknowledged may still have reached the log. Raises nothing for an absent broker.
        """
        futures: list[asyncio.Future[object]] = []
        topic = self._connection.name
        try:
            async with asyncio.timeout(self._limit):
                producer = await self._connected()
                for record in records:
                    futures.append(
                        await producer.send(topic(record.topic), record.value, record.key, headers=record.headers)
                    )
                if futures:
                    await asyncio.wait(futures)
        except (TimeoutError, KafkaError, OSError) as error:
            log.warning("kafka_unavailable", error=type(error).__name__)
        acknowledged = [_acknowledged(future) for future in futures]
        acknowledged += [False] * (len(records) - len(futures))
        self.degraded = not all(acknowledged)
        if self.degraded:
            await self._discard()
        return acknowledged

    async def probe(self) -> bool:
        """Connect if need be and ask the brokers for their topics: whether Kafka answers within the limit."""
        try:
            async with asyncio.timeout(self._limit):
                producer = await self._connected()
                await producer.client.force_metadata_update()
        except (TimeoutError, KafkaError, OSError):
            self.degraded = True
            await self._discard()
        else:
            self.degraded = False
        return not self.degraded

    async def stop(self) -> None:
        """Close the connections; bounded, as a stuck producer never finishes its own stop."""
        await self._discard()

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = self._connection.producer()
            try:
                await producer.start()
            except BaseException:
                await _stop(producer)
                raise
            self._producer = producer
        return self._producer

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(TimeoutError, KafkaError, OSError, asyncio.CancelledError):
        async with asyncio.timeout(STOP_LIMIT):
            await producer.stop()


def _acknowledged(future: "asyncio.Future[object]") -> bool:
    if not future.done():
        # The producer is about to be discarded; nobody waits for this record any more.
        future.cancel()
        return False
    return not future.cancelled() and future.exception() is None
