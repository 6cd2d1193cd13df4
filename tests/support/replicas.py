"""The plumbing of one replica - store, relay, sweeper on clients of its own - whose commits can be held half-way."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection

from chassis.aggregates import AggregateStore
from chassis.clock import Clock
from chassis.commands import StoreLimits
from chassis.mongo import Document, connect, durable_collection, ensure_indexes
from chassis.outbox import pending_index
from chassis.relay import Relay
from chassis.staging import Staged
from chassis.sweeper import Sweeper
from device_events import KafkaConnection, catalog
from device_events.publisher import Publisher


class HeldStore(AggregateStore):
    """Between its find and its write a commit waits while `hold()` is in force; `found` is set when it got there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = asyncio.Event()
        self._go = asyncio.Event()
        self._go.set()

    def hold(self) -> None:
        """Stop the next commit before its write."""
        self.found.clear()
        self._go.clear()

    def release(self) -> None:
        """Let it write."""
        self._go.set()

    async def _write(self, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        self.found.set()
        await self._go.wait()
        return await super()._write(changed)


@dataclass(frozen=True)
class Replica:
    """Its parts, started as asked."""

    store: HeldStore
    relay: Relay
    sweeper: Sweeper
    publisher: Publisher
    collection: AsyncCollection[Document]

    async def document(self, id: str) -> Document:
        """The raw document; empty if there is none."""
        return await self.collection.find_one({"_id": id}) or {}

    async def pending(self) -> list[Document]:
        """The entries in all outboxes."""
        return [entry async for document in self.collection.find() for entry in document.get("outbox", [])]


@asynccontextmanager
async def replica(
    uri: str,
    database: str,
    kafka: KafkaConnection,
    *,
    source: str = catalog.DEVICE_ADMIN,
    collection: str = "things",
    indexes: Sequence[IndexModel] = (),
    relaying: bool = True,
    sweeping: bool = False,
    keep_latest: bool = False,
    limits: StoreLimits | None = None,
    age: float = 0.2,
    kind: type[HeldStore] = HeldStore,
) -> AsyncIterator[Replica]:
    """A replica. `relaying` False is one that dies between commit and publish, as far as its events go."""
    async with connect(uri, application="test") as client:
        things = durable_collection(client[database], collection)
        await ensure_indexes(things, [*indexes, pending_index()])
        publisher, clock = Publisher(kafka, limit=3.0), Clock()
        await clock.synchronise(client[database])
        relay = Relay(things, publisher, source=source, topic_for=catalog.topic_for, keep_latest=keep_latest)
        offer = relay.offer if relaying else lambda _subject, _entries: None
        store = kind(things, clock=clock, offer=offer, keep_latest=keep_latest, limits=limits)
        sweeper = Sweeper(things, relay, clock, every=0.1, age=age)
        parts: list[Any] = [relay, store, *([sweeper] if sweeping else [])]
        for part in parts:
            part.start()
        try:
            yield Replica(store, relay, sweeper, publisher, things)
        finally:
            store.release()
            for part in reversed(parts):
                await part.stop()
            await publisher.stop()
