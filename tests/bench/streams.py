"""What a program of somebody else's gets from `subscribe()`: events a second, memory, the wait for a lone event."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from statistics import mean, median

from device_events import END, DeviceEvent, DeviceStatusChanged, subscribe
from device_events.catalog import DEVICE_STATUS_TOPIC
from device_events.envelope import encode
from tests.bench import machine, seeds
from tests.bench.idle import BETWEEN, TIMES, produce_to_consume
from tests.bench.world import Place, World

COUNT = 100_000
WITHIN = 120.0  # seconds for one reader
Figures = Mapping[str, float]


async def read(place: Place, how: str) -> Figures:
    """All events by one reader, in a process on the server's core."""
    process = await asyncio.create_subprocess_exec(
        *("taskset", "--cpu-list", machine.server_cores(), sys.executable, "-P", "-m", "tests.bench.stream_reader"),
        *(how, place.kafka.bootstrap_servers[0], place.kafka.topic_prefix, str(COUNT)),
        env={**os.environ, "PYTHONPATH": machine.IMPORTED_FROM},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), WITHIN)
    figures: Figures = json.loads(printed)
    return figures


async def in_turns(world: World, rounds: int) -> dict[str, list[Figures]]:
    """Each reader's figures; they read the same events, one after the other."""
    place = await world.place("streams")
    await seeds.announce(place, COUNT)
    await read(place, "bare")  # the broker's first look at its own files is nobody's
    found: dict[str, list[Figures]] = {}
    for _ in range(rounds):
        for how in ("bare", "bare_few", "handler", "loop", "typed", "repeats"):
            found.setdefault(how, []).append(await read(place, how))
    return found


def rate(figures: list[Figures]) -> float:
    """Events a second."""
    return mean(COUNT / one["seconds"] for one in figures)


def cpu(figures: list[Figures]) -> float:
    """Microseconds of CPU an event."""
    return mean(one["cpu"] for one in figures) * 1e6 / COUNT


async def lone(world: World) -> tuple[float, float, float]:
    """Milliseconds from giving a lone event to a producer until its handler runs: median and longest.

    And the median for a bare consumer.
    """
    place = await world.place("lone")
    bare = await produce_to_consume(place)
    producer = place.kafka.producer()
    await producer.start()
    arrived: asyncio.Queue[float] = asyncio.Queue()
    events = subscribe(place.kafka, group="lone", start=END)

    @events.on(DeviceStatusChanged)
    async def arrive(_: DeviceEvent[DeviceStatusChanged]) -> None:
        arrived.put_nowait(time.perf_counter())

    running = asyncio.create_task(events.run())
    took = []
    try:
        await events.joined()
        for number in range(TIMES):
            key, value, headers = encode(seeds.lost(number))
            await asyncio.sleep(BETWEEN)
            began = time.perf_counter()
            await producer.send(place.kafka.name(DEVICE_STATUS_TOPIC), value, key, headers=headers)
            took.append((await asyncio.wait_for(arrived.get(), 10) - began) * 1e3)
    finally:
        events.stop()
        await running
        await producer.stop()
    return median(took), max(took), bare
