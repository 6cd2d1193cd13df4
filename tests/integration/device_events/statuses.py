"""Changes of status as device-admin announces them, numbered, and a reader that keeps what it is given."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from device_events import DeviceEvent, Event, KafkaConnection, SubscriberLimits, Subscription, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.polling import eventually

QUICK = SubscriberLimits(backoff=0.01, backoff_max=0.05, attempts=3, poll_ms=20, stop=5.0)
AT_ONCE = 2_000


def status(device: str, sequence: int, status: str = "LOST", *, id: str | None = None, runtime: str = "r") -> Event:
    """A change of this device's status; a repeat has the same id."""
    return Event(
        id=id or f"{device}-{sequence}",
        type=catalog.DEVICE_STATUS_CHANGED,
        source=catalog.DEVICE_ADMIN,
        subject=f"{runtime}/{device}",
        time=datetime.now(UTC),
        sequence=sequence,
        data={"runtime": runtime, "deviceId": device, "status": status, "reason": "operator"},
        deviceid=f"{runtime}/{device}",
    )


async def announce(connection: KafkaConnection, events: Iterable[Event]) -> None:
    """Put them on their topics, in their order."""
    publisher = Publisher(connection, limit=30)
    records = [OutgoingRecord(catalog.topic_for(one.type, one.source), *encode(one)) for one in events]
    for first in range(0, len(records), AT_ONCE):
        assert all(await publisher.publish(records[first : first + AT_ONCE]))
    await publisher.stop()


class Reader:
    """What a subscription gives, in a loop of its own."""

    def __init__(self, subscription: Subscription[Any]) -> None:
        self.subscription = subscription
        self.events: list[DeviceEvent[Any]] = []

    @property
    def ids(self) -> list[str]:
        """Of the events so far."""
        return [event.id for event in self.events]

    async def has(self, count: int) -> list[str]:
        """The ids, once there are so many."""
        await eventually(lambda: len(self.events) >= count, within=30)
        return self.ids

    async def counted(self, **counts: int) -> None:
        """Wait until the subscription has counted just this many."""
        found = self.subscription.counts
        await eventually(lambda: {name: found[name] for name in counts} == counts, within=30)

    async def read(self) -> None:
        """Until it stops."""
        async for event in self.subscription:
            self.events.append(event)


@contextlib.asynccontextmanager
async def reading(subscription: Subscription[Any]) -> AsyncIterator[Reader]:
    """A reader that has joined; stopped at the end."""
    reader = Reader(subscription)
    task = asyncio.create_task(reader.read())
    try:
        joined = asyncio.create_task(subscription.joined())
        await asyncio.wait([task, joined], return_when=asyncio.FIRST_COMPLETED, timeout=40)
        joined.cancel()
        yield reader
    finally:
        subscription.stop()
        await task
