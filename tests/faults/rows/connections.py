"""Connections between services and backends that are slow, lose an answer, or have nobody at the other end."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.rows.outages import under_load
from tests.faults.world import World
from tests.support.proxy import Proxy

LOST_ANSWERS = 20  # a round
NOTICED_WITHIN = 10.0  # seconds that the load goes on after connections have gone dead


def behind_mongo_proxy(world: World) -> Proxy:
    """Have every replica reach MongoDB through the proxy, from its next start on."""
    world.stack.tell(world.stack.of(world.stack.services), {"MONGODB_URI": world.mongo_proxy.uri})
    return world.mongo_proxy


def behind_kafka_proxy(world: World) -> Proxy:
    """Have every replica reach Kafka through the proxy, from its next start on."""
    world.stack.tell(world.stack.of(world.stack.services), {"KAFKA_BOOTSTRAP_SERVERS": world.kafka_proxy.address})
    return world.kafka_proxy


@row("connections to MongoDB half-open", group="connections")
async def mongo_half_open(world: World, rounds: int, rng: random.Random) -> Figures:
    """Whatever goes over the connections of the moment arrives nowhere, and nobody says so."""
    return await _half_open(world, behind_mongo_proxy(world), rounds, rng)


@row("connections to Kafka half-open", group="connections")
async def kafka_half_open(world: World, rounds: int, rng: random.Random) -> Figures:
    """Whatever goes over the connections of the moment arrives nowhere, and nobody says so."""
    return await _half_open(world, behind_kafka_proxy(world), rounds, rng)


@row("answers of MongoDB lost after the write", group="connections")
async def mongo_answers_lost(world: World, rounds: int, rng: random.Random) -> Figures:
    """The write is made, then the connection breaks."""
    return await _answers_lost(world, behind_mongo_proxy(world), rounds, rng)


@row("answers of Kafka lost after the write", group="connections")
async def kafka_answers_lost(world: World, rounds: int, rng: random.Random) -> Figures:
    """The records are kept, then the connection breaks."""
    return await _answers_lost(world, behind_kafka_proxy(world), rounds, rng)


@row("MongoDB far away", group="connections")
async def mongo_far_away(world: World, rounds: int, rng: random.Random) -> Figures:
    """Everything takes a quarter of a second longer, each way."""
    return await _far_away(world, behind_mongo_proxy(world), rounds, rng)


@row("Kafka far away", group="connections")
async def kafka_far_away(world: World, rounds: int, rng: random.Random) -> Figures:
    """Everything takes a quarter of a second longer, each way."""
    return await _far_away(world, behind_kafka_proxy(world), rounds, rng)


async def _half_open(world: World, proxy: Proxy, rounds: int, rng: random.Random) -> Figures:
    await world.stack.start()
    await world.fleet.begin()
    stranded = 0
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(1, 3))  # into the middle of it
            stranded += proxy.strand()
            ended = time.monotonic()
            await asyncio.sleep(NOTICED_WITHIN)
        await world.recovered(ended)
    return await world.audit(notes=(f"{stranded} connections went dead",))


async def _answers_lost(world: World, proxy: Proxy, rounds: int, rng: random.Random) -> Figures:
    @asynccontextmanager
    async def losing() -> AsyncIterator[None]:
        proxy.swallow = LOST_ANSWERS
        yield
        proxy.swallow = 0

    await world.stack.start()
    await world.fleet.begin()
    before = proxy.swallowed
    await under_load(world, rounds, rng, losing, lasting=(4, 6))
    lost = proxy.swallowed - before
    if not lost:
        raise RuntimeError("no answer was lost, so the fault was not met")
    return await world.audit(notes=(f"{lost} answers lost",))


async def _far_away(world: World, proxy: Proxy, rounds: int, rng: random.Random) -> Figures:
    @asynccontextmanager
    async def delayed() -> AsyncIterator[None]:
        proxy.delay = 0.25
        yield
        proxy.delay = 0.0

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, delayed, lasting=(8, 10))
    return await world.audit(notes=(note,))
