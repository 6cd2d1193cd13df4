"""Startup: what must be true before a runner is ready, waited for however long it takes."""

import asyncio
import logging
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from device_events.connection import KafkaConnection
from device_events.errors import Away
from device_events.handlers.health import Health
from device_events.tasks import within
from device_events.topics import create_missing, missing_topics, topics_of_group

log = logging.getLogger(__name__)
RETRY = 0.25  # seconds
LOOK = 1.0  # seconds
REACH = 5.0  # seconds within which a Kafka that is there answers


async def create_topics(connection: KafkaConnection, group: str) -> None:
    """Create the group's own topics if they are missing. Raises KafkaError."""
    created = await create_missing(connection, topics_of_group(group))
    log.info("topics_created", extra={"topics": created})


async def prepare(health: Health) -> None:
    """Have the records make what they need."""
    while True:
        try:
            await health.records.prepare()
            break
        except Away:
            await asyncio.sleep(RETRY)
    health.blockers.discard("records")


async def check_topics(health: Health, connection: KafkaConnection, topics: Sequence[str]) -> None:
    """Wait until the topics exist; while Kafka does not answer there is nothing to check.

    A Kafka that is away is waited for; one that turns us away will do so until somebody mends the settings.
    """
    while True:
        missing: set[str] | None = None
        try:
            missing = await within(REACH, missing_topics(connection, topics))
        except (KafkaError, OSError, TimeoutError):
            refusal = await connection.refusal()
            if refusal:
                log.error("kafka_refuses", extra={"reason": refusal})
            _block(health, "kafka", blocked=refusal is not None)
        else:
            health.blockers.discard("kafka")
        if missing:
            log.error("topics_missing", extra={"topics": sorted(missing)})
        _block(health, "topics", blocked=bool(missing))
        if missing is not None and not missing:
            return
        await asyncio.sleep(LOOK)


async def watch(health: Health) -> None:
    """Keep the lag up to date, for ever."""
    while True:
        try:
            health.lag = await health.subscriber.lag()
        except (KafkaError, OSError, TimeoutError) as error:
            log.info("lag_unknown", extra={"error": type(error).__name__})
            health.lag = None
        await asyncio.sleep(LOOK)


def _block(health: Health, what: str, *, blocked: bool) -> None:
    if blocked:
        health.blockers.add(what)
    else:
        health.blockers.discard(what)
