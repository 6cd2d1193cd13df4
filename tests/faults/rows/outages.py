"""What outages have in common: load, the outage in the midst of it, its end, and everything settled again."""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from tests.faults.world import World

Outage = Callable[[], AbstractAsyncContextManager[None]]
AFTERWARDS = 1.0  # seconds that the load goes on when it is over


async def under_load(
    world: World, rounds: int, rng: random.Random, outage: Outage, *, lasting: tuple[float, float]
) -> str:
    """So many outages, each `lasting` seconds within these bounds while callers go on; returns the note for the table.

    Everything has to be running. An outage is a context: it begins and ends with it.
    """
    during = 0
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(rng.uniform(1, 3))  # into the middle of it
            before = len(world.journal.acknowledged)
            async with outage():
                await asyncio.sleep(rng.uniform(*lasting))
                during += len(world.journal.acknowledged) - before
            ended = time.monotonic()
            await asyncio.sleep(AFTERWARDS)
        await world.recovered(ended)
    return f"{during:,} writes acknowledged while it lasted"


def logged(world: World, message: str, *, at_least: int = 1) -> int:
    """How often the replicas have logged this message.

    Raises RuntimeError if less often than that: the fault was not met, and the row would show nothing.
    """
    texts = [path.read_text(errors="replace") for path in world.stack.logs.glob("*.log")]
    found = sum(text.count(message) for text in texts)
    if found < at_least:
        raise RuntimeError(f"{message} was logged {found} times, so the fault was not met")
    return found
