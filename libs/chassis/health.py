"""Health: live while the process runs; ready once it can serve, and no longer when it is about to stop.

Kafka away is ready but degraded: writes go on and their events wait in the outboxes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from pymongo.errors import PyMongoError

from chassis.mongo import connect
from chassis.web import json_response
from device_events.tasks import end

ANSWERS_WITHIN = 2.0  # seconds


@dataclass
class Health:
    """What readiness depends on. `blockers` name what the service still waits for at its start."""

    answers: Callable[[], Awaitable[bool]]  # whether MongoDB answers now
    details: Callable[[], dict[str, Any]]
    blockers: set[str] = field(default_factory=set)
    draining: bool = False


HEALTH = web.AppKey("health", Health)


class Probe:
    """Asks MongoDB over a connection of its own: a pool that is busy is no MongoDB that is away.

    However many want to know, one question is on its way at a time.
    """

    def __init__(self, uri: str, *, application: str) -> None:
        self._client = connect(uri, application=f"{application} health", connections=1)
        self._asking: asyncio.Task[bool] | None = None

    async def answers(self) -> bool:
        """Whether MongoDB answers within two seconds."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="health")
        return await asyncio.shield(self._asking)

    async def stop(self) -> None:
        """Close the connection."""
        await end(self._asking)
        await self._client.close()

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                await self._client.admin.command("ping")
        except (PyMongoError, TimeoutError):
            return False
        return True


async def show_live(_request: web.Request) -> web.Response:
    """GET /health/live."""
    return json_response({"status": "live"})


async def show_ready(request: web.Request) -> web.Response:
    """GET /health/ready: 200, or 503 with what is missing."""
    health = request.app[HEALTH]
    waiting = sorted(health.blockers)
    if health.draining:
        # Said at once: every balancer should know before the listener closes.
        waiting.append("draining")
    elif not await health.answers():
        waiting.append("mongodb")
    details = health.details()
    if waiting:
        return json_response({"status": "not-ready", "waiting-for": waiting, **details}, status=503)
    degraded = details.get("kafka") != "up"
    return json_response({"status": "degraded" if degraded else "ready", **details})
