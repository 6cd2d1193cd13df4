"""MongoDB killed, paused, and saying of writes that it made that it could not make them last."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.rows.outages import logged, under_load
from tests.faults.world import World

WRITE_CONCERN_TIMEOUT = 64
FAILED_WRITES = 40  # a round


@row("mongod killed under load", group="MongoDB")
async def mongod_killed(world: World, rounds: int, rng: random.Random) -> Figures:
    """Without warning; it comes back on the same data."""

    @asynccontextmanager
    async def killed() -> AsyncIterator[None]:
        await world.mongod.kill()
        yield
        await world.mongod.start()

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, killed, lasting=(1, 4))
    return await world.audit(notes=(note,))


@row("mongod paused under load", group="MongoDB")
async def mongod_paused(world: World, rounds: int, rng: random.Random) -> Figures:
    """Longer than anybody waits for an answer; afterwards it makes the writes that it has had all the time."""

    @asynccontextmanager
    async def paused() -> AsyncIterator[None]:
        world.mongod.pause()
        yield
        world.mongod.resume()

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, paused, lasting=(5, 8))
    followed = logged(world, "commit_outcome_unknown")
    return await world.audit(notes=(note, f"{followed} commits whose outcome had to be found out"))


@row("writes applied and reported as timed out", group="MongoDB")
async def reported_as_timed_out(world: World, rounds: int, rng: random.Random) -> Figures:
    """Each of so many updates is made and answered with an error of its write concern."""

    @asynccontextmanager
    async def failing() -> AsyncIterator[None]:
        error = {"code": WRITE_CONCERN_TIMEOUT, "errmsg": "waiting for replication timed out"}
        await world.mongod.fail({"times": FAILED_WRITES}, failCommands=["update"], writeConcernError=error)
        yield
        await world.mongod.fail("off")

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, failing, lasting=(3, 5))
    followed = logged(world, "commit_outcome_unknown")
    return await world.audit(notes=(note, f"{followed} commits whose outcome had to be found out"))


@row("MongoDB slow to write", group="MongoDB")
async def slow_to_write(world: World, rounds: int, rng: random.Random) -> Figures:
    """Every update takes between half a second and a second more."""

    @asynccontextmanager
    async def slow() -> AsyncIterator[None]:
        milliseconds = rng.randint(500, 1_000)
        await world.mongod.fail("alwaysOn", failCommands=["update"], blockConnection=True, blockTimeMS=milliseconds)
        yield
        await world.mongod.fail("off")
        await asyncio.sleep(milliseconds / 1_000)

    await world.stack.start()
    await world.fleet.begin()
    note = await under_load(world, rounds, rng, slow, lasting=(8, 10))
    return await world.audit(notes=(note,))
