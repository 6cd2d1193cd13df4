"""The operator's command, as a process of its own."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from deploy.local.service import IMPORTED_FROM, REPOSITORY

ENDS_WITHIN = 120.0  # seconds


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


async def command(variables: Mapping[str, str], *arguments: str) -> Answer:
    """`python -m rollcall` with these variables and no others of ours. Raises TimeoutError."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MONGODB", "KAFKA"))}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rollcall", *arguments),
        cwd=REPOSITORY,
        env={**kept, **variables, "PYTHONPATH": IMPORTED_FROM},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), ENDS_WITHIN)
    return Answer(process.returncode or 0, out.decode(), err.decode())
