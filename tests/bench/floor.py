"""The floor under the status changes: `python -m tests.bench.floor URI DATABASE BOOTSTRAP PREFIX COUNT`.

Reads the records and writes as many documents of the same size in bulk at majority: no decoding, no reading of what is
there, no decision, no outbox, no announcement, no offsets. Prints the seconds from the first poll to the last write.
"""

import sys
import time
from typing import Any

import uvloop
from aiokafka import TopicPartition
from pymongo import AsyncMongoClient, UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from chassis.mongo import durable_collection
from device_events import KafkaConnection
from device_events.catalog import DEVICE_STATUS_TOPIC, TOPICS
from tests.bench.announcements import COLLECTION

BATCH = 256  # the most documents that the store commits at once


async def run(uri: str, database: str, bootstrap: str, prefix: str, count: int) -> float:
    """The seconds."""
    connection = KafkaConnection(bootstrap_servers=(bootstrap,), topic_prefix=prefix)
    topic = connection.name(DEVICE_STATUS_TOPIC)
    consumer = connection.consumer(None)
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        collection = durable_collection(client[database], COLLECTION)
        example = await collection.find_one({})
        assert example
        registration = {
            name: value for name, value in example["state"]["registrations"][0].items() if "token" not in name
        }
        change = {
            "state.registrations": [registration],
            "state.status": "LOST",
            "state.status_sequence": 2,
            "version": 2,
        }
        await consumer.start()
        consumer.assign([TopicPartition(topic, number) for number in range(TOPICS[DEVICE_STATUS_TOPIC].partitions)])
        began, done = time.perf_counter(), 0
        while done < count:
            batches = await consumer.getmany(timeout_ms=100, max_records=1_000)
            keys = [(record.key or b"").decode() for records in batches.values() for record in records]
            for first in range(0, len(keys), BATCH):
                await _write(collection, keys[first : first + BATCH], change)
            done += len(keys)
        seconds = time.perf_counter() - began
        await consumer.stop()
    return seconds


async def _write(collection: AsyncCollection[dict[str, Any]], keys: list[str], change: dict[str, Any]) -> None:
    await collection.bulk_write([UpdateOne({"_id": key}, {"$set": change}) for key in keys], ordered=False)


if __name__ == "__main__":
    uri, database, bootstrap, prefix, count = sys.argv[1:]
    print(uvloop.run(run(uri, database, bootstrap, prefix, int(count))))
