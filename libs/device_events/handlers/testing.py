"""A test kit: make a custom event, call one handler with its limits, look at the outcome. No Kafka, no waiting."""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from device_events.handlers.attempt import Done, PutOff, Refused, attempt
from device_events.handlers.event import CustomEvent
from device_events.handlers.registry import Handler
from device_events.statuses import DeviceStatus

VALUES: Mapping[str, Any] = {"Email": "jane@example.com", "FirstName": "Jane"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a runner would have made of it, after so many `tries`.

    "done"; "rejected", for the dead letters at once; "put_off", to be tried again after `seconds`, for `patience` in
    all; "given_up", for the dead letters since every try failed, the last with `error`. `pauses` are the seconds that
    a runner would have waited between the tries.
    """

    result: Literal["done", "rejected", "put_off", "given_up"]
    tries: int = 1
    reason: str = ""
    seconds: float = 0.0
    patience: float | None = None
    error: BaseException | None = None
    pauses: tuple[float, ...] = field(default=())


def custom_event(
    name: str, *, values: Mapping[str, Any] = VALUES, handler: str = "handler", **changes: Any
) -> CustomEvent:
    """An event as contacts triggers it; `changes` are further fields of CustomEvent."""
    defaults: dict[str, Any] = {
        "trigger_id": uuid.uuid4().hex,
        "handler": handler,
        "custom_event": name,
        "cause": "status" if changes.get("status") else "call",
        "values": dict(values),
        "list_id": 3,
        "contact_id": "encrypted-contact-id",
        "runtime": "myruntime",
        "device_id": "12345-6789",
        "time": datetime.now(UTC),
    }
    given = {**defaults, **changes}
    if given.get("status") is not None:
        given["status"] = DeviceStatus(given["status"])
    return CustomEvent(**given)


async def call(handler: Handler[Any], event: CustomEvent | None = None, **changes: Any) -> Outcome:
    """Call the handler as a runner would, within its timeout, and again as its retry policy has it, without the pauses.

    Without an event it gets one of the first custom event it handles, with these changes. A runner gives up after the
    policy's attempts if other events succeed meanwhile, which is assumed here. Raises ValueError if the handler does
    not handle the event.
    """
    made = event or custom_event(handler.custom_events[0], handler=handler.name, **changes)
    if made.custom_event not in handler.custom_events:
        raise ValueError(f"{handler.name} does not handle {made.custom_event}")
    made = replace(made, handler=handler.name)
    pauses: list[float] = []
    while True:
        result = await attempt(handler, made, timeout=handler.timeout)
        tries, waits = len(pauses) + 1, tuple(pauses)
        match result:
            case Done():
                return Outcome("done", tries, pauses=waits)
            case Refused(reason):
                return Outcome("rejected", tries, reason, pauses=waits)
            case PutOff(seconds, reason, patience):
                return Outcome("put_off", tries, reason, seconds, patience, pauses=waits)
        if tries >= handler.retry.attempts:
            return Outcome("given_up", tries, type(result.error).__name__, error=result.error, pauses=waits)
        pauses.append(handler.retry.pause(tries))
        await asyncio.sleep(0)
