"""One try of one handler with one event, within its time."""

import asyncio
from dataclasses import dataclass
from typing import Any

from device_events.errors import Away, Rejected
from device_events.handlers.errors import RetryLater
from device_events.handlers.event import CustomEvent
from device_events.handlers.registry import Handler

AWAY_PAUSE = 2.0  # seconds before a backend that a handler says is away is asked again


@dataclass(frozen=True, slots=True)
class Done:
    """It returned."""


@dataclass(frozen=True, slots=True)
class Refused:
    """It said that no retry can help."""

    reason: str


@dataclass(frozen=True, slots=True)
class PutOff:
    """It asked to be tried later; `patience` is for how long in all, None is however long."""

    seconds: float
    reason: str
    patience: float | None


@dataclass(frozen=True, slots=True)
class Failed:
    """It raised something else, or took too long (TimeoutError)."""

    error: BaseException


Result = Done | Refused | PutOff | Failed


async def attempt(handler: Handler[Any], event: CustomEvent, *, timeout: float) -> Result:
    """Run the function once. Raises nothing but the caller's own cancellation."""
    try:
        async with asyncio.timeout(timeout):
            await handler.function(event)
    except Rejected as error:
        return Refused(str(error) or "rejected")
    except RetryLater as error:
        return PutOff(error.seconds, str(error), error.patience)
    except Away as error:
        return PutOff(AWAY_PAUSE, str(error) or "a backend is away", None)
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        # Nobody cancelled us: something that the handler waited for was, and it let that through.
        return Failed(error)
    except Exception as error:
        return Failed(error)
    return Done()
