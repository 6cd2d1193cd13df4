"""Ten thousand registered devices, and a status change for each that waits in Kafka."""

import asyncio
import uuid
from datetime import UTC, datetime

from pymongo import AsyncMongoClient

from chassis.aggregates import AggregateStore
from chassis.clock import Clock
from chassis.decisions import Aggregate, Decision
from chassis.mongo import Document, durable_collection, ensure_indexes
from chassis.outbox import pending_index
from device_events import Event, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from push_registry import model
from push_registry.model import Details, Device, DeviceState
from push_registry.store import INDEXES, Store
from tests.bench.announcements import COLLECTION
from tests.bench.world import APPLICATION, DIGEST, RUNTIME, Place

AT_ONCE = 1_000


async def register(place: Place, count: int) -> None:
    """Registrations with tokens, written through the store and announced to nobody."""
    async with AsyncMongoClient[Document](place.mongodb_uri, tz_aware=True) as client:
        collection = durable_collection(client[place.name], COLLECTION)
        await ensure_indexes(collection, [*INDEXES, pending_index()])
        aggregates = AggregateStore(collection, clock=Clock(), offer=lambda subject, entries: None)
        aggregates.start()
        store = Store(aggregates)
        for first in range(0, count, AT_ONCE):
            await asyncio.gather(*(_register(store, number) for number in range(first, min(first + AT_ONCE, count))))
        await aggregates.stop()


async def _register(store: Store, number: int) -> None:
    device, now = Device(RUNTIME, f"bench-{number}"), store.now()
    token = f"token-{number}"
    details = Details(platform="A", user_id=f"user-{number}", token=token).with_digest(DIGEST.of(token))

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        state, _ = model.register(aggregate.state, device, APPLICATION, details, now)
        return Decision(None, state)

    await store.change(device, decide)


def lost(number: int, sequence: int = 2) -> Event:
    """What device-admin announces when an operator marks the device LOST."""
    device = f"{RUNTIME}/bench-{number}"
    data = {
        "runtime": RUNTIME,
        "deviceId": f"bench-{number}",
        "status": "LOST",
        "previous": "ACTIVE",
        "transactionId": number + 1,
        "reason": "operator",
    }
    return Event(
        id=f"{uuid.uuid4().hex}-1",
        type=catalog.DEVICE_STATUS_CHANGED,
        source=catalog.DEVICE_ADMIN,
        subject=device,
        time=datetime.now(UTC),
        sequence=sequence,
        data=data,
        deviceid=device,
        correlationid=uuid.uuid4().hex,
        traceparent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-00",
    )


async def announce(place: Place, count: int) -> None:
    """A LOST for each device, acknowledged by the broker."""
    publisher = Publisher(place.kafka, limit=30)
    for first in range(0, count, AT_ONCE):
        events = [lost(number) for number in range(first, min(first + AT_ONCE, count))]
        if not all(await publisher.publish([_record(event) for event in events])):
            raise RuntimeError("Kafka did not take the status changes")
    await publisher.stop()


async def require_effects(place: Place, count: int) -> None:
    """Raises RuntimeError unless all of these devices are LOST and have no token."""
    async with AsyncMongoClient[Document](place.mongodb_uri) as client:
        done = {"state.status": "LOST", "state.registrations.token": {"$exists": False}}
        found = await client[place.name][COLLECTION].count_documents(done)
    if found != count:
        raise RuntimeError(f"{found} of {count} devices lost their token")


def _record(event: Event) -> OutgoingRecord:
    return OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, *encode(event))
