"""Handlers of custom events: functions that run once for each event that a contact triggered, and a runner for them.

    handlers = Handlers()

    @handlers.on("SendWelcomeEmail")
    async def welcome(event: CustomEvent) -> None: ...

`python -m device_events.handlers mymodule` runs them; `device_events.handlers.testing` calls one without Kafka.
"""

from device_events.handlers.environment import SettingsError, setting
from device_events.handlers.errors import Reject, RetryLater
from device_events.handlers.event import CustomEvent
from device_events.handlers.registry import Handler, Handlers
from device_events.handlers.retry import Retry
from device_events.handlers.values import one_line, plain_address

__all__ = [
    "CustomEvent",
    "Handler",
    "Handlers",
    "Reject",
    "Retry",
    "RetryLater",
    "SettingsError",
    "one_line",
    "plain_address",
    "setting",
]
