"""What the use cases work with."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.decisions import Aggregate
from chassis.errors import Unavailable
from chassis.logins import Logins
from device_admin import errors, events
from device_admin.model.device import Decided, DeviceState
from device_admin.settings import Settings
from device_admin.store import Store


async def _announcing_is_safe() -> None:
    """Without a Kafka to compare with there is nothing that could forbid it."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The service from within. `now` is the database server's clock, so replicas agree on durations.

    `may_announce` is False, and `require_announcing` raises Unavailable, while MongoDB may be behind Kafka: sequences
    given out then would be taken for stale.
    """

    store: Store
    settings: Settings
    logins: Logins
    now: Callable[[], datetime]
    consumer_lags: Callable[[], bool]
    may_announce: Callable[[], bool] = lambda: True
    require_announcing: Callable[[], Awaitable[None]] = _announcing_is_safe
    background: set[asyncio.Task[None]] = field(default_factory=set)


def require_runtime(resources: Resources, runtime: str) -> None:
    """Raises RuntimeNotFound unless the catalogue has it."""
    if runtime not in resources.settings.runtimes:
        raise errors.RuntimeNotFound(runtime=runtime)


def changes(resources: Resources, aggregate: Aggregate[DeviceState], decided: Decided | None) -> dict[str, Any]:
    """What of a decision on a device is to be saved and announced. Raises Unavailable if it may not be announced."""
    state, change = decided or (aggregate.state, None)
    if change and not resources.may_announce():
        raise Unavailable()
    return {
        "state": None if state is aggregate.state else state,
        "events": [events.status_changed(change)] if change else [],
    }
