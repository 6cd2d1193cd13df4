"""`python -m tests.faults` (`make faults`): breaks things while the services work, and balances the books afterwards.

A real mongod and Apache Kafka run as processes of their own; each fault has a database, topics and two replicas of
every service to itself. `--rounds` (ROUNDS) is how often each fault is brought about, `--seed` (SEED) what all chance
comes from, `--only` (ONLY) takes names or groups, or parts of them, separated by commas. It ends 0 only if every row
is good: nothing lost, no phantom, no effect repeated, no final state out of order, nothing stuck, no token readable,
no request failed for good, and of mails none twice but those that SMTP itself cannot tell.

A row is an async function in a module of tests.faults.rows, registered with `@row`:

    @row("mongod killed under load", group="outages")
    async def mongod_killed(world: World, rounds: int, rng: random.Random) -> Figures:
        await world.stack.start()
        for _ in range(rounds):
            async with world.load():
                await asyncio.sleep(rng.uniform(1, 3))  # into the middle of it
                await world.mongod.kill()
                ended = time.monotonic()
                await world.mongod.start()
            await world.recovered(ended)
        return await world.audit()
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from chassis import logs
from deploy.local.backends import BackendError
from tests.faults import registry, servers
from tests.faults.figures import Figures, Row
from tests.faults.registry import Fault
from tests.faults.servers import Servers
from tests.faults.table import findings, render
from tests.faults.world import SETTLES_WITHIN, World, world

Opened = Callable[[Servers, random.Random], AbstractAsyncContextManager[World]]


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or 0), help="0 is each fault's own")
    options.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 1))
    options.add_argument("--only", default=os.environ.get("ONLY", ""), metavar="NAME,NAME")
    options.add_argument(
        "--with", action="append", default=[], dest="prepared", metavar="MODULE:FUNCTION", help="called in each replica"
    )
    options.add_argument("--patience", type=float, default=SETTLES_WITHIN, metavar="SECONDS", help="to settle in")
    options.add_argument("--list", action="store_true", help="the faults' names, and nothing else")
    asked = options.parse_args()
    registry.load()
    try:
        faults = registry.chosen([text for text in asked.only.split(",") if text.strip()])
    except LookupError as error:
        sys.exit(str(error))
    if asked.list:
        print(*(f"{fault.group}: {fault.name}" for fault in faults), sep="\n")
        return
    logs.configure("ERROR", service="faults", console=True)

    def opened(servers: Servers, rng: random.Random) -> AbstractAsyncContextManager[World]:
        return world(servers, rng, prepared=asked.prepared, patience=asked.patience)

    try:
        rows = asyncio.run(run(faults, opened, rounds=asked.rounds, seed=asked.seed))
    except BackendError as error:
        sys.exit(str(error))
    sys.exit(0 if all(row.good for row in rows) else 1)


async def run(faults: Sequence[Fault], opened: Opened, *, rounds: int, seed: int) -> list[Row]:
    """Measure these faults one after the other, print the table, and return its rows. `rounds` 0 is each one's own."""
    began = time.monotonic()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder:
        async with servers.running(Path(folder)) as backends:
            for fault in faults:
                rows.append(await measure(fault, backends, opened, rounds=rounds or fault.rounds, seed=seed))
                tell(rows[-1])
    print(render(rows, seed=seed))
    print(f"\n{time.monotonic() - began:.0f} s in all")
    return rows


def tell(row: Row) -> None:
    """What became of a row, as soon as that is known: the table comes an hour later."""
    lines = [f"{row.seconds:6.0f} s  {row.group}: {row.name}: {'good' if row.good else 'NOT GOOD'}"]
    if not row.good:
        lines += [f"          {line}" for line in findings(row)]
    print(*lines, sep="\n", file=sys.stderr, flush=True)


async def measure(fault: Fault, backends: Servers, opened: Opened, *, rounds: int, seed: int) -> Row:
    """One fault in a world of its own. What a row raises is its problem, and no other row's."""
    began, rng = time.monotonic(), random.Random(f"{seed}/{fault.name}")
    figures, problem = Figures(), ""
    try:
        async with opened(backends, rng) as one:
            figures = await fault.run(one, rounds, rng)
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    return Row(fault.name, fault.group, rounds, time.monotonic() - began, figures, problem)


if __name__ == "__main__":
    main()
