"""What the use cases work with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.decisions import Aggregate
from chassis.passwords import PasswordVerifier
from device_admin import errors, events
from device_admin.model.device import Decided, DeviceState
from device_admin.settings import Settings
from device_admin.store import Store


@dataclass(frozen=True, slots=True)
class Resources:
    """The service from within. `now` is the database server's clock, so replicas agree on durations."""

    store: Store
    settings: Settings
    passwords: PasswordVerifier
    now: Callable[[], datetime]
    consumer_lags: Callable[[], bool]
    background: set[asyncio.Task[None]] = field(default_factory=set)


def require_runtime(resources: Resources, runtime: str) -> None:
    """Raises RuntimeNotFound unless the catalogue has it."""
    if runtime not in resources.settings.runtimes:
        raise errors.RuntimeNotFound(runtime=runtime)


def changes(aggregate: Aggregate[DeviceState], decided: Decided | None) -> dict[str, Any]:
    """What of a decision on a device is to be saved and announced."""
    state, change = decided or (aggregate.state, None)
    return {
        "state": None if state is aggregate.state else state,
        "events": [events.status_changed(change)] if change else [],
    }
