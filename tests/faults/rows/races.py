"""Races: a device registers everywhere while an operator marks it LOST."""

import asyncio
import random
import time

from tests.faults.figures import Figures
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life
from tests.faults.registry import row
from tests.faults.world import World

RACES = 500  # a round
AT_ONCE = 24
SPREADS = (-2.0, 0.3)  # 10 to the power of it: seconds over which a race stretches, since machines differ


@row("registrations race with LOST", group="statuses")
async def registering_or_lost(world: World, rounds: int, rng: random.Random) -> Figures:
    """Push, contact and mobile client at once, each at any replica and at a moment of its own around the LOST."""
    await world.stack.start()
    got_in = 0
    for number in range(rounds):
        lives = crowd(world, rng, f"racer-{number}", RACES)
        await each(lives, Life.register_for_push)  # or device-admin would not know it
        await world.settle()
        got_in += sum(await each(lives, _race, at_once=AT_ONCE))
        await world.recovered(time.monotonic())
    races = rounds * RACES
    return await world.audit(
        notes=(f"{races} races of 3 registrations each", f"{got_in} of {3 * races} registrations came first")
    )


async def _race(life: Life) -> int:
    """How many of the registrations were let in, for the moment."""

    spread = 10 ** life.rng.uniform(*SPREADS)

    async def later(step: str) -> int:
        await asyncio.sleep(life.rng.uniform(0, spread))
        answer = await getattr(life, step)()
        return int(answer.status in (200, 201))

    async def lose() -> None:
        await asyncio.sleep(life.rng.uniform(0, spread / 2))
        await life.change_status("LOST", asynchronous=life.rng.random() < 0.5)

    steps = ("register_for_push", "sign_up", "register_mobile_client")
    let_in = await asyncio.gather(*(later(step) for step in steps), lose())
    return sum(one for one in let_in if one)
