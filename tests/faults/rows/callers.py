"""Callers who leave before they are answered, some of them in the middle of a word."""

import asyncio
import itertools
import json
import random
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from deploy.local.demo.device import ADMIN, PUSH
from tests.faults.figures import Figures
from tests.faults.load.life import Life, basic
from tests.faults.registry import row
from tests.faults.world import World
from tests.support.polling import eventually

LEAVERS = 8
AT_REST = ("aggregate_store_waiting", "relay_waiting", "requests_in_hand")


@row("caller gone in mid-request", group="callers")
async def gone(world: World, rounds: int, rng: random.Random) -> Figures:
    """Half a request changes nothing; a whole one may be carried out, then with its event. Nothing is left in hand."""
    leavers = Leavers(world, rng)
    await world.stack.start()
    await world.fleet.begin()
    for _ in range(rounds):
        async with world.load():
            await leavers.come_and_go(rng.uniform(8, 10))
            ended = time.monotonic()
        await world.recovered(ended)
    figures = await world.audit()
    made = {event.correlation for event in await world.auditor.events()}
    figures.find("phantom", *(f"{id} was half a request and has an event" for id in leavers.halves if id in made))
    figures.find("stuck", *await _left_in_hand(world))
    done = sum(id in made for id in leavers.wholes)
    figures.notes.append(f"{len(leavers.halves):,} left before their request was whole, {len(leavers.wholes):,} after")
    figures.notes.append(f"{done:,} of these were carried out")
    return figures


@dataclass
class Leavers:
    """What they asked for, by correlation id."""

    world: World
    rng: random.Random
    halves: set[str] = field(default_factory=set)
    wholes: set[str] = field(default_factory=set)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def come_and_go(self, seconds: float) -> None:
        """Several at a time, for so long."""
        deadline = time.monotonic() + seconds
        await asyncio.gather(*(self._keep_leaving(deadline) for _ in range(LEAVERS)))

    async def _keep_leaving(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            await self._leave(self.rng.choice(self.world.fleet.lives))
            await asyncio.sleep(self.rng.uniform(0.02, 0.1))

    async def _leave(self, life: Life) -> None:
        """Say a request or a part of it, and break the connection at once or a moment later."""
        number = next(self._numbers)
        correlation = f"leaver-{number}"
        if self.rng.random() < 0.6:
            body = {"deviceId": life.id, "token": f"left-{life.id}-{number}", "userId": f"left{number}"}
            service, path, who = "push-registry", f"{PUSH}/{life.id}", life.bearer
        else:
            status = {"status": self.rng.choice(("ACTIVE", "LOST", "EXPIRED"))}
            service, path, who, body = (
                "device-admin",
                f"{ADMIN}/devices/{life.id}?async=false",
                basic("operator"),
                status,
            )
        content = json.dumps(body).encode()
        address = urlsplit(self.rng.choice(self.world.stack.urls(service)))
        head = (
            f"PUT {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: {who}\r\n"
            f"X-Correlation-ID: {correlation}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        request = head.encode() + content
        whole = self.rng.random() < 0.5
        (self.wholes if whole else self.halves).add(correlation)
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(request if whole else request[: self.rng.randrange(1, len(request))])
        await writer.drain()
        await asyncio.sleep(self.rng.uniform(0, 0.02))
        writer.transport.abort()


async def _left_in_hand(world: World) -> list[str]:
    """What replicas say they still have in hand, after some time to finish it."""
    found: list[str] = []

    async def nothing() -> bool:
        nonlocal found
        found = [line for replica in world.stack.of() for line in await _in_hand(replica.url)]
        return not found

    try:
        await eventually(nothing, within=15, every=0.2)
    except AssertionError:
        return found
    return []


async def _in_hand(url: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        numbers = dict(line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if not line.startswith("#"))
    # The request for the metrics is in hand itself.
    return [
        f"{url}: {name} is {numbers[name]}"
        for name in AT_REST
        if float(numbers[name]) > (1 if name == "requests_in_hand" else 0)
    ]
