"""Jobs: what a service does regularly, on every replica; each run must bear others at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import structlog

from chassis.context import event_context

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """`run` is called with the service's resources, then again `every` seconds after it has ended."""

    name: str
    every: float
    run: Callable[[Any], Awaitable[None]]


async def repeat(job: Job, resources: Any) -> NoReturn:
    """Run the job for ever; a run that fails is logged and comes again like any other."""
    while True:
        try:
            with event_context(None, None):
                await job.run(resources)
        except Exception:
            log.exception("job_failed", job=job.name)
        await asyncio.sleep(job.every)
