"""Health: live while the process runs; ready once it can serve, and no longer when it is about to stop.

Kafka away is ready but degraded: writes go on and their events wait in the outboxes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from chassis.web import json_response


@dataclass
class Health:
    """What readiness depends on. `blockers` name what the service still waits for at its start."""

    answers: Callable[[], Awaitable[bool]]  # whether MongoDB answers now
    details: Callable[[], dict[str, Any]]
    blockers: set[str] = field(default_factory=set)
    draining: bool = False


HEALTH = web.AppKey("health", Health)


async def show_live(_request: web.Request) -> web.Response:
    """GET /health/live."""
    return json_response({"status": "live"})


async def show_ready(request: web.Request) -> web.Response:
    """GET /health/ready: 200, or 503 with what is missing."""
    health = request.app[HEALTH]
    waiting = sorted(health.blockers)
    if health.draining:
        waiting.append("draining")
    if not await health.answers():
        waiting.append("mongodb")
    details = health.details()
    if waiting:
        return json_response({"status": "not-ready", "waiting-for": waiting, **details}, status=503)
    degraded = details.get("kafka") != "up"
    return json_response({"status": "degraded" if degraded else "ready", **details})
