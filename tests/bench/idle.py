"""What a broker and a database take for one thing at a time: the parts that a cascade cannot do without."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from statistics import median
from typing import Any

from aiokafka import TopicPartition
from pymongo import AsyncMongoClient

from chassis.mongo import durable_collection
from device_events.catalog import DEVICE_STATUS_TOPIC
from device_events.envelope import encode
from tests.bench import seeds
from tests.bench.world import Place

TIMES = 100
BETWEEN = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Parts:
    """Median milliseconds: from producing to consuming one event, and of one durable write."""

    produced: float
    written: float


async def parts(place: Place) -> Parts:
    """Both, one after the other."""
    return Parts(await produce_to_consume(place), await lone_write(place))


async def produce_to_consume(place: Place) -> float:
    """Median milliseconds from giving one event to a producer until a consumer, with the services' settings, has it."""
    topic = place.kafka.name(DEVICE_STATUS_TOPIC)
    consumer, producer = place.kafka.consumer(None), place.kafka.producer()
    await consumer.start()
    await producer.start()
    took = []
    try:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_end()
        for number in range(TIMES):
            key, value, headers = encode(seeds.lost(number))
            await asyncio.sleep(BETWEEN)
            began = time.perf_counter()
            await producer.send(topic, value, key, partition=0, headers=headers)
            await consumer.getone()
            took.append(time.perf_counter() - began)
    finally:
        await producer.stop()
        await consumer.stop()
    return median(took) * 1e3


async def lone_write(place: Place) -> float:
    """Median milliseconds of one update that nothing else runs beside, journaled by a majority."""
    async with AsyncMongoClient[dict[str, Any]](place.mongodb_uri) as client:
        collection = durable_collection(client[place.name], "lone_writes")
        took = []
        for _ in range(TIMES):
            await asyncio.sleep(BETWEEN)
            began = time.perf_counter()
            await collection.update_one({"_id": "one"}, {"$set": {"state": uuid.uuid4().hex}}, upsert=True)
            took.append(time.perf_counter() - began)
    return median(took) * 1e3
