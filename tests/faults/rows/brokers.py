"""Kafka killed, paused, and away while writes go on.

`OUTAGE` in the environment is how many seconds it is away in the last of them, 120 unless told otherwise. Much longer,
and the documents hold as many events as they may and refuse more with a 503.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.rows.outages import under_load
from tests.faults.world import World
from tests.support.polling import eventually

OUTAGE = float(os.environ.get("OUTAGE") or 120)
DRAINS_WITHIN = 300.0


@row("Kafka killed under load", group="Kafka")
async def kafka_killed(world: World, rounds: int, rng: random.Random) -> Figures:
    """Without warning; it comes back on the same data."""

    @asynccontextmanager
    async def killed() -> AsyncIterator[None]:
        await world.kafka.kill()
        yield
        await world.kafka.start()

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, killed, lasting=(1, 4))
    return await world.audit(notes=(note,))


@row("Kafka paused under load", group="Kafka")
async def kafka_paused(world: World, rounds: int, rng: random.Random) -> Figures:
    """Longer than a group's session; afterwards it keeps the records that it has had all the time."""

    @asynccontextmanager
    async def paused() -> AsyncIterator[None]:
        world.kafka.pause()
        yield
        world.kafka.resume()

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, paused, lasting=(11, 14))
    return await world.audit(notes=(note,))


@row("Kafka away while writes go on", group="Kafka")
async def kafka_away(world: World, rounds: int, rng: random.Random) -> Figures:
    """The load ends with the outage, so that the backlog and how fast it drains are all there is to see."""
    await world.stack.start()
    await world.fleet.begin()
    drains = []
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(1, 3))  # into the middle of it
            await world.kafka.kill()
            await asyncio.sleep(OUTAGE)
        backlog = await _waiting(world)
        await world.kafka.start()
        ended = time.monotonic()
        await eventually(lambda: _drained(world), within=DRAINS_WITHIN, every=0.1)
        seconds = time.monotonic() - ended
        drains.append(f"{backlog:,} events waited and were out {seconds:.1f} s later ({backlog / seconds:,.0f}/s)")
        await world.recovered(ended)
    return await world.audit(notes=(f"away for {OUTAGE:.0f} s (OUTAGE says how long)", *drains))


async def _waiting(world: World) -> int:
    """Events that are saved and not announced."""
    return sum(len(document.get("outbox", ())) for document in (await world.auditor.store.documents()).values())


async def _drained(world: World) -> bool:
    return not await _waiting(world)
