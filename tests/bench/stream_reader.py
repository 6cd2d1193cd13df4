"""One reader of the status topic, in a process of its own: prints what reading all of it took, as JSON.

`python -m tests.bench.stream_reader HOW BOOTSTRAP PREFIX COUNT`, where HOW is one of READERS.
"""

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from device_events import LATEST, DeviceEvent, DeviceStatusChanged, KafkaConnection, subscribe
from device_events.catalog import DEVICE_STATUS_TOPIC
from device_events.deliveries import RepeatFilter
from tests.support.memory import resident

AT_ONCE, FEW = 1_000, 64  # records, for the bare loop: many, and so few that the garbage collector leaves them alone
REMEMBERED = 1_000_000


class Clock:
    """Time and CPU from the first event to the last."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.began: tuple[float, float] | None = None
        self.figures: dict[str, float] = {}

    def tick(self) -> bool:
        """One more event; whether it was the last."""
        if self.began is None:
            self.began = time.perf_counter(), time.process_time()
        self.left -= 1
        if self.left:
            return False
        wall, cpu = self.began
        self.figures = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        return True


async def bare(kafka: KafkaConnection, count: int, at_once: int = AT_ONCE) -> Mapping[str, float]:
    """aiokafka alone: getmany, and the same JSON decoded."""
    clock = Clock(count)
    consumer = kafka.consumer(kafka.name(_group()))
    consumer.subscribe(topics=[kafka.name(DEVICE_STATUS_TOPIC)])
    await consumer.start()
    try:
        while not clock.figures:
            for records in (await consumer.getmany(timeout_ms=200, max_records=at_once)).values():
                for record in records:
                    orjson.loads(record.value or b"")
                    clock.tick()
    finally:
        await consumer.stop()
    return clock.figures


async def bare_few(kafka: KafkaConnection, count: int) -> Mapping[str, float]:
    """The same, with as few at once as `subscribe()` asks for."""
    return await bare(kafka, count, FEW)


async def handler(kafka: KafkaConnection, count: int) -> Mapping[str, float]:
    """An empty handler, in a group, by LATEST."""
    clock = Clock(count)
    events = subscribe(kafka, group=_group(), dead_letters=False)

    @events.on(DeviceStatusChanged)
    async def nothing(_: DeviceEvent[DeviceStatusChanged]) -> None:
        if clock.tick():
            events.stop()

    await events.run()
    return clock.figures


async def loop(kafka: KafkaConnection, count: int) -> Mapping[str, float]:
    """An empty loop, in a group, by LATEST."""
    clock = Clock(count)
    async with subscribe(kafka, group=_group(), types=[DeviceStatusChanged], dead_letters=False) as events:
        async for _ in events:
            if clock.tick():
                break
    return clock.figures


async def typed(kafka: KafkaConnection, count: int) -> Mapping[str, float]:
    """A handler that uses the payload and an attribute."""
    clock = Clock(count)
    events = subscribe(kafka, group=_group(), dead_letters=False)

    @events.on(DeviceStatusChanged)
    async def look(event: DeviceEvent[DeviceStatusChanged]) -> None:
        if clock.tick() or event.data.status not in event.data.status:
            events.stop()

    await events.run()
    return clock.figures


async def repeats(_: KafkaConnection, count: int) -> Mapping[str, float]:
    """The repeat filter alone, asked and told about so many devices; then a million are remembered."""
    one, topic = RepeatFilter(LATEST, REMEMBERED, recording=False), "rollcall.device-status"
    subjects = [b"myruntime/bench-%d" % number for number in range(count)]
    cpu = time.process_time()
    for subject in subjects:
        if one.outdated(topic, subject, 2) is None:
            one.handled(topic, subject, 2)
    cpu = time.process_time() - cpu
    del subjects
    one = RepeatFilter(LATEST, REMEMBERED, recording=False)
    for number in range(REMEMBERED):
        # As real ones are: 36 characters of id, and sequences too high for Python to share.
        one.handled(topic, b"myruntime/%036d" % number, 1_000 + number)
    return {"seconds": cpu, "cpu": cpu, "megabytes": resident() / 1e6, "remembered": len(one)}


READERS: Mapping[str, Callable[[KafkaConnection, int], Awaitable[Mapping[str, float]]]] = {
    "bare": bare,
    "bare_few": bare_few,
    "handler": handler,
    "loop": loop,
    "typed": typed,
    "repeats": repeats,
}


def _group() -> str:
    return f"reader-{uuid.uuid4().hex}"


def main() -> None:
    """The command line."""
    how, bootstrap, prefix, count = sys.argv[1:]
    kafka = KafkaConnection(bootstrap_servers=[bootstrap], topic_prefix=prefix)
    work: Any = READERS[how](kafka, int(count))
    if os.environ.get("BENCH_PROFILE"):
        import cProfile

        profile = cProfile.Profile()
        profile.runcall(asyncio.run, work)
        profile.print_stats("tottime")
    else:
        print(json.dumps(asyncio.run(work)))


if __name__ == "__main__":
    main()
