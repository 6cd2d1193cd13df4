"""Replicas that go while their callers go on: by SIGKILL, and by SIGTERM as in any deployment."""

import asyncio
import random
import time

from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.rows.kill_points import MAIL_CONNECTIONS
from tests.faults.world import World


@row("SIGKILL of any replica under load", group="kills", rounds=6)
async def killed_anywhere(world: World, rounds: int, rng: random.Random) -> Figures:
    """Two replicas of any service, wherever each happens to be."""
    await world.stack.start()
    await world.fleet.begin()
    excused = 0
    for _ in range(rounds):
        async with world.load():
            victims = rng.sample(world.stack.of(world.stack.services), 2)
            for victim in victims:
                await asyncio.sleep(rng.uniform(0.5, 1.5))  # into the middle of it
                await victim.kill()
                excused += MAIL_CONNECTIONS if victim.service == "email-handlers" else 0
            ended = time.monotonic()
            await world.stack.start(victims)
        await world.recovered(ended)
    return await world.audit(mails_excused=excused, notes=(f"{2 * rounds} kills",))


@row("SIGTERM of each replica in turn under load", group="kills", rounds=2)
async def stopped_in_turn(world: World, rounds: int, rng: random.Random) -> Figures:
    """A rolling restart of everything: no caller who tries again may notice, and no mail comes again."""
    await world.stack.start()
    await world.fleet.begin()
    longest, killed = 0.0, []
    for _ in range(rounds):
        async with world.load():
            for replica in world.stack.of(world.stack.services):
                await asyncio.sleep(rng.uniform(0.1, 0.5))  # into the middle of it
                seconds = await world.stack.terminate([replica])
                longest = max(longest, seconds)
                if status := await replica.ended():
                    killed.append(f"{replica.name} ended with {status} after {seconds:.1f} s")
                ended = time.monotonic()
                await world.stack.start([replica])
        await world.recovered(ended)
    cut_off = len(world.journal.unknown)
    figures = await world.audit(notes=(f"slowest stop {longest:.1f} s", f"{cut_off} attempts had no answer or a 503"))
    figures.find("stuck", *killed)
    return figures
