"""How many events a topic holds, and how many the documents say were announced."""

from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from pymongo import AsyncMongoClient

from device_events.catalog import PUSH_TOPIC, TOPICS
from tests.bench.world import Place
from tests.support.announced import records
from tests.support.polling import eventually

COLLECTION = "push_devices"


@dataclass(frozen=True, slots=True)
class Announcements:
    """Those of push-registry in one place."""

    place: Place

    async def in_kafka(self) -> int:
        """Records in the topic, repeats included."""
        name = self.place.kafka.name(PUSH_TOPIC)
        partitions = [TopicPartition(name, number) for number in range(TOPICS[PUSH_TOPIC].partitions)]
        consumer = self.place.kafka.consumer(None)
        await consumer.start()
        try:
            consumer.assign(partitions)
            consumer.pause(*partitions)
            ends: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
        finally:
            await consumer.stop()
        return sum(ends.values())

    async def committed(self) -> int:
        """Events of all committed changes: the sum of the documents' sequences."""
        async with AsyncMongoClient[dict[str, Any]](self.place.mongodb_uri) as client:
            collection = client[self.place.name][COLLECTION]
            pipeline = [{"$group": {"_id": None, "sum": {"$sum": "$sequence"}}}]
            found = await (await collection.aggregate(pipeline)).to_list()
        return int(found[0]["sum"]) if found else 0

    async def drained(self, *, within: float = 60) -> int:
        """Wait until nothing is committed any more and Kafka holds every event; how many it holds."""
        last = -1

        async def arrived() -> int:
            nonlocal last
            before, last = last, await self.committed()
            count = await self.in_kafka()
            return count if before == last <= count else 0

        return await eventually(arrived, within=within, every=0.1)

    async def distinct(self) -> int:
        """Different events in the topic, by their ids."""
        found = await records(self.place.kafka, [self.place.kafka.name(PUSH_TOPIC)])
        return len({dict(record.headers)["ce_id"] for record in found})
