"""Startup: what must be true before a service is ready, waited for however long it takes."""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka.errors import KafkaError
from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.mongo import Document, ensure_indexes, why
from device_events import KafkaConnection
from device_events.tasks import within
from device_events.topics import missing_topics

log = structlog.get_logger()
RETRY = 0.25  # seconds
REACH = 5.0  # seconds within which a Kafka that is there answers
DEPLOYMENT = "deployment"  # the document that remembers that this deployment has caught up once


class Startup:
    """`blockers` is shared with the health endpoint; each step takes its own away."""

    def __init__(
        self,
        collection: AsyncCollection[Document],
        indexes: Sequence[IndexModel],
        connection: KafkaConnection,
        topics: Sequence[str],
    ) -> None:
        self.blockers = {"indexes", "device-status", "kafka"}
        self._collection = collection
        self._indexes = list(indexes)
        self._connection = connection
        self._topics = topics

    async def prepare(self, clock: Clock) -> None:
        """Create the indexes and take the server's time."""
        while True:
            try:
                await ensure_indexes(self._collection, self._indexes)
                await clock.synchronise(self._collection.database)
                break
            except PyMongoError as error:
                log.warning("waiting_for_mongodb", error=why(error))
                await asyncio.sleep(RETRY)
        self.blockers.discard("indexes")

    async def catch_up(self, consumer: Consumer) -> None:
        """A new deployment is not ready until it knows every device's status; one that was ready once is.

        Otherwise a device marked LOST before this deployment began could get in meanwhile.
        """
        while True:
            try:
                if await self._collection.find_one({"_id": DEPLOYMENT}):
                    break
                await consumer.caught_up.wait()
                await self._collection.update_one({"_id": DEPLOYMENT}, {"$set": {"caughtUp": True}}, upsert=True)
                break
            except PyMongoError as error:
                log.warning("waiting_for_mongodb", error=why(error))
                await asyncio.sleep(RETRY)
        self.blockers.discard("device-status")

    async def check_topics(self) -> None:
        """Wait until the topics exist; while Kafka does not answer there is nothing to check.

        Until the first try it is not known whether Kafka lets this service in.
        """
        while True:
            try:
                missing = await within(REACH, missing_topics(self._connection, self._topics))
            except (KafkaError, OSError, TimeoutError):
                missing = None
                await self._explain()
            else:
                self.blockers.discard("kafka")
            if missing:
                log.error("topics_missing", topics=sorted(missing))
                self.blockers.add("topics")
            else:
                self.blockers.discard("topics")
            if missing is not None and not missing:
                return
            await asyncio.sleep(1.0)

    async def _explain(self) -> None:
        """A Kafka that is away is waited for; one that turns us away will do so until somebody mends the settings."""
        if refusal := await self._connection.refusal():
            log.error("kafka_refuses", reason=refusal)
            self.blockers.add("kafka")
        else:
            self.blockers.discard("kafka")
