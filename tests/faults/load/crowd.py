"""Devices beside the fleet: a row makes as many as it needs, and has them do things at the same time."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from tests.faults.load.life import Life
from tests.faults.world import World

T = TypeVar("T")
R = TypeVar("R")
AT_ONCE = 40


def crowd(world: World, rng: random.Random, name: str, count: int) -> list[Life]:
    """So many devices that nobody knows yet; no other crowd of the row may have this name."""
    client = world.fleet.client
    return [Life(client, f"{name}-{number}", world.bearer, random.Random(rng.random())) for number in range(count)]


async def each(what: Iterable[T], do: Callable[[T], Awaitable[R]], *, at_once: int = AT_ONCE) -> list[R]:
    """Do it to each, so many at the same time; the results in the order given. Raises what one of them raises."""
    turns = asyncio.Semaphore(at_once)

    async def in_turn(one: T) -> R:
        async with turns:
            return await do(one)

    return await asyncio.gather(*(in_turn(one) for one in what))
