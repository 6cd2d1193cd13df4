"""One of our own services as a process of the local stack."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aiohttp

from deploy.local.backends.ports import LOOPBACK
from deploy.local.backends.server import Server

REPOSITORY = Path(__file__).parents[2]
IMPORTED_FROM = os.pathsep.join(str(REPOSITORY / folder) for folder in ("libs", "services"))


class Service(Server):
    """Ready once its own readiness says so; `waits_for` is what it last named as missing."""

    def __init__(self, name: str, logs: Path, variables: Mapping[str, str], *, port: int) -> None:
        """`variables` are its settings; host and port are set here."""
        self.name = name
        super().__init__(logs, logs, port=port)
        self.waits_for: Sequence[str] = ()
        self._variables = variables

    def command(self) -> list[str]:
        """As in production: `python -m push_registry`."""
        return [sys.executable, "-P", "-m", self.name.replace("-", "_")]

    def environment(self) -> Mapping[str, str]:
        """Our own variables (a log level, say) and above them what this stack decides."""
        own = {"HOST": LOOPBACK, "PORT": str(self.port), "PYTHONPATH": IMPORTED_FROM, "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **self._variables, **own}

    async def ready(self) -> bool:
        """What `/health/ready` says."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
                session.get(f"http://{self.address}/health/ready") as answer,
            ):
                told = await answer.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        self.waits_for = told.get("waiting-for", ())
        return answer.status == 200
