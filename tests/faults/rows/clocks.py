"""Processes whose clock is wrong."""

import asyncio
import random
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from aiokafka import AIOKafkaProducer

from deploy.local.demo.device import SCOPE
from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.world import World

# A little more than the hour up to which Kafka takes a producer's time for true.
OFF = timedelta(minutes=65)
TOLERATED = timedelta(seconds=5)
VALID = 6 * 3_600  # seconds


@row("clock an hour ahead", group="clocks")
async def ahead(world: World, rounds: int, rng: random.Random) -> Figures:
    """One replica of each service, and of email-handlers, lives in the future."""
    return await _off(world, rounds, rng, "an_hour_ahead")


@row("clock an hour behind", group="clocks")
async def behind(world: World, rounds: int, rng: random.Random) -> Figures:
    """One replica of each service, and of email-handlers, lives in the past."""
    return await _off(world, rounds, rng, "an_hour_behind")


def an_hour_ahead() -> None:
    """In a replica: the time of day is wrong, the monotonic clock is right."""
    _live_at(datetime.now(UTC) + OFF)


def an_hour_behind() -> None:
    """In a replica: the time of day is wrong, the monotonic clock is right."""
    _live_at(datetime.now(UTC) - OFF)


def _live_at(moment: datetime) -> None:
    time_machine.travel(moment).start()
    send: Any = AIOKafkaProducer.send

    async def dated(self: AIOKafkaProducer, *record: Any, **options: Any) -> Any:
        # What aiokafka has compiled asks the system for the time itself.
        return await send(self, *record, timestamp_ms=int(time.time() * 1_000), **options)

    AIOKafkaProducer.send = dated  # type: ignore[method-assign]


async def _off(world: World, rounds: int, rng: random.Random, wrong: str) -> Figures:
    for replica in world.stack.of(world.stack.services, [1]):
        replica.arguments.append(f"--with={__name__}:{wrong}")
    now = int(time.time())
    # Valid by every clock of the row: a token from the future is refused, and rightly so.
    issued = int(now - 2 * OFF.total_seconds())
    world.bearer = world.servers.issuer.headers(SCOPE, iat=issued, exp=now + VALID)["Authorization"]
    for life in world.fleet.lives:
        life.bearer = world.bearer
    began = datetime.now(UTC)
    await world.stack.start()
    await world.fleet.begin()
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(6, 8))
            victim = rng.choice(world.stack.of(numbers=[1]))
            await victim.kill()  # what it leaves behind is for one whose clock is right, and the other way round
            ended = time.monotonic()
            await world.stack.start([victim])
        await world.recovered(ended)
    figures = await world.audit(notes=(f"by {OFF.total_seconds() / 60:.0f} minutes, in one replica of each service",))
    until = datetime.now(UTC) + TOLERATED
    for event in await world.auditor.events():
        if not began - TOLERATED < event.time < until:
            figures.find("out_of_order", f"{event} says it was at {event.time}")
    return figures
