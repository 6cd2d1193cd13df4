"""Services killed at each named point: on the way of a write, and on the way of an event."""

import asyncio
import random
import time

from device_events.points import POINTS, Point
from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.world import World

FOUR = ("push-registry", "device-admin", "contacts", "mobile-platform")
# email-handlers announces nothing, so it never passes the points between a publish and its acknowledgement.
WITH_HANDLERS = (*FOUR, "email-handlers")
VICTIMS: dict[Point, tuple[str, ...]] = {
    "before-commit": WITH_HANDLERS,
    "after-commit": WITH_HANDLERS,
    "after-publish": FOUR,
    "after-acknowledgement": FOUR,
    "after-effect": WITH_HANDLERS,
    "before-offset-commit": WITH_HANDLERS,
}
MAIL_CONNECTIONS = 8  # mails that one process has under way at the most
DIES_WITHIN = 20.0


async def kill_once(point: Point, world: World, rng: random.Random, *, numbers: tuple[int, ...] = (1, 2)) -> int:
    """Have the replicas with these numbers, of each service in turn, die at the point under load; returns the kills.

    The first of a service leaves the other alone for a while; then that dies too, and both are started again. Two for
    one recovery, since Kafka holds the partitions of the dead for ten seconds. Raises RuntimeError naming a replica
    that did not get there.
    """
    services, ended = VICTIMS[point], 0.0

    async def kill(service: str, number: int) -> None:
        nonlocal ended
        victim = world.stack.replicas[service, number]
        if not await world.stack.kill_at(point, [victim], rng, within=DIES_WITHIN):
            raise RuntimeError(f"{victim.name} did not reach {point} within {DIES_WITHIN:.0f} s")
        if number == numbers[-1]:
            # At once, or the others would have nothing left to do and never get there.
            ended = time.monotonic()
            await world.stack.start(world.stack.of([service]))

    async with world.load():
        for number in numbers:
            await asyncio.sleep(rng.uniform(0.5, 1.5))  # into the middle of it
            await asyncio.gather(*(kill(service, number) for service in services))
    await world.recovered(ended)
    return len(services) * len(numbers)


def mails_excused(point: Point, times: int) -> int:
    """How many mails may come again after so many deaths of a handler."""
    return times * MAIL_CONNECTIONS if "email-handlers" in VICTIMS[point] else 0


async def killed_at(point: Point, world: World, rounds: int, rng: random.Random) -> Figures:
    """So many rounds, in each of which one replica of each service dies at the point."""
    await world.stack.start()
    await world.fleet.begin()
    killed = 0
    for first in range(0, rounds, 2):
        killed += await kill_once(point, world, rng, numbers=(1, 2)[: rounds - first])
    return await world.audit(mails_excused=mails_excused(point, rounds), notes=(f"{killed} kills",))


def _register(point: Point) -> None:
    @row(f"killed at {point}", group="kill points", rounds=10)
    async def measured(world: World, rounds: int, rng: random.Random) -> Figures:
        return await killed_at(point, world, rounds, rng)


for _point in POINTS:
    _register(_point)
