"""The local stack as a process of its own, on ports and in a folder that nobody else uses."""

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from deploy.local.options import NAMES
from deploy.local.service import REPOSITORY

# A stack of its own each time: its backends are part of what is tested, so those of the test run are not used.
OWN = ("MONGODB_URI", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_TOPIC_PREFIX", "KAFKA_IDEMPOTENT")
STARTS_WITHIN = 90.0
TRIES = 200
_random = random.SystemRandom()


def variables_for(home: Path) -> dict[str, str]:
    """The environment of a stack in this folder."""
    kept = {name: value for name, value in os.environ.items() if name not in OWN}
    paths = os.pathsep.join(str(REPOSITORY / folder) for folder in ("libs", "services"))
    port = str(_ports_in_a_row(len(NAMES)))
    return {**kept, "PYTHONPATH": paths, "ROLLCALL_HOME": str(home), "ROLLCALL_FIRST_PORT": port}


def _ports_in_a_row(count: int) -> int:
    """The first of some neighbouring ports that nobody uses, below those that the system hands out by itself."""
    for _ in range(TRIES):
        # At random: another run of tests may look at this moment, too, and a stack listens only after some seconds.
        first = _random.randrange(20_000, 30_000)
        with contextlib.ExitStack() as probes, contextlib.suppress(OSError):
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise AssertionError("no free ports")


async def start(what: str, variables: Mapping[str, str]) -> asyncio.subprocess.Process:
    """`make run` or `make demo`, without make."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local", what),
        cwd=REPOSITORY,
        env=dict(variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def ended(stack: asyncio.subprocess.Process) -> tuple[int, str]:
    """Its exit status and all that it printed."""
    printed, _ = await asyncio.wait_for(stack.communicate(), STARTS_WITHIN)
    return stack.returncode or 0, printed.decode()


@contextlib.asynccontextmanager
async def serving(variables: Mapping[str, str]) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """A stack that has told its story and serves, and what its stack.json says."""
    stack = await start("run", variables)
    try:
        await asyncio.wait_for(_until_it_serves(stack), STARTS_WITHIN)
        yield stack, json.loads((Path(variables["ROLLCALL_HOME"]) / "stack.json").read_text())
    finally:
        with contextlib.suppress(ProcessLookupError):
            stack.kill()
        await stack.wait()


async def _until_it_serves(stack: asyncio.subprocess.Process) -> None:
    assert stack.stdout
    printed = ""
    while "Serving until Ctrl-C" not in printed:
        line = await stack.stdout.readline()
        assert line, f"the stack ended: {printed}"
        printed += line.decode()
