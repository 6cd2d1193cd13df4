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
from chassis.mongo import Document, ensure_indexes
from chassis.topics import missing_topics
from device_events import KafkaConnection

log = structlog.get_logger()
RETRY = 0.25  # seconds
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
        self.blockers = {"indexes", "device-status"}
        self._collection = collection
        self._indexes = list(indexes)
        self._connection = connection
        self._topics = topics

    async def answers(self) -> bool:
        """Whether MongoDB answers within two seconds."""
        try:
            async with asyncio.timeout(2):
                await self._collection.database.command("ping")
        except (PyMongoError, TimeoutError):
            return False
        return True

    async def prepare(self, clock: Clock) -> None:
        """Create the indexes and take the server's time."""
        while True:
            try:
                await ensure_indexes(self._collection, self._indexes)
                await clock.synchronise(self._collection.database)
                break
            except PyMongoError as error:
                log.warning("waiting_for_mongodb", error=type(error).__name__)
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
                log.warning("waiting_for_mongodb", error=type(error).__name__)
                await asyncio.sleep(RETRY)
        self.blockers.discard("device-status")

    async def check_topics(self) -> None:
        """Wait until the topics exist; while Kafka does not answer there is nothing to check."""
        while True:
            try:
                missing = await missing_topics(self._connection, self._topics)
            except (KafkaError, OSError, TimeoutError):
                missing = None
            if missing:
                log.error("topics_missing", topics=sorted(missing))
                self.blockers.add("topics")
            else:
                self.blockers.discard("topics")
            if missing is not None and not missing:
                return
            await asyncio.sleep(1.0)
