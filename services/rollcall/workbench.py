"""The services' collections, and what writes to them as the services do: state and events together, then published."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from pymongo.asynchronous.collection import AsyncCollection

from chassis.aggregates import AggregateStore
from chassis.clock import Clock
from chassis.mongo import Document, connect, durable_collection
from chassis.relay import Relay
from device_events import KafkaConnection
from device_events.catalog import topic_for
from device_events.publisher import Publisher
from rollcall.services import DEVICE_ADMIN, SERVICES, ServiceData
from rollcall.settings import Place, Settings

Collections = Mapping[str, AsyncCollection[Document]]


@contextlib.asynccontextmanager
async def collections(places: Mapping[str, Place]) -> AsyncIterator[Collections]:
    """Each service's collection by the service's name."""
    async with contextlib.AsyncExitStack() as stack:
        found = {}
        for name, place in places.items():
            client = connect(place.uri, application="rollcall")
            stack.push_async_callback(client.close)
            found[name] = durable_collection(client[place.database], SERVICES[name].collection)
        yield found


def reading_only(collection: AsyncCollection[Document]) -> AggregateStore:
    """What a service's own store reads with. It is never started, and refuses every write."""
    return AggregateStore(collection, clock=Clock(), offer=lambda _id, _entries: None)


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a service writes and publishes with. `relay` is not started: publish with `deliver`, or by `writing`."""

    collection: AsyncCollection[Document]
    clock: Clock
    relay: Relay


@contextlib.asynccontextmanager
async def workbench(
    service: ServiceData, collection: AsyncCollection[Document], kafka: KafkaConnection
) -> AsyncIterator[Workbench]:
    """One service's workbench. Raises PyMongoError when MongoDB is away."""
    publisher, clock = Publisher(kafka), Clock()
    await clock.synchronise(collection.database)
    keep_latest = service is DEVICE_ADMIN
    try:
        yield Workbench(
            collection,
            clock,
            Relay(collection, publisher, source=service.source, topic_for=topic_for, keep_latest=keep_latest),
        )
    finally:
        await publisher.stop()


@contextlib.asynccontextmanager
async def writing(service: ServiceData, settings: Settings, found: Collections) -> AsyncIterator[AggregateStore]:
    """A store whose events are published by its end; what Kafka does not take then, the service's sweeper publishes."""
    async with workbench(service, found[service.name], settings.kafka) as bench:
        keep_latest = service is DEVICE_ADMIN
        store = AggregateStore(bench.collection, clock=bench.clock, offer=bench.relay.offer, keep_latest=keep_latest)
        bench.relay.start()
        store.start()
        try:
            yield store
        finally:
            await store.stop()
            await bench.relay.stop()
