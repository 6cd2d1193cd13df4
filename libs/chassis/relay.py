"""Relay: publishes what has just been committed and, once the brokers have acknowledged it, empties the outboxes.

It works from memory and gives up easily: what does not fit its queue, or is not acknowledged in time, stays in the
outboxes for the sweeper. So every event is published at least once, and none without its change.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import structlog
from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from chassis.mongo import Document, relaxed
from chassis.outbox import Entry, encode_entry
from device_events.points import reached
from device_events.publisher import OutgoingRecord, Publisher
from device_events.tasks import end

log = structlog.get_logger()
QUEUE = 20_000  # entries
QUEUE_BYTES = 64_000_000  # of their payloads, while Kafka is away; the sweeper reads the rest from the outboxes
ROUND = 1_000  # entries
# Acknowledged entries leave their outboxes a little later, many with one update: at idle, removing each at once was a
# quarter of MongoDB's writes for a status change, at the very time when the others were reacting to it.
LINGER = 0.025  # seconds
MANY = 100  # entries, half of what an outbox takes


@dataclass(frozen=True, slots=True, eq=False)
class Addressed:
    """An entry and the document it belongs to."""

    subject: str
    entry: Entry


class Relay:
    """One per process and collection. `offer` never waits; `deliver` is also the sweeper's way to publish."""

    def __init__(
        self,
        collection: AsyncCollection[Document],
        publisher: Publisher,
        *,
        source: str,
        topic_for: Callable[[str, str], str],
        keep_latest: bool = False,
    ) -> None:
        """`keep_latest`: the topic is compacted and must always end with the newest event of each subject."""
        # Losing a removal only repeats an event, so it need not wait for a majority.
        self._collection = relaxed(collection)
        self._committed = collection
        self._publisher = publisher
        self._source = source
        self._topic_for = topic_for
        self._keep_latest = keep_latest
        self._queue: list[Addressed] = []
        self._arrival = asyncio.Event()
        self._acknowledged: list[Addressed] = []
        self._removable, self._hurry = asyncio.Event(), asyncio.Event()
        self._open = 0  # entries taken and not settled
        self._bytes = 0  # of their payloads
        self._idle = asyncio.Event()
        self._idle.set()
        self._turn = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self.counts: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """Entries in memory: not yet acknowledged, or not yet removed."""
        return self._open

    @property
    def degraded(self) -> bool:
        """Whether the last round was not acknowledged."""
        return bool(self._publisher.degraded)

    def offer(self, subject: str, entries: Sequence[Entry]) -> None:
        """Take committed entries for publishing, or leave them to the sweeper when the queue is full."""
        size = sum(len(entry["data"]) for entry in entries)
        if self._open + len(entries) > QUEUE or self._bytes + size > QUEUE_BYTES:
            self.counts["left_to_sweeper"] += len(entries)
            return
        self._queue += [Addressed(subject, entry) for entry in entries]
        self._open += len(entries)
        self._bytes += size
        self._arrival.set()
        self._idle.clear()

    def start(self) -> None:
        """Begin publishing."""
        self._tasks = [
            asyncio.create_task(self._run(), name="relay"),
            asyncio.create_task(self._run_removal(), name="relay-removal"),
        ]

    async def stop(self, *, limit: float = 5.0) -> None:
        """Publish what waits, within `limit` seconds; the rest is the sweeper's."""
        self._hurry.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await self._idle.wait()
        await end(*self._tasks)

    async def reachable(self) -> bool:
        """Whether Kafka answers, asked anew unless it did so the last time."""
        if self._publisher.degraded is False:
            return True
        async with self._turn:
            return await self._publisher.probe()

    async def deliver(self, items: Sequence[Addressed]) -> bool:
        """Publish these entries in order and remove the acknowledged ones; whether all were acknowledged."""
        acknowledged = await self._publish(items)
        await self._remove(acknowledged)
        return len(acknowledged) == len(items)

    async def _run(self) -> None:
        while True:
            await self._arrival.wait()
            batch, self._queue = self._queue[:ROUND], self._queue[ROUND:]
            if not self._queue:
                self._arrival.clear()
            acknowledged: list[Addressed] = []
            try:
                acknowledged = await self._publish(batch)
            except Exception:
                log.exception("relay_failed", entries=len(batch))
            left = set(batch).difference(acknowledged)
            self.counts["left_to_sweeper"] += len(left)
            self._settled(left)
            self._acknowledged += acknowledged
            if len(self._acknowledged) >= MANY:
                self._hurry.set()
            self._removable.set()

    async def _run_removal(self) -> None:
        while True:
            await self._removable.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER):
                    await self._hurry.wait()
            self._removable.clear()
            self._hurry.clear()
            batch, self._acknowledged = self._acknowledged, []
            try:
                await self._remove(batch)
            except PyMongoError as error:
                # Published, but still in the outboxes: the sweeper repeats and removes them.
                log.warning("outbox_removal_failed", entries=len(batch), error=type(error).__name__)
            except Exception:
                log.exception("outbox_removal_failed", entries=len(batch))
            self._settled(batch)

    def _settled(self, items: Collection[Addressed]) -> None:
        self._open -= len(items)
        self._bytes -= sum(len(item.entry["data"]) for item in items)
        if not self._open:
            self._idle.set()

    async def _publish(self, items: Sequence[Addressed]) -> list[Addressed]:
        records = {item: record for item in items if (record := self._record(item))}
        async with self._turn:
            answers = await self._publisher.publish(list(records.values()))
        reached("after-acknowledgement")
        acknowledged = [item for item, answer in zip(records, answers, strict=True) if answer]
        self.counts["published"] += len(acknowledged)
        return acknowledged

    def _record(self, item: Addressed) -> OutgoingRecord | None:
        try:
            key, value, headers = encode_entry(self._source, item.subject, item.entry)
            return OutgoingRecord(self._topic_for(item.entry["type"], self._source), key, value, headers)
        except Exception:
            # A fault of ours must not hold up the others' events; this one stays in its outbox and is tried again.
            log.exception("event_not_encodable", id=item.entry.get("id"))
            return None

    async def _remove(self, items: Sequence[Addressed]) -> None:
        if not items:
            return
        ids: defaultdict[str, list[str]] = defaultdict(list)
        newest: dict[str, int] = {}
        for item in items:
            ids[item.subject].append(item.entry["id"])
            newest[item.subject] = max(newest.get(item.subject, 0), item.entry["sequence"])
        if self._keep_latest:
            await self._remove_if_newest(ids, newest)
            return
        # One statement for all: half the CPU in MongoDB of one each. An id says which document's entry it is.
        await self._collection.update_many({"_id": {"$in": list(ids)}}, _pull(id for own in ids.values() for id in own))

    async def _remove_if_newest(self, ids: dict[str, list[str]], newest: dict[str, int]) -> None:
        """Remove entries only while the document has announced nothing after them.

        Two replicas may publish in the wrong order. Whoever finds that the document has moved on publishes its
        newest event again before removing, so the topic never ends with an older one, even if a process dies here.
        Only an event that a majority has is published: another might be rolled back, and its own relay publishes it
        later than this. The entries then stay for the sweeper.
        """
        while newest:
            result = await self._collection.bulk_write(
                [UpdateOne({"_id": key, "sequence": newest[key]}, _pull(ids[key])) for key in newest], ordered=False
            )
            if result.matched_count == len(newest):
                return
            entries = [entry for key in newest for entry in ids[key]]
            moved = {
                document["_id"]: document["latest"]
                async for document in self._committed.find(
                    {"_id": {"$in": list(newest)}, "outbox.id": {"$in": entries}}, {"latest": 1}
                )
                if document["latest"]["sequence"] > newest[document["_id"]]
            }
            again = await self._publish([Addressed(key, latest) for key, latest in moved.items()])
            self.counts["announced_again"] += len(again)
            newest = {item.subject: item.entry["sequence"] for item in again}


def _pull(ids: Iterable[str]) -> Document:
    return {"$pull": {"outbox": {"id": {"$in": list(ids)}}}}
