"""push-registry as a process on secured backends, with whatever a test wants to be wrong about its settings."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

from deploy.local import secrets
from deploy.local.backends.ports import free_port
from deploy.local.service import Service
from tests.support.polling import eventually
from tests.support.secured.backends import Secured

NAME = "push-registry"


class Process:
    """What it has logged, and what it waits for."""

    def __init__(self, service: Service) -> None:
        self.service = service

    @property
    def log(self) -> str:
        """All that it wrote."""
        return self.service.log.read_text() if self.service.log.exists() else ""

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What it logged under this name."""
        lines = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    async def logged(self, event: str, matches: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until it has logged such a line."""
        await eventually(lambda: any(matches(line) for line in self.lines(event)), within=20)

    async def service_is_ready(self) -> None:
        """Wait until it is."""
        await eventually(self.service.ready, within=20)

    async def waits_for(self, *blockers: str) -> None:
        """Wait until its readiness names all of these."""
        await eventually(lambda: set(blockers) <= set(self.service.waits_for), within=20)


def variables(backends: Secured, folder: Path) -> dict[str, str]:
    """Settings that are right."""
    files = secrets.write(folder / "secrets")
    own = {name: files[name] for name in ("CATALOGUE_FILE", "TOKEN_DIGEST_KEY_FILE")}
    return {**backends.variables(NAME), **own, "LOG_LEVEL": "DEBUG"}


@asynccontextmanager
async def push_registry(folder: Path, told: Mapping[str, str]) -> AsyncIterator[Process]:
    """The process, not necessarily ready; killed at the end, as one that never became ready would be."""
    service = Service(NAME, folder / f"logs-{token_hex(4)}", told, port=free_port())
    starting = asyncio.create_task(service.start())
    try:
        yield Process(service)
    finally:
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        await service.kill()
