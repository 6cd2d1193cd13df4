"""Sweeper: publishes what a relay has left behind - after a crash, an outage of Kafka, or a full queue.

Every replica has one; a claim on the document, by the server's clock, keeps two from publishing the same entries.
"""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from chassis.clock import Clock
from chassis.mongo import Document
from chassis.outbox import EPOCH
from chassis.relay import Addressed, Relay
from device_events.tasks import end

log = structlog.get_logger()
PAGE = 200  # documents claimed at once
BACKLOG_BOUND = 100_000  # documents counted at the most, for the metric
CLAIM_MS = 30_000
# By the server's clock. Claimed documents are not even found, so they never hide those behind them from this page.
_LAPSED: Document = {"$expr": {"$lt": [{"$ifNull": ["$claim.at", EPOCH]}, {"$subtract": ["$$NOW", CLAIM_MS]}]}}


class Sweeper:
    """`every` and `age` are seconds: between looks, and how old an entry must be to be taken as left behind."""

    def __init__(
        self,
        collection: AsyncCollection[Document],
        relay: Relay,
        clock: Clock,
        *,
        every: float = 2.0,
        age: float = 5.0,
    ) -> None:
        self._collection = collection
        self._relay = relay
        self._clock = clock
        self._every = every
        self._age = timedelta(seconds=age)
        self._task: asyncio.Task[None] | None = None
        self.backlog = 0  # documents with entries older than `age`, as of the last look

    def start(self) -> None:
        """Look at once - a predecessor may have crashed - and then regularly."""
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def stop(self) -> None:
        """Stop looking. Claims lapse by themselves."""
        await end(self._task)

    async def sweep(self) -> int:
        """Publish one page of what was left behind; returns how many documents were emptied."""
        before = self._clock.now() - self._age
        stale = {"outbox.time": {"$gt": EPOCH, "$lt": before}}
        self.backlog = await self._collection.count_documents(stale, limit=BACKLOG_BOUND)
        # Kafka may have come back since the last round of this process, or never have been asked.
        if not self.backlog or not await self._relay.reachable():
            return 0
        claimed = await self._claim(stale)
        items = [
            Addressed(document["_id"], entry)
            for document in claimed
            for entry in sorted(document["outbox"], key=lambda entry: int(entry["sequence"]))
        ]
        if not items or not await self._relay.deliver(items):
            return 0
        log.info("outbox_swept", documents=len(claimed), entries=len(items))
        return len(claimed)

    async def _claim(self, stale: dict[str, Any]) -> Sequence[Document]:
        ids = [one["_id"] async for one in self._collection.find(stale | _LAPSED, {"_id": 1}, limit=PAGE)]
        if not ids:
            return []
        owner = uuid.uuid4().hex
        claims = [UpdateOne({"_id": id, **_LAPSED}, _claim_by(owner)) for id in ids]
        await self._collection.bulk_write(claims, ordered=False)
        claimed = self._collection.find({"_id": {"$in": ids}, "claim.by": owner}, {"outbox": 1})
        return [document async for document in claimed]

    async def _run(self) -> None:
        while True:
            emptied = 0
            try:
                await self._clock.synchronise(self._collection.database)
                emptied = await self.sweep()
            except PyMongoError as error:
                log.warning("sweep_failed", error=type(error).__name__)
            except Exception:
                log.exception("sweep_failed")
            if emptied < PAGE:
                await asyncio.sleep(self._every)


def _claim_by(owner: str) -> Document:
    return {"$set": {"claim.by": owner}, "$currentDate": {"claim.at": True}}
