"""`python -m tests.bench.replicas`: push-registry with one to four replicas, on the cores that there are.

PUT: one wrk a replica, all over the same devices, as a balancer that takes turns would have it. Status changes: ten
thousand that wait in Kafka when the replicas start. Nothing is pinned, so all replicas, MongoDB, Kafka and wrk share
the cores: what a replica more costs is seen in the CPU of one request, not in requests a second. What starting takes is
left out of both.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop

from chassis import logs
from device_events.catalog import PUSH_TOPIC
from tests.bench import machine, seeds, statuses
from tests.bench.announcements import Announcements
from tests.bench.puts import DEVICES, SCOPE, contestant
from tests.bench.statuses import COUNT
from tests.bench.world import APPLICATION, Place, Registry, World, world
from tests.bench.wrk import put, require_wrk
from tests.support.announced import records
from tests.support.polling import eventually

CONNECTIONS = 128  # of all wrks together
MOST = 4


@dataclass(frozen=True, slots=True)
class Row:
    """Rates a second, CPU in microseconds: of all replicas, and of mongod."""

    replicas: int
    puts: float
    put_server: float
    put_mongod: float
    changes: float
    change_server: float
    change_mongod: float

    def __str__(self) -> str:
        return (
            f"| {self.replicas} | {self.puts:,.0f} | {self.put_server:,.0f} | {self.put_mongod:,.0f} | "
            f"{self.changes:,.0f} | {self.change_server:,.0f} | {self.change_mongod:,.0f} |"
        )


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.replicas", description=__doc__)
    options.add_argument("--seconds", type=float, default=6.0, help="length of each run of wrk")
    options.add_argument("--replicas", type=int, nargs="*", default=range(1, MOST + 1))
    asked = options.parse_args()
    require_wrk()
    logs.configure("ERROR", service="bench", console=True)
    uvloop.run(_run(asked.replicas, asked.seconds))


async def _run(counts: Sequence[int], seconds: float) -> None:
    print("\n".join(line for line in machine.description() if not line.startswith("pinning")), flush=True)
    print("| replicas | PUT a second | CPU of the replicas, us a PUT | of mongod | status changes a second | ", end="")
    print("CPU of the replicas, us a change | of mongod |\n|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with world(Path(folder)) as one:
            with machine.on_all_cores(one.mongod.pid or 0, one.kafka.pid or 0):
                for count in counts:
                    print(await _measured(one, count, seconds), flush=True)


async def _measured(one: World, count: int, seconds: float) -> Row:
    puts, put_server, put_mongod, starting = await _puts(one, count, seconds)
    rate, server, mongod = await _changes(one, count)
    return Row(count, puts, put_server, put_mongod, rate, server - starting * 1e6 / COUNT, mongod)


async def _puts(one: World, count: int, seconds: float) -> tuple[float, float, float, float]:
    """The last is the CPU that all replicas needed to start, in seconds."""
    place = await one.place("puts")
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(replica) for replica in _replicas(one, place, count)]
        starting = sum(_used(one, replica).server for replica in replicas)
        first = await contestant(one, replicas[0], Announcements(place))
        before = [_used(one, replica) for replica in replicas]
        runs = await asyncio.gather(
            *(
                put(
                    f"{replica.url}/imfpush/v1/apps/{APPLICATION}/devices",
                    one.issuer.headers(SCOPE, exp=4_102_444_800)["Authorization"],
                    connections=CONNECTIONS // count,
                    seconds=seconds,
                    devices=DEVICES,
                    first=DEVICES * number // count,
                )
                for number, replica in enumerate(replicas)
            )
        )
        await first.announcements.drained()
        used = [_used(one, replica).since(earlier) for replica, earlier in zip(replicas, before, strict=True)]
    if any(run.refused or run.broken for run in runs):
        raise RuntimeError(f"PUTs failed: {runs}")
    done = sum(run.acknowledged for run in runs)
    each = 1e6 / done
    rate = sum(run.acknowledged / run.seconds for run in runs)
    return rate, sum(part.server for part in used) * each, used[0].mongod * each, starting


async def _changes(one: World, count: int) -> tuple[float, float, float]:
    place = await statuses.waiting(one)
    announcements = Announcements(place)
    replicas = _replicas(one, place, count)
    mongod = machine.cpu_seconds(one.mongod.pid or 0)
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(replica) for replica in replicas))

        async def done() -> bool:
            return await announcements.in_kafka() >= 2 * COUNT

        await eventually(done, within=60, every=0.5)
        server = sum(machine.cpu_seconds(replica.pid or 0) for replica in replicas)
        mongod = machine.cpu_seconds(one.mongod.pid or 0) - mongod
    times = sorted(record.timestamp / 1e3 for record in await records(place.kafka, [place.kafka.name(PUSH_TOPIC)]))
    await seeds.require_effects(place, COUNT)
    # From the first effect to the last: when the members join is Kafka's affair.
    return len(times) / 2 / (times[-1] - times[0]), server * 1e6 / COUNT, mongod * 1e6 / COUNT


def _replicas(one: World, place: Place, count: int) -> list[Registry]:
    return [one.registry(place, number=number) for number in range(count)]


def _used(one: World, replica: Registry) -> machine.Usage:
    return machine.usage(replica.pid or 0, one.mongod.pid or 0)


if __name__ == "__main__":
    main()
