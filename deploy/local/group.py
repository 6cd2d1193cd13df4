"""Servers started together, watched together and stopped together."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from deploy.local.backends import BackendError, Server
from deploy.local.home import shown
from deploy.local.progress import Progress
from deploy.local.service import Service

T = TypeVar("T")


@asynccontextmanager
async def together(servers: Sequence[Server], progress: Progress) -> AsyncIterator[None]:
    """All of them serve while inside. Raises the first failure to start, with the others stopped."""
    try:
        try:
            await _start_all(servers, progress)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        yield
    finally:
        await asyncio.gather(*(server.stop() for server in servers))


async def first_end(servers: Sequence[Server]) -> None:
    """Wait until one of them ends by itself, which is always a failure: raises BackendError with its last words."""
    watched = {asyncio.create_task(server.ended()): server for server in servers}
    try:
        ended, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in watched:
            task.cancel()
    task = ended.pop()
    server = watched[task]
    raise BackendError(
        f"{server.name} ended by itself ({_how(task.result())}). "
        f"The end of its log, {shown(server.log)}:\n{server.last_words()}"
    )


async def alongside(work: Coroutine[Any, Any, T], servers: Sequence[Server]) -> T:
    """Do the work; a server that ends meanwhile ends the work, with what `first_end` raises."""
    working = asyncio.create_task(work)
    watching = asyncio.create_task(first_end(servers))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            watching.result()
        return await working
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _start_all(servers: Sequence[Server], progress: Progress) -> None:
    waiting = list(servers)

    async def start(server: Server) -> None:
        begun = time.monotonic()
        await server.start()
        waiting.remove(server)
        progress.say(f"{server.name:<16} ready on {server.address} after {time.monotonic() - begun:.1f} s")

    async with progress.explaining(lambda: _described(waiting)), asyncio.TaskGroup() as group:
        for server in servers:
            group.create_task(start(server))


def _described(servers: Sequence[Server]) -> str:
    names = ", ".join(server.name for server in servers)
    missing = sorted({what for server in servers if isinstance(server, Service) for what in server.waits_for})
    return f"{names} (not there yet: {', '.join(missing)})" if missing else names


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
