"""`python -m tests.bench` (`make bench`): speed and memory on this machine, with what they are compared with.

Nothing is asserted but that the work was done. BENCH_SECONDS is the length of each run of wrk, BENCH_ROUNDS how often
everything is repeated. `--profile` runs push-registry under cProfile instead and prints its hot spots; `--only NAME`
leaves the rest out.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from chassis import logs
from deploy.local.backends import BackendError
from tests.bench import machine, profiling, sections
from tests.bench.table import Section, render
from tests.bench.world import world
from tests.bench.wrk import require_wrk


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--profile", action="store_true", help="hot spots instead of measurements")
    options.add_argument("--only", choices=sorted(sections.ALL), action="append", help="may be repeated")
    asked = options.parse_args()
    require_wrk()
    machine.leave_the_server_its_core()
    logs.configure("ERROR", service="bench", console=True)
    try:
        uvloop.run(_run(asked.only or list(sections.ALL), profile=asked.profile))
    except BackendError as error:
        sys.exit(str(error))


async def _run(names: list[str], *, profile: bool) -> None:
    began = time.monotonic()
    seconds, rounds = float(os.environ.get("BENCH_SECONDS", "8")), int(os.environ.get("BENCH_ROUNDS", "2"))
    print("\n".join(machine.description()), flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with world(Path(folder)) as one:
            if profile:
                print(await profiling.report(one, seconds=seconds))
                return
            measured: list[Section] = []
            try:
                for name in names:
                    print(f"measuring {name} ...", file=sys.stderr, flush=True)
                    measured += await sections.ALL[name](one, seconds=seconds, rounds=rounds)
            finally:
                print(render(measured))
    print(f"\n{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
