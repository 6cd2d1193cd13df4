"""Consumer groups that are balanced anew all the time, or whose handlers are slower than the broker has patience."""

import asyncio
import random
import time
import zlib
from typing import Any

from aiokafka import AIOKafkaConsumer

from device_events import Event, KafkaConnection
from device_events.intake import RawIntake, Taken
from device_events.window import Record
from tests.faults.audit.records import READS
from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.rows.kill_points import MAIL_CONNECTIONS
from tests.faults.world import World

STORM = 15.0  # seconds
JOINS_WITHIN = 20.0
POLL_INTERVAL = 2.0  # seconds that a member may be without a poll
SLOW = 3.5  # seconds that a handler takes, which is longer
SLOW_ONE_OF = 6  # events


@row("groups rebalanced while events are handled", group="consumers")
async def rebalance_storm(world: World, rounds: int, rng: random.Random) -> Figures:
    """To each group a member comes and goes again about every second; at last one that had work in hand is killed."""
    await world.stack.start()
    await world.fleet.begin()
    connection = KafkaConnection(bootstrap_servers=(world.kafka.bootstrap,), topic_prefix=world.stack.prefix)
    joined, excused = 0, 0
    for _ in range(rounds):
        async with world.load():
            async with asyncio.TaskGroup() as group:
                guests = [group.create_task(_come_and_go(connection, name, rng)) for name in READS]
            joined += sum(guest.result() for guest in guests)
            victim = rng.choice(world.stack.of(world.stack.services))
            await victim.kill()
            excused += MAIL_CONNECTIONS if victim.service == "email-handlers" else 0
            ended = time.monotonic()
            await world.stack.start([victim])
        await world.recovered(ended)
    note = f"{joined} members came and went in {len(READS)} groups and {rounds * STORM:.0f} s"
    return await world.audit(mails_excused=excused, notes=(note,))


async def _come_and_go(connection: KafkaConnection, group: str, rng: random.Random) -> int:
    """Join the group, take partitions, handle nothing and leave, over and over; returns how often."""
    times, deadline = 0, time.monotonic() + STORM
    while time.monotonic() < deadline:
        guest: AIOKafkaConsumer = connection.consumer(connection.name(group))
        guest.subscribe(topics=[connection.name(topic) for topic in READS[group]])
        try:
            async with asyncio.timeout(JOINS_WITHIN):
                await guest.start()
            times += 1
            await asyncio.sleep(rng.uniform(0.2, 0.8))
        finally:
            await guest.stop()
        await asyncio.sleep(rng.uniform(0.2, 0.8))
    return times


@row("handlers slower than the poll interval", group="consumers")
async def slow_handlers(world: World, rounds: int, rng: random.Random) -> Figures:
    """Some events take longer than a member may be without a poll, so one that waited for them would be put out."""
    for replica in world.stack.of(world.stack.services):
        replica.arguments.append(f"--with={__name__}:handle_slowly")
    await world.stack.start()
    await world.fleet.begin()
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(5, 7))
        await world.recovered(time.monotonic())
    note = f"one event of {SLOW_ONE_OF} took {SLOW} s, the poll interval was {POLL_INTERVAL:.0f} s"
    return await world.audit(notes=(note,))


def handle_slowly() -> None:
    """In a replica: handlers take their time for some events, and the group is impatient."""
    consumer, take = KafkaConnection.consumer, RawIntake.take

    def impatient(self: KafkaConnection, group: str | None, **overrides: Any) -> AIOKafkaConsumer:
        return consumer(self, group, **{"max_poll_interval_ms": int(POLL_INTERVAL * 1_000), **overrides})

    def slowly(self: RawIntake, record: Record) -> Taken | None:
        taken = take(self, record)
        if taken is None:
            return None
        handler, event = taken

        async def slow(event: Event) -> None:
            if zlib.crc32(event.id.encode()) % SLOW_ONE_OF == 0:
                await asyncio.sleep(SLOW)
            await handler(event)

        return slow, event

    KafkaConnection.consumer = impatient  # type: ignore[method-assign]
    RawIntake.take = slowly  # type: ignore[method-assign]
