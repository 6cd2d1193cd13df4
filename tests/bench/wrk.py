"""wrk: one run of PUTs, and what it measured."""

import asyncio
import json
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("put.lua")


@dataclass(frozen=True, slots=True)
class Run:
    """Times are microseconds, but `seconds`. Of those answered, `refused` were not 2xx or 3xx."""

    answered: int
    refused: int
    broken: int
    seconds: float
    p50: float
    p99: float

    @property
    def acknowledged(self) -> int:
        """How many PUTs were done, as far as their callers know."""
        return self.answered - self.refused


def require_wrk() -> None:
    """End with advice where there is no wrk."""
    if not shutil.which("wrk"):
        sys.exit("The bench needs wrk, which is not on the PATH. On Debian and Ubuntu: apt-get install wrk")
    if not shutil.which("taskset"):
        sys.exit("The bench needs taskset, which is not on the PATH. On Debian and Ubuntu: apt-get install util-linux")


async def put(url: str, authorization: str, *, connections: int, seconds: float, devices: int, first: int = 0) -> Run:
    """PUT for so many seconds with one thread, whose requests go over the devices in turn, from the `first` on."""
    process = await asyncio.create_subprocess_exec(
        *("wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(SCRIPT)),
        *("-H", f"Authorization: {authorization}", "-H", "Content-Type: application/json"),
        *(url, "--", str(devices), secrets.token_hex(4), str(first)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    results = [line for line in printed.decode().splitlines() if line.startswith("RESULT ")]
    if process.returncode or not results:
        raise RuntimeError(f"wrk failed: {printed.decode()[-600:]}")
    return Run(**json.loads(results[0].removeprefix("RESULT ")))
