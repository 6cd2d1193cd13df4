"""A replica set of three that loses its majority, or its primary."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.replica_set import Member, three_members
from tests.faults.rows.outages import AFTERWARDS, logged, under_load
from tests.faults.world import World

UNKNOWN = "commit_outcome_unknown"
STEPS_DOWN_FOR = 10  # seconds
STANDS_AFTER = 2.0  # seconds


@row("majority write timed out and was applied", group="MongoDB")
async def majority_away(world: World, rounds: int, rng: random.Random) -> Figures:
    """Both secondaries stand still, but not for so long that the primary steps down: it has made every write."""
    async with three_members(world, election=30) as replica_set:

        @asynccontextmanager
        async def alone() -> AsyncIterator[None]:
            secondaries = await replica_set.secondaries()
            for member in secondaries:
                member.pause()
            yield
            for member in secondaries:
                member.resume()

        await world.stack.start()
        await world.fleet.begin()
        note = await under_load(world, rounds, rng, alone, lasting=(5, 8))
        followed = logged(world, UNKNOWN)
        return await world.audit(notes=(note, f"{followed} commits whose outcome had to be found out"))


@row("majority write timed out and was rolled back", group="MongoDB")
async def rolled_back(world: World, rounds: int, rng: random.Random) -> Figures:
    """Both secondaries stand still; then the primary dies with what only it has written, and they go on without."""
    async with three_members(world, election=STANDS_AFTER * 4) as replica_set:
        await world.stack.start()
        await world.fleet.begin()
        for _ in range(rounds):
            async with world.load():
                await asyncio.sleep(rng.uniform(1, 3))  # into the middle of it
                primary, secondaries = await replica_set.primary(), await replica_set.secondaries()
                for member in secondaries:
                    member.pause()
                await asyncio.sleep(rng.uniform(2, 5))
                await primary.kill()
                for member in secondaries:
                    member.resume()
                ended = time.monotonic()
                await replica_set.primary(of=secondaries)
                await primary.start()
                await asyncio.sleep(AFTERWARDS)
            await world.recovered(ended)
        # mongod keeps what it takes back in files of its own.
        files = [path for member in replica_set.members for path in member.data.glob("rollback/**/*.bson")]
        if len(files) < rounds:
            raise RuntimeError(f"{len(files)} collections were rolled back, so the fault was not met")
        followed = logged(world, UNKNOWN)
        notes = (f"{len(files)} collections rolled back", f"{followed} commits whose outcome had to be found out")
        return await world.audit(notes=notes)


@row("primary stepped down under load", group="MongoDB")
async def stepped_down(world: World, rounds: int, rng: random.Random) -> Figures:
    """As for maintenance, without waiting for anybody."""
    return await _without(world, rounds, rng, _step_down)


@row("primary killed under load", group="MongoDB")
async def primary_killed(world: World, rounds: int, rng: random.Random) -> Figures:
    """Without warning; another is elected, and it comes back as a secondary."""
    return await _without(world, rounds, rng, Member.kill)


async def _step_down(primary: Member) -> None:
    await primary.ask("replSetStepDown", STEPS_DOWN_FOR, secondaryCatchUpPeriodSecs=0, force=True)


async def _without(world: World, rounds: int, rng: random.Random, lose: Callable[[Member], Awaitable[None]]) -> Figures:
    async with three_members(world, election=STANDS_AFTER) as replica_set:
        await world.stack.start()
        await world.fleet.begin()
        for _ in range(rounds):
            async with world.load():
                await asyncio.sleep(rng.uniform(1, 3))  # into the middle of it
                primary, secondaries = await replica_set.primary(), await replica_set.secondaries()
                await lose(primary)
                ended = time.monotonic()
                await replica_set.primary(of=secondaries)
                elected = time.monotonic() - ended
                if primary.pid is None:
                    await primary.start()
                await asyncio.sleep(AFTERWARDS)
            await world.recovered(ended)
        return await world.audit(notes=(f"another was primary after {elected:.1f} s at the last",))
