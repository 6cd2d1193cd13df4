"""PUT of a registration, durable and announced: with group commit and without, in turns."""

import asyncio
from dataclasses import dataclass, field
from statistics import mean, median

import aiohttp

from tests.bench import machine
from tests.bench.announcements import Announcements
from tests.bench.world import APPLICATION, Registry, World
from tests.bench.wrk import Run, put

DEVICES = 1_000
CONNECTIONS = (32, 128)
SCOPE = f"devices.write push.application.{APPLICATION}"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run and what it cost until its last event was in Kafka, in microseconds of CPU a request."""

    run: Run
    server: float
    mongod: float
    missing: int  # PUTs that were acknowledged, and whose event is not in Kafka


@dataclass
class Contestant:
    """A running store, and what it has done by the number of connections."""

    registry: Registry
    announcements: Announcements
    authorization: str
    measured: dict[int, list[Measured]] = field(default_factory=dict)
    acknowledged: int = 0

    @property
    def pid(self) -> int:
        """Of the server."""
        assert self.registry.pid
        return self.registry.pid

    @property
    def url(self) -> str:
        """Of the registrations."""
        return f"{self.registry.url}/imfpush/v1/apps/{APPLICATION}/devices"

    async def register_devices(self) -> None:
        """Once, by POST."""
        headers = {"Authorization": self.authorization}
        async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=32)) as session:

            async def register(number: int) -> None:
                body = {"deviceId": f"bench-{number}", "platform": "A", "token": f"first-{number}"}
                async with session.post(self.url, json=body) as answer:
                    answer.raise_for_status()

            await asyncio.gather(*(register(number) for number in range(DEVICES)))
        self.acknowledged += DEVICES
        await self.announcements.drained()

    async def measure(self, mongod: int, connections: int, seconds: float) -> Measured:
        """One run, its costs counted until the last event is in Kafka."""
        published = await self.announcements.in_kafka()
        before = machine.usage(self.pid, mongod)
        run = await put(self.url, self.authorization, connections=connections, seconds=seconds, devices=DEVICES)
        published = await self.announcements.drained() - published
        used = machine.usage(self.pid, mongod).since(before)
        each = 1e6 / max(run.answered, 1)
        measured = Measured(run, used.server * each, used.mongod * each, max(0, run.acknowledged - published))
        self.measured.setdefault(connections, []).append(measured)
        self.acknowledged += run.acknowledged
        return measured

    def typical(self, connections: int) -> dict[str, float]:
        """The medians of the runs, by the name of the figure."""
        runs = self.measured[connections]
        return {
            "requests/s": mean(one.run.acknowledged / one.run.seconds for one in runs),
            "p50, ms": median(one.run.p50 for one in runs) / 1e3,
            "p99, ms": median(one.run.p99 for one in runs) / 1e3,
            "CPU of the server, us a request": mean(one.server for one in runs),
            "CPU of mongod, us a request": mean(one.mongod for one in runs),
            "CPU of both, us a request": mean(one.server + one.mongod for one in runs),
        }

    @property
    def failed(self) -> int:
        """Requests that were refused or whose connection broke."""
        return sum(one.run.refused + one.run.broken for runs in self.measured.values() for one in runs)

    @property
    def missing(self) -> int:
        """Acknowledged PUTs whose event never came."""
        return sum(one.missing for runs in self.measured.values() for one in runs)


async def contestant(world: World, registry: Registry, announcements: Announcements) -> Contestant:
    """A store whose registry runs, with its devices registered."""
    authorization = world.issuer.headers(SCOPE, exp=4_102_444_800)["Authorization"]
    one = Contestant(registry, announcements, authorization)
    await one.register_devices()
    return one


async def in_turns(contestants: list[Contestant], mongod: int, *, seconds: float, rounds: int) -> None:
    """Runs of all of them one after another, so that what disturbs the machine disturbs each."""
    for _ in range(rounds):
        for connections in CONNECTIONS:
            for one in contestants:
                await one.measure(mongod, connections, seconds)
