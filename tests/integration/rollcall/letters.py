"""Groups that refuse events, and the letters that come of it as an operator sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chassis.consumer import Consumer
from device_events import Event, KafkaConnection, Rejected, SubscriberLimits, catalog
from tests.integration.rollcall.site import Site
from tests.support.operator import Answer
from tests.support.polling import eventually

GROUP, OTHER = "push-registry", "contacts"
LETTERS = ("dead-letters", "list", "--json", "--group", GROUP)
QUICK = SubscriberLimits(backoff=0.01, backoff_max=0.05, attempts=3, poll_ms=20, stop=5.0)


@dataclass
class Reader:
    """One member of a group: what it handled, and which events it refuses."""

    refused: set[str] = field(default_factory=set)
    handled: list[Event] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.handled]


async def take(reader: Reader, event: Event) -> None:
    if event.id in reader.refused:
        raise Rejected("not this one")
    reader.handled.append(event)


@asynccontextmanager
async def member(connection: KafkaConnection, group: str, *refused: str) -> AsyncIterator[Reader]:
    """A member of a group, as a service has one."""
    reader = Reader(set(refused))
    consumer = Consumer(
        connection,
        group=group,
        topics=[catalog.PUSH_TOPIC],
        reactions={catalog.PUSH_UPDATED: take},
        resources=reader,
        limits=QUICK,
    )
    consumer.start()
    try:
        yield reader
    finally:
        await consumer.stop()


async def listed(site: Site, number: int, *more: str) -> list[dict[str, str]]:
    """The letters, once there are so many."""

    async def look() -> Answer | None:
        answer = await site.rollcall(*LETTERS, *more)
        return answer if answer.exit == 0 and len(answer.data["letters"]) == number else None

    letters: list[dict[str, str]] = (await eventually(look, within=30)).data["letters"]
    return letters
