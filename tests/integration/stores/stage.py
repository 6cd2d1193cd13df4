"""The four services' use cases and reactions on a real MongoDB, one replica each, with no other code between."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from chassis.aggregates import AggregateStore
from chassis.mongo import Document, durable_collection, ensure_indexes
from chassis.outbox import pending_index
from device_events import Event, catalog
from tests.model.fleet import RUNTIME, TickingClock, device_key
from tests.model.members import ADMIN, CONTACTS, MEMBERS, MOBILE, PUSH, Member

__all__ = ["ADMIN", "CONTACTS", "MEMBERS", "MOBILE", "OWN", "PUSH", "Member", "Stage", "stage"]
OWN = "looked at by a test"  # what a test's own reads say of themselves


@dataclass(frozen=True)
class Stage:
    """Resources and collections are by the source of their service."""

    resources: Mapping[str, Any]
    collections: Mapping[str, AsyncCollection[Document]]
    clock: TickingClock

    def of(self, member: Member) -> Any:
        """What its use cases work with."""
        return self.resources[member.source]

    async def documents(self, member: Member) -> dict[str, Document]:
        """Its aggregates as they are, by id."""
        found = self.collections[member.source].find({"version": {"$exists": True}}, comment=OWN)
        return {document["_id"]: document async for document in found}

    async def hear(self, member: Member, type_: str, *, sequence: int = 1, **more: Any) -> None:
        """Its reaction to an event of another service, as its consumer calls it.

        What is no attribute of an event goes into the payload.
        """
        names = ("subject", "causationid", "statussequence", "source", "deviceid")
        attributes = {name: more.pop(name) for name in names if name in more}
        source = attributes.pop("source", next(iter(catalog.CATALOG[type_].topics)))
        event = Event(
            id=uuid.uuid4().hex,
            type=type_,
            source=source,
            subject=attributes.pop("subject", device_key(more.get("deviceId", ""))),
            time=self.clock.now(),
            sequence=sequence,
            data={"runtime": RUNTIME, "aFieldOfTomorrow": [1], **more},
            **attributes,
        )
        await member.reactions[type_](self.of(member), event)

    async def status(self, member: Member, device: str, status: str, sequence: int) -> None:
        """A device has a new status, which it did not have before."""
        previous = "LOST" if status == "ACTIVE" else "ACTIVE"
        facts = {"deviceId": device, "status": status, "previous": previous, "reason": "operator"}
        await self.hear(member, catalog.DEVICE_STATUS_CHANGED, sequence=sequence, **facts)

    async def settled(self) -> None:
        """Until what goes on after an answer has ended."""
        for resources in self.resources.values():
            while background := getattr(resources, "background", None):
                await asyncio.wait(background)


@asynccontextmanager
async def stage(uri: str, database: str, listeners: Sequence[Any] = ()) -> AsyncIterator[Stage]:
    """Their stores over one client, with their indexes; `listeners` are told of every command."""
    async with AsyncMongoClient[Document](uri, tz_aware=True, event_listeners=list(listeners)) as client:
        clock = TickingClock()
        collections = {one.source: durable_collection(client[database], one.collection) for one in MEMBERS}
        resources, stores = {}, []
        for one in MEMBERS:
            collection = collections[one.source]
            await ensure_indexes(collection, [*one.indexes, pending_index()])
            store = AggregateStore(collection, clock=clock, offer=lambda *_: None, keep_latest=one.keep_latest)
            resources[one.source] = one.resources(store)
            stores.append(store)
            store.start()
        try:
            yield Stage(resources, collections, clock)
        finally:
            for store in stores:
                await store.stop()
