"""Closing a client of a broker with TLS: at once, though the broker still holds a fetch of it."""

import asyncio
import os
import sys
import time

import uvloop
from aiokafka import TopicPartition

from chassis.kafka_settings import kafka_settings
from deploy.local.service import IMPORTED_FROM, REPOSITORY
from device_events import catalog
from tests.support.secured.backends import Secured

TIMES, BOUND = 12, 10.0  # seconds for one; a farewell that does not come is waited for 30 s


async def test_closing_does_not_wait_for_the_brokers_farewell(backends: Secured) -> None:
    """On the loop that services run on, and several times: it takes a fetch that is under way."""
    told = backends.variables("device-admin") | {"KAFKA_FETCH_WAIT_MS": "500"}
    paths = os.pathsep.join([str(REPOSITORY), IMPORTED_FROM])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", __file__),
        env={**os.environ, **told, "PYTHONPATH": paths},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    took = [float(word) for word in printed.split()]
    assert len(took) == TIMES
    assert max(took) < BOUND, took


async def close_often() -> None:
    """Print the seconds that each close took."""
    connection = kafka_settings()
    for _ in range(TIMES):
        consumer = connection.consumer(None)
        await consumer.start()
        partition = TopicPartition(catalog.DEVICE_STATUS_TOPIC, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        await consumer.getmany(partition, timeout_ms=50)
        began = time.monotonic()
        await consumer.stop()
        print(time.monotonic() - began)


if __name__ == "__main__":
    uvloop.run(close_often())
