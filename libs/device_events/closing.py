"""Closing a consumer within a bound, whatever has become of the brokers."""

import contextlib

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from device_events.tasks import within


async def close(consumer: AIOKafkaConsumer, *, limit: float) -> None:
    """Have it leave its group, and end its connections; after `limit` seconds the brokers are left to find out."""
    with contextlib.suppress(TimeoutError, KafkaError, OSError):
        await within(limit, _stop(consumer))


async def _stop(consumer: AIOKafkaConsumer) -> None:
    try:
        await consumer.stop()
    finally:
        # While Kafka is away its fetcher ends stop() half-way, with the connections still open.
        await consumer._client.close()
