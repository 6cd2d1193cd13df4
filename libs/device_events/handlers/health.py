"""Health: what a runner says of itself to probes."""

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

from device_events.handlers.endpoint import Answer
from device_events.handlers.records import Records
from device_events.subscriber import Subscriber

ANSWERS_WITHIN = 2.0  # seconds


@dataclass
class Health:
    """Live while the process runs; ready once it can work, and no longer when it is about to stop.

    `blockers` name what it waits for at its start. Kafka away is ready but degraded: nothing is lost, it only waits.
    """

    records: Records
    subscriber: Subscriber
    blockers: set[str] = field(default_factory=lambda: {"kafka", "records"})
    lag: int | None = None
    draining: bool = False

    async def show_live(self) -> Answer:
        """GET /health/live."""
        return _answer(200, {"status": "live"})

    async def show_ready(self) -> Answer:
        """GET /health/ready: 200, or 503 with what is missing."""
        waiting = sorted(self.blockers)
        if self.draining:
            waiting.append("draining")
        elif not await self._records_answer():
            waiting.append(self.records.kind)
        up = not self.subscriber.degraded
        details = {"kafka": "up" if up else "down", "consumer-lag": self.lag, "records": self.records.kind}
        if waiting:
            return _answer(503, {"status": "not-ready", "waiting-for": waiting, **details})
        return _answer(200, {"status": "ready" if up else "degraded", **details})

    async def _records_answer(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERS_WITHIN):
                return await self.records.answers()
        return False


def _answer(status: int, told: dict[str, Any]) -> Answer:
    return Answer(status, json.dumps(told).encode())
