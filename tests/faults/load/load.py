"""The load generator: a fleet of devices whose lives go on while something is broken."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import aiohttp

from tests.faults.journal import Journal
from tests.faults.load.client import Client, GaveUp
from tests.faults.load.life import Life

DEVICES = 80
WORKERS = 40
RATE = 80.0  # requests a second in all


class Fleet:
    """The devices of a row, the same in all its rounds. Each worker leads lives of its own, so nobody else does."""

    def __init__(self, client: Client, rng: random.Random, bearer: str, *, size: int = DEVICES) -> None:
        """The seed decides every life, as far as the answers are the same."""
        self.client = client
        self.lives = [Life(client, f"device-{number}", bearer, random.Random(rng.random())) for number in range(size)]
        self._begun: set[str] = set()

    @asynccontextmanager
    async def living(self, *, rate: float = RATE, workers: int = WORKERS) -> AsyncIterator[None]:
        """Load while inside; at the end every request in hand is waited for. Devices register when they first come.

        `rate` is requests a second at the most. They come in bursts, one of each worker at a time, so that services
        have several things in hand when they die. What fails is in the journal.
        """
        self.client.stopping = False
        tasks = [
            asyncio.create_task(self._work(self.lives[number::workers], workers / rate), name=f"worker-{number}")
            for number in range(workers)
        ]
        try:
            yield
        finally:
            self.client.stopping = True
            await asyncio.gather(*tasks)

    async def begin(self) -> None:
        """Register every device that has not begun."""
        await asyncio.gather(*(self._begin(life) for life in self.lives))

    async def _work(self, lives: Sequence[Life], period: float) -> None:
        turn = 0
        while not self.client.stopping:
            life = lives[turn % len(lives)]
            turn += 1
            if life.id in self._begun:
                await life.go_on()
            else:
                await self._begin(life)
            now = time.monotonic()
            await asyncio.sleep(period - now % period)  # the same clock for all: they go together

    async def _begin(self, life: Life) -> None:
        if life.id in self._begun:
            return
        try:
            await life.begin()
        except GaveUp:
            return
        self._begun.add(life.id)


@asynccontextmanager
async def fleet(
    addresses: Mapping[str, Sequence[str]], journal: Journal, rng: random.Random, bearer: str, name: str
) -> AsyncIterator[Fleet]:
    """A fleet with a client session of its own; `name` begins the ids of its requests."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield Fleet(Client(session, addresses, journal, name), rng, bearer)
