"""One replica of a service as a process of its own, which can be told to die at a named point."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from deploy.local.backends.ports import free_port
from deploy.local.service import IMPORTED_FROM, REPOSITORY, Service
from device_events.points import Point
from tests.faults.servers import Pausable
from tests.support.polling import eventually

Action = Literal["kill", "raise", "hang"]


class Replica(Pausable, Service):
    """`settings` are its variables and `arguments` those of tests.faults.victim; a change holds from its next start."""

    def __init__(self, service: str, number: int, logs: Path, settings: Mapping[str, str]) -> None:
        """Number 1 or 2. It keeps its port, so that its clients find it again."""
        self.settings = dict(settings)
        super().__init__(f"{service}-{number}", logs, self.settings, port=free_port())
        self.service = service
        self.number = number
        self.arguments: list[str] = []
        self._orders = logs / f"{self.name}.orders"

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://{self.address}"

    def command(self) -> list[str]:
        """The service's own main, behind the entry point that can place an action in it."""
        victim = [sys.executable, "-P", "-m", "tests.faults.victim", self.service]
        return [*victim, "--orders", str(self._orders), *self.arguments]

    def environment(self) -> Mapping[str, str]:
        """The entry point is found from the top of the repository."""
        return {**super().environment(), "PYTHONPATH": os.pathsep.join((IMPORTED_FROM, str(REPOSITORY)))}

    async def prepare(self) -> None:
        """Have the pipe for its orders."""
        await super().prepare()
        if not self._orders.exists():
            os.mkfifo(self._orders)

    async def order(self, point: Point, action: Action = "kill", *, after: int = 1) -> None:
        """Have it act as it reaches the point for the `after`-th time from now on. It must be running."""
        line = f"{point} {action} {after}\n".encode()

        def written() -> bool:
            pipe = os.open(self._orders, os.O_WRONLY | os.O_NONBLOCK)  # fails while nobody reads
            try:
                return os.write(pipe, line) == len(line)
            finally:
                os.close(pipe)

        await eventually(written, within=10)

    async def died(self, *, within: float) -> int:
        """Wait for its end and return its exit status, -9 for SIGKILL. Raises TimeoutError."""
        return await asyncio.wait_for(self.ended(), within)
