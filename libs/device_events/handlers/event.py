"""CustomEvent: what a handler gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from marshmallow import ValidationError

from device_events.event import Event
from device_events.handlers.errors import Reject
from device_events.handlers.values import one_line, plain_address
from device_events.statuses import DeviceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomEvent:
    """One custom event that one contact triggered, as one handler sees it.

    `values` are the contact's, by the names of the list's fields: personal data, never to be logged. `cause` is "call"
    (a request named the event), "registered" (the list names it for every registration) or "status" (the list names it
    for `status`, which the device took). `trigger_id` is the same whenever this trigger comes, and for all handlers.
    `contact_id` is the encrypted one that the API gives out; `time` is aware, in UTC.
    """

    trigger_id: str
    handler: str
    custom_event: str
    cause: str
    values: Mapping[str, Any] = field(repr=False)
    list_id: int
    contact_id: str
    runtime: str
    time: datetime
    device_id: str | None = None
    status: DeviceStatus | None = None
    correlation_id: str | None = None
    traceparent: str | None = None

    @property
    def idempotency_key(self) -> str:
        """The same on every try of this handler for this trigger: hand it on to whatever can tell a repeat by it."""
        return f"{self.trigger_id}/{self.handler}"

    def line(self, value: str) -> str:
        """The contact's value of this name as part of one line; "" if it has none or it is no text."""
        return one_line(self.values.get(value))

    def address(self, value: str) -> str:
        """The contact's value of this name, one plain e-mail address. Raises Reject if it is none."""
        try:
            return plain_address(self.values.get(value))
        except ValidationError:
            raise Reject(f"the contact has no valid e-mail address in {value}") from None

    @classmethod
    def of(cls, event: Event, handler: str) -> Self:
        """A triggered custom event, for this handler."""
        data = event.data
        return cls(
            trigger_id=event.id,
            handler=handler,
            custom_event=data["customEvent"],
            cause=data["cause"],
            values=data["values"],
            list_id=data["listId"],
            contact_id=data["contactId"],
            runtime=data["runtime"],
            time=event.time,
            device_id=data.get("deviceId"),
            status=DeviceStatus(data["status"]) if "status" in data else None,
            correlation_id=event.correlationid,
            traceparent=event.traceparent,
        )
