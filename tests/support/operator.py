"""The operator's command, as a process of its own."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from deploy.local.service import IMPORTED_FROM, REPOSITORY

ENDS_WITHIN = 120.0  # seconds
OWN = ("MONGODB", "KAFKA", "DEVICE_ADMIN", "ROLLCALL")


@dataclass(frozen=True)
class Answer:
    """What the command said: its exit status, and what it wrote where."""

    exit: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its answer in JSON."""
        return orjson.loads(self.out)


async def command(variables: Mapping[str, str], *arguments: str, stdin: str = "") -> Answer:
    """`python -m rollcall` with these variables and no others of ours. Raises TimeoutError."""
    async with started(variables, *arguments) as process:
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), ENDS_WITHIN)
    return Answer(process.returncode or 0, out.decode(), err.decode())


@contextlib.asynccontextmanager
async def started(variables: Mapping[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The same, as it runs; killed at the end if it still does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rollcall", *arguments),
        cwd=REPOSITORY,
        env={**kept, **variables, "PYTHONPATH": IMPORTED_FROM},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def interrupted(process: asyncio.subprocess.Process) -> Answer:
    """What it says to Ctrl-C, with what of its output nobody has read."""
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), ENDS_WITHIN)
    return Answer(process.returncode or 0, out.decode(), err.decode())
