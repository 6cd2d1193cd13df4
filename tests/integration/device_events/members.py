"""Members of a consumer group whose handlers do as the test says, and numbered events for them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord

from device_events import Event, KafkaConnection, Subscriber, SubscriberLimits, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.announced import records
from tests.support.polling import eventually

GROUP = "push-registry"  # one whose dead-letter topic the fixture has made
TOPIC = catalog.PUSH_TOPIC
QUICK = SubscriberLimits(backoff=0.01, backoff_max=0.05, attempts=3, poll_ms=20, stop=5.0)


def event(key: str, number: int, type_: str = catalog.PUSH_UPDATED) -> Event:
    """A valid event about the device `key`; its sequence is the number."""
    return Event(
        id=f"{key}-{number}",
        type=type_,
        source=catalog.PUSH_REGISTRY,
        subject=f"r/{key}",
        time=datetime.now(UTC),
        sequence=number,
        data={"runtime": "r", "applicationId": "myapp", "deviceId": key},
    )


def outgoing(one: Event) -> OutgoingRecord:
    """Its record."""
    return OutgoingRecord(TOPIC, *encode(one))


async def publish(connection: KafkaConnection, sent: Iterable[OutgoingRecord | Event]) -> None:
    """Put them on the topic, in their order."""
    publisher = Publisher(connection)
    batch = [outgoing(one) if isinstance(one, Event) else one for one in sent]
    assert await publisher.publish(batch) == [True] * len(batch)
    await publisher.stop()


async def dead_letters(connection: KafkaConnection) -> list[ConsumerRecord[bytes, bytes]]:
    """What the group has given up."""
    return await records(connection, [connection.name(catalog.dead_letter_topic(GROUP))])


async def at_once(_: Event) -> None:
    """A handler with nothing to wait for."""


@dataclass
class Member:
    """`behave` is what its handler does; `begun` and `handled` say how far it has come."""

    behave: Callable[[Event], Awaitable[None]] = at_once
    begun: list[str] = field(default_factory=list)
    handled: list[str] = field(default_factory=list)
    subscriber: Subscriber = field(init=False)
    task: "asyncio.Task[None]" = field(init=False)

    async def handle(self, one: Event) -> None:
        """Begin, behave, have done."""
        self.begun.append(one.id)
        await self.behave(one)
        self.handled.append(one.id)

    @property
    def counts(self) -> Any:
        """What the subscriber counts."""
        return self.subscriber.settlement.counts

    async def has_handled(self, count: int) -> list[str]:
        """The events handled, once there are as many."""
        await eventually(lambda: len(self.handled) >= count, within=30)
        return self.handled

    async def stop(self) -> None:
        """Stop gracefully, and wait for it."""
        self.subscriber.stop()
        await self.task


@asynccontextmanager
async def member(
    connection: KafkaConnection,
    behave: Callable[[Event], Awaitable[None]] = at_once,
    *,
    limits: SubscriberLimits = QUICK,
    group: str = GROUP,
) -> AsyncIterator[Member]:
    """A running member, stopped at the end."""
    one = Member(behave)
    handlers = {catalog.PUSH_UPDATED: one.handle}
    one.subscriber = Subscriber(connection, group=group, topics=[TOPIC], handlers=handlers, limits=limits)
    one.task = asyncio.create_task(one.subscriber.run())
    try:
        yield one
    finally:
        await one.stop()
