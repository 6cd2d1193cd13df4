"""Comparison: whether MongoDB knows everything that its service has announced on Kafka.

An event is published only after a majority has its document, so no record can be ahead of its document - unless
MongoDB was restored from an older copy. Then the next events would repeat sequences that readers have seen, and be
dropped as stale: a LOST could pass unnoticed. A mark in the collection says so until `rollcall reconcile` has lifted
every sequence; the mark stays even if documents catch up by themselves, since others may not have.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog
from aiokafka.errors import KafkaError
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, PyMongoError

from chassis.errors import Unavailable
from chassis.mongo import Document, why
from chassis.records import header, reading
from device_events import KafkaConnection
from device_events.catalog import TOPICS
from device_events.tasks import end
from device_events.window import Record

log = structlog.get_logger()
MARK = "behind-kafka"  # the document's id
EVERY = 10.0  # seconds
AGAIN = 1.0  # seconds, while MongoDB does not answer or is marked
LAST_MOMENT = 1.0  # seconds
LAST = 100  # records of each partition
RETRY_AFTER = 30  # seconds: what it takes is a person
_PAGE = 1_000
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which event of which document a record holds."""

    source: str
    subject: str
    sequence: int


def stamp_of(record: Record) -> Stamp | None:
    """The stamp of a record; None if it is none of our events."""
    source, subject, sequence = (header(record, f"ce_{name}") for name in ("source", "subject", "sequence"))
    if not (source and subject and sequence and sequence.isdecimal() and len(sequence) <= 18):
        return None
    return Stamp(source, subject, int(sequence))


def topics_of(source: str) -> list[str]:
    """The topics that this source writes."""
    return [topic.name for topic in TOPICS.values() if topic.writer == source]


async def newest_of(records: AsyncIterable[Record], source: str) -> dict[str, int]:
    """The highest sequence by subject that these records hold of one source."""
    newest: dict[str, int] = {}
    async for record in records:
        stamp = stamp_of(record)
        if stamp and stamp.source == source:
            newest[stamp.subject] = max(newest.get(stamp.subject, 0), stamp.sequence)
    return newest


async def behind(collection: AsyncCollection[Document], newest: Mapping[str, int]) -> dict[str, int | None]:
    """The documents whose sequence, as a majority has it, is lower than this: theirs, or None for one that is missing.

    Raises PyMongoError.
    """
    subjects = list(newest)
    found: dict[str, int | None] = {}
    for start in range(0, len(subjects), _PAGE):
        page = subjects[start : start + _PAGE]
        cursor = collection.find({"_id": {"$in": page}}, {"sequence": 1})
        have = {document["_id"]: int(document["sequence"]) async for document in cursor}
        found |= {subject: have.get(subject) for subject in page if have.get(subject, -1) < newest[subject]}
    return found


class Comparison:
    """One per process and collection: looks at the ends of the service's topics, at its start and regularly."""

    def __init__(self, collection: AsyncCollection[Document], connection: KafkaConnection, source: str) -> None:
        self._collection = collection
        self._connection = connection
        self._source = source
        self._topics = topics_of(source)
        self._compared = asyncio.Event()
        self._marked = False

    @property
    def behind(self) -> bool:
        """Whether MongoDB is known to be behind Kafka."""
        return self._marked

    @property
    def open(self) -> bool:
        """Whether sequences may be given out: a first look has been taken, and nothing is known against it."""
        return self._compared.is_set() and not self._marked

    async def require_open(self) -> None:
        """Raises Unavailable unless sequences may be given out; asks MongoDB, as another replica may have marked it."""
        try:
            if self._compared.is_set() and not await self._is_marked():
                return
        except PyMongoError as error:
            raise Unavailable() from error
        raise Unavailable(headers={"Retry-After": str(RETRY_AFTER if self._marked else 1)})

    async def first(self) -> None:
        """Wait for the first look. While Kafka is away there is nothing to look at, and writes go on as ever."""
        await self._compared.wait()

    async def run(self) -> NoReturn:
        """Look for ever."""
        while True:
            try:
                await self._look_through()
                self._compared.set()
                await self._rest()
            except PyMongoError as error:
                log.info("comparison_put_off", error=why(error))
                await asyncio.sleep(AGAIN)
            except Exception:
                log.exception("comparison_failed")
                await asyncio.sleep(AGAIN)

    async def _look_through(self) -> None:
        """One look, which a stop lets come to its end for a moment: aiokafka leaves connections behind if cut short."""
        looking = asyncio.create_task(self.look(), name="comparison")
        try:
            await asyncio.shield(looking)
        finally:
            if not looking.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([looking], timeout=LAST_MOMENT)
                await end(looking)

    async def _rest(self) -> None:
        """Until the next look; but what waits for the mark to go may go on as soon as it has gone."""
        until = time.monotonic() + EVERY
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, AGAIN) if self._marked else left)
            if self._marked and not await self._is_marked():
                log.info("mongodb_level_with_kafka")

    async def look(self) -> None:
        """Compare once, and mark what is behind. Raises PyMongoError; an absent Kafka is passed over."""
        if not await self._is_marked():
            try:
                async with reading(self._connection) as reader:
                    newest = await newest_of(reader.read(self._topics, last=LAST), self._source)
            except (KafkaError, OSError, TimeoutError) as error:
                log.info("comparison_put_off", error=type(error).__name__)
                return
            if late := await behind(self._collection, newest):
                await self._mark(late, newest)
        if await self._is_marked():
            log.error("mongodb_behind_kafka", remedy="rollcall reconcile")

    async def _mark(self, late: Mapping[str, int | None], newest: Mapping[str, int]) -> None:
        own = uuid.uuid4().hex
        examples = [
            {"subject": subject, "mongodb": late[subject], "kafka": newest[subject]} for subject in sorted(late)
        ]
        mark = {"by": own, "documents": len(late), "examples": examples[:_SHOWN]}
        try:
            await self._collection.update_one({"_id": MARK}, {"$setOnInsert": mark}, upsert=True)
        except DuplicateKeyError:
            return  # another replica was quicker
        # It may have been lifted, and the mark taken away, since it was read: then this one would stay for ever.
        if not await behind(self._collection, newest):
            await self._collection.delete_one({"_id": MARK, "by": own})

    async def _is_marked(self) -> bool:
        self._marked = await self._collection.find_one({"_id": MARK}, {"_id": 1}) is not None
        return self._marked


async def unmark(collection: AsyncCollection[Document]) -> bool:
    """Let sequences be given out again, once all are lifted; whether there was a mark. Raises PyMongoError."""
    deleted: Any = await collection.delete_one({"_id": MARK})
    return bool(deleted.deleted_count)
