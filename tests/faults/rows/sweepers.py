"""Sweepers of two replicas that are after the same events."""

import asyncio
import random
import time
from collections.abc import Sequence

from chassis.outbox import Entry
from chassis.relay import Relay
from device_events.points import Point
from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.rows.kill_points import DIES_WITHIN, FOUR
from tests.faults.world import World

POINTS_OF_DEATH: Sequence[Point] = ("after-commit", "after-publish")
EAGER = {"SWEEP_AGE": "0.05", "SWEEP_EVERY": "0.05"}


@row("two sweepers at once", group="sweepers")
async def two_at_once(world: World, rounds: int, rng: random.Random) -> Figures:
    """No relay lives to publish anything: all events are left to the sweepers, which take them at once."""
    for replica in world.stack.of(FOUR):
        replica.arguments.append(f"--with={__name__}:leave_all_to_sweepers")
    world.stack.tell(world.stack.of(FOUR), EAGER)
    await world.stack.start()
    await world.fleet.begin()
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(8, 10))
        await world.recovered(time.monotonic())
    note = "every event was published by a sweeper, and waits while its document is claimed for the one before, 30 s"
    return await world.audit(notes=(note,))


@row("two sweepers at once, one of them killed", group="sweepers")
async def one_of_two_killed(world: World, rounds: int, rng: random.Random) -> Figures:
    """After its commit, so that the relay leaves events behind, or as it publishes, with documents claimed."""
    world.stack.tell(world.stack.of(FOUR), EAGER)
    await world.stack.start()
    await world.fleet.begin()
    killed = 0
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(0.5, 1.5))  # into the middle of it
            victims = [world.stack.replicas[service, rng.choice((1, 2))] for service in FOUR]
            dead = await world.stack.kill_at(rng.choice(POINTS_OF_DEATH), victims, rng, within=DIES_WITHIN)
            killed += len(dead)
            ended = time.monotonic()
            await world.stack.start(dead)
        await world.recovered(ended)
    return await world.audit(notes=(f"{killed} kills",))


def leave_all_to_sweepers() -> None:
    """In a replica: the relay is as if it died after each commit."""

    def leave(self: Relay, subject: str, entries: Sequence[Entry]) -> None:
        self.counts["left_to_sweeper"] += len(entries)

    Relay.offer = leave  # type: ignore[method-assign]
