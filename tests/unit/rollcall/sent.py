"""Records as a reader gets them, of events that a service might have announced."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import ConsumerRecord

from device_events import Event, catalog
from device_events.envelope import encode
from device_events.window import Record

BEGIN = datetime(2026, 11, 22, 23, 59, 59, 900_000, tzinfo=UTC)
DEVICE = "myruntime/d"


def lost(id: str = "lost", *, after: int = 0, **changes: Any) -> Event:
    """A status change, so many milliseconds after the begin."""
    data = {"runtime": "myruntime", "deviceId": "d", "status": "LOST", "previous": "ACTIVE", "reason": "operator"}
    return event(
        id, catalog.DEVICE_STATUS_CHANGED, catalog.DEVICE_ADMIN, {**data, "transactionId": 2}, after, **changes
    )


def applied(id: str, *, after: int, causationid: str | None = "lost") -> Event:
    """push-registry has done its part of it."""
    data = {"runtime": "myruntime", "deviceId": "d", "service": "push-registry", "status": "LOST"}
    told = {**data, "effects": {"tokensRemoved": 1}}
    return event(id, catalog.DEVICE_STATUS_APPLIED, catalog.PUSH_REGISTRY, told, after, causationid=causationid)


def pushed(id: str, *, user: str = "alice", after: int = 0) -> Event:
    """A registration."""
    data = {"runtime": "myruntime", "deviceId": "d", "applicationId": "myapp", "platform": "A", "userId": user}
    return event(id, catalog.PUSH_REGISTERED, catalog.PUSH_REGISTRY, {**data, "tokenDigest": "0123456789abcdef"}, after)


def triggered(id: str) -> Event:
    """A custom event with a contact's values."""
    data = {"runtime": "myruntime", "listId": 3, "contactId": "B" * 60, "customEvent": "SendWelcomeEmail"}
    data |= {"cause": "call", "values": {"Email": "ada@example.com"}}
    return event(id, catalog.CUSTOM_EVENT_TRIGGERED, catalog.CONTACTS, data, 0, subject="contact:3:00")


def event(id: str, type_: str, source: str, data: Any, after: int, **changes: Any) -> Event:
    """Any."""
    time = BEGIN + timedelta(milliseconds=after)
    given = {"subject": DEVICE, "sequence": 1, "deviceid": DEVICE, **changes}
    return Event(id=id, type=type_, source=source, time=time, data=data, **given)


def record(one: Event | None = None, *, offset: int = 0, **changes: Any) -> Record:
    """The event's record, or one of parts of one's own."""
    key, value, headers = encode(one) if one else (None, b"", [])
    parts = {"key": key, "value": value, "headers": headers, **changes}
    return ConsumerRecord(
        topic="t",
        partition=0,
        offset=offset,
        timestamp=round(BEGIN.timestamp() * 1000),
        timestamp_type=1,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        **parts,
    )
