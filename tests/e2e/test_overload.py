"""Ten times the load that a process can carry: the rest is refused at once, its memory stays flat, others are served.

What it can carry is made small and known: every read takes MongoDB `READ_TAKES`, and the service reads over 20
connections, so that it can answer 20 reads a second. The load comes from greedy clients, which come again too soon, and
from polite ones, which wait as long as they are told to.
"""

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from chassis.topics import create_topics
from deploy.local.backends import Tansu
from device_events import KafkaConnection
from tests.faults.servers import FaultMongod
from tests.support.memory import resident
from tests.support.service_processes import Backends, Replica, readiness
from tests.support.services import GROUPS
from tests.support.tokens import TokenIssuer, serving

READ_TAKES = 1.0  # seconds
CAPACITY = 20 / READ_TAKES  # reads a second
PLACES = 40
GREEDY, POLITE = 200, 40
PAUSE = 0.5  # seconds between two requests of a greedy client: together ten times what can be answered
LASTS = 15.0  # seconds
FLOOD_LASTS = 6.0
GROWS_BY = 60 * 1024 * 1024  # bytes, at the most
PATH = "/imfpush/v1/apps/myapp/devices"
SCOPE = "devices.write devices.read push.application.myapp"

pytestmark = pytest.mark.timeout(120)


@dataclass
class Town:
    """One process of push-registry on backends of its own."""

    mongod: FaultMongod
    replica: Replica
    headers: dict[str, str]


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with (
        serving(TokenIssuer()) as issuer,
        FaultMongod(tmp_path / "mongod", tmp_path / "logs") as mongod,
        Tansu(tmp_path / "tansu", tmp_path / "logs") as broker,
    ):
        kafka = KafkaConnection(bootstrap_servers=(broker.bootstrap,), idempotent=False, fetch_wait_ms=10)
        await create_topics(kafka, GROUPS, replicas=1, partitions=1)
        backends = Backends(tmp_path, mongod.uri, "overload", kafka, issuer)
        (replica,) = backends.replicas("push-registry", MAX_REQUESTS=str(PLACES), MAX_CONNECTIONS="300")
        async with replica:
            yield Town(mongod, replica, issuer.headers(SCOPE))


@dataclass
class Seen:
    """What clients of one kind were told. Seconds are those of refusals."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


async def read(http: aiohttp.ClientSession, device: str, seen: Seen) -> float | None:
    """One GET; returns how long to wait before the next when it was refused."""
    began = time.monotonic()
    async with http.get(f"{PATH}/{device}") as answer:
        seen.statuses[answer.status] += 1
        body = await answer.json()
    if answer.status != 503:
        assert body["deviceId"] == device
        return None
    seen.seconds.append(time.monotonic() - began)
    assert body["code"] == "FPWSE0025E"
    assert body["correlationId"] == answer.headers["X-Correlation-ID"]
    return float(answer.headers["Retry-After"])


async def hammer(http: aiohttp.ClientSession, until: float, seen: Seen, *, pause: float = 0.0) -> None:
    """Read until then, over and over, whatever the answer says."""
    await asyncio.sleep(random.uniform(0, pause))
    while time.monotonic() < until:
        await read(http, "anna", seen)
        await asyncio.sleep(pause)


async def ask_politely(http: aiohttp.ClientSession, until: float, seen: Seen) -> None:
    """Read until then, and wait for as long as an answer says."""
    while time.monotonic() < until:
        wait = await read(http, "anna", seen)
        if wait:
            await asyncio.sleep(wait * random.uniform(1, 1.2))


async def watch(replica: Replica, until: float) -> tuple[int, list[tuple[int, float]]]:
    """The most memory that the process had, and each answer of its readiness with its seconds."""
    most, answers = 0, []
    while time.monotonic() < until:
        began = time.monotonic()
        status, _ = await readiness(replica.url)
        answers.append((status, time.monotonic() - began))
        most = max(most, resident(replica.pid))
        await asyncio.sleep(0.5)
    return most, answers


@dataclass(frozen=True)
class Measured:
    """Reads a second, seconds, bytes."""

    offered: float
    answered: float
    greedy: Seen
    polite: Seen
    median: float
    p99: float
    before: int
    most: int
    health: list[tuple[int, float]]

    def __str__(self) -> str:
        return (
            f"capacity {CAPACITY:.0f}/s, offered {self.offered:.0f}/s, answered {self.answered:.0f}/s; refusals: "
            f"{self.median * 1_000:.0f} ms, p99 {self.p99 * 1_000:.0f} ms; polite: {dict(self.polite.statuses)}; "
            f"memory {self.before / 1e6:.0f} to {self.most / 1e6:.0f} MB; readiness "
            f"{dict(Counter(status for status, _ in self.health))}, slowest "
            f"{max(seconds for _, seconds in self.health) * 1_000:.0f} ms"
        )


async def overloaded(town: Town, http: aiohttp.ClientSession, *, pause: float, lasts: float) -> Measured:
    """Greedy clients, each with this pause between its requests, and polite ones."""
    greedy, polite, until = Seen(), Seen(), time.monotonic() + lasts
    before = resident(town.replica.pid)
    (most, health), _ = await asyncio.gather(
        watch(town.replica, until),
        asyncio.gather(
            *(hammer(http, until, greedy, pause=pause) for _ in range(GREEDY)),
            *(ask_politely(http, until, polite) for _ in range(POLITE)),
        ),
    )
    refusals = sorted(greedy.seconds + polite.seconds)
    return Measured(
        offered=(greedy.statuses.total() + polite.statuses.total()) / lasts,
        answered=(greedy.statuses[200] + polite.statuses[200]) / lasts,
        greedy=greedy,
        polite=polite,
        median=statistics.median(refusals),
        p99=refusals[int(len(refusals) * 0.99)],
        before=before,
        most=most,
        health=health,
    )


async def test_ten_times_the_load_is_refused_quickly_and_costs_no_memory(town: Town) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(town.replica.url, headers=town.headers, connector=connector) as http:
        async with http.post(PATH, json={"deviceId": "anna", "platform": "A", "token": "t"}) as answer:
            assert answer.status == 201
        await read(http, "anna", Seen())
        slow = {"failCommands": ["find"], "blockConnection": True, "blockTimeMS": int(READ_TAKES * 1_000)}
        await town.mongod.fail("alwaysOn", **slow, appName="push-registry")
        ten_times = await overloaded(town, http, pause=PAUSE, lasts=LASTS)
        print(f"\nten times: {ten_times}")
        flood = await overloaded(town, http, pause=0.0, lasts=FLOOD_LASTS)
        print(f"as much as comes: {flood}")
        await town.mongod.fail("off")

        assert ten_times.offered > 10 * CAPACITY
        assert ten_times.answered > 0.5 * CAPACITY
        assert ten_times.polite.statuses[200] >= POLITE / 4
        assert ten_times.p99 < READ_TAKES
        for one in (ten_times, flood):
            assert set(one.greedy.statuses + one.polite.statuses) == {200, 503}
            assert one.most - ten_times.before < GROWS_BY
            assert {status for status, _ in one.health} == {200}  # busy is not away: no balancer may take it for that
        assert flood.answered > 0.1 * CAPACITY
        # It is as quick as ever once the load is gone.
        began = time.monotonic()
        assert await read(http, "anna", Seen()) is None
        assert time.monotonic() - began < READ_TAKES
