"""Status changes that wait in Kafka when push-registry starts: how fast they are applied and announced."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError

from device_events.catalog import PUSH_TOPIC
from tests.bench import machine, seeds
from tests.bench.announcements import Announcements
from tests.bench.world import GROUP, Place, Registry, World
from tests.support.announced import records
from tests.support.polling import eventually

COUNT = 10_000
WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Applied:
    """From joining the group to the last announcement in Kafka: seconds, and microseconds of CPU a change."""

    seconds: float
    server: float
    mongod: float


async def apply(world: World, *, profile: Path | None = None) -> Applied:
    """A new place, full of work before its service starts; ends when all of it is done, or raises."""
    place = await waiting(world)
    announcements = Announcements(place)
    registry = world.registry(place, profile=profile)
    mongod = world.mongod.pid or 0
    joining = asyncio.create_task(_joined(place, registry, mongod))
    async with registry:
        # Two announcements a change: the token's removal, and that the change is applied.
        # Seldom, as each look uses the core that MongoDB and Kafka run on; Kafka itself says when the last one came.
        await eventually(lambda: _reached(announcements, 2 * COUNT), within=WITHIN, every=0.5)
        began, before = await joining
        used = machine.usage(registry.pid or 0, mongod).since(before)
    await seeds.require_effects(place, COUNT)
    found = await records(place.kafka, [place.kafka.name(PUSH_TOPIC)])
    last = max(record.timestamp for record in found) / 1e3
    each = 1e6 / COUNT
    return Applied(last - began, used.server * each, used.mongod * each)


async def waiting(world: World) -> Place:
    """A place with the devices registered and the changes in Kafka."""
    place = await world.place("statuses")
    await seeds.register(place, COUNT)
    await seeds.announce(place, COUNT)
    return place


async def floor(world: World) -> float:
    """Seconds that the same work takes getmany and bulk_write alone, in a process that runs where the service does."""
    place = await waiting(world)
    process = await asyncio.create_subprocess_exec(
        *("taskset", "--cpu-list", machine.server_cores(), sys.executable, "-P", "-m", "tests.bench.floor"),
        *(place.mongodb_uri, place.name, place.kafka.bootstrap_servers[0], place.kafka.topic_prefix, str(COUNT)),
        env={**os.environ, "PYTHONPATH": machine.IMPORTED_FROM},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    return float(printed)


async def _joined(place: Place, registry: Registry, mongod: int) -> tuple[float, machine.Usage]:
    """When the service has become a member that may fetch, in Unix seconds, and what had been used until then."""
    admin = place.kafka.admin()
    await admin.start()
    try:
        while True:
            try:
                (answer,) = await admin.describe_consumer_groups([place.kafka.name(GROUP)])
                if answer.groups[0][2] == "Stable":  # type: ignore[attr-defined]  # aiokafka builds its replies at run time
                    return time.time(), machine.usage(registry.pid or 0, mongod)
            except KafkaError:
                pass  # the group does not exist yet
            await asyncio.sleep(0.01)
    finally:
        await admin.close()


async def _reached(announcements: Announcements, count: int) -> bool:
    return await announcements.in_kafka() >= count
