"""One event of every type, as its service announces it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from device_events import Event, catalog

TIME = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
PUSH = {"runtime": "myruntime", "applicationId": "myapp", "deviceId": "d/1", "platform": "A", "userId": "anna"}
MOBILE = {
    "runtime": "myruntime",
    "backendId": "b",
    "clientId": "my.app.id",
    "platform": "IOS",
    "notificationProvider": None,
    "tokenDigest": "x" * 43,
    "deviceId": "d/1",
}
CONTACT = {"runtime": "myruntime", "listId": 3, "contactId": "enc"}

PAYLOADS: Mapping[str, dict[str, Any]] = {
    catalog.DEVICE_STATUS_CHANGED: {
        "runtime": "myruntime",
        "deviceId": "d/1",
        "status": "LOST",
        "previous": "ACTIVE",
        "transactionId": 7,
        "reason": "operator",
    },
    catalog.DEVICE_STATUS_APPLIED: {
        "runtime": "myruntime",
        "deviceId": "d/1",
        "service": "push-registry",
        "status": "LOST",
        "effects": {"tokensRemoved": 2},
    },
    catalog.PUSH_REGISTERED: {**PUSH, "tokenDigest": "x" * 43},
    catalog.PUSH_UPDATED: PUSH,
    catalog.PUSH_SEEN: PUSH,
    catalog.PUSH_DEREGISTERED: PUSH,
    catalog.PUSH_TOKEN_REMOVED: {**PUSH, "tokenDigest": "x" * 43, "reason": "taken-over"},
    catalog.MOBILE_CLIENT_REGISTERED: MOBILE,
    catalog.MOBILE_CLIENT_DEREGISTERED: {**MOBILE, "reason": "status"},
    catalog.CONTACT_DEVICE_REGISTERED: {**CONTACT, "deviceId": "d/1", "deviceType": 2},
    catalog.CONTACT_CREATED: {**CONTACT, "fields": ["Email"]},
    catalog.CONTACT_UPDATED: {**CONTACT, "fields": []},
    catalog.CUSTOM_EVENT_TRIGGERED: {
        **CONTACT,
        "customEvent": "SendWelcomeEmail",
        "cause": "call",
        "values": {"Email": "jürgen@example.com", "$x.y": None},
    },
}


def example(type_: str, **changes: Any) -> Event:
    """The event; attributes may be replaced."""
    attributes: dict[str, Any] = {
        "id": "0a1b-1",
        "type": type_,
        "source": next(iter(catalog.CATALOG[type_].topics)),
        "subject": "myruntime/d/1",
        "time": TIME,
        "sequence": 12,
        "data": PAYLOADS[type_],
        "deviceid": "myruntime/d/1",
        "causationid": "9f-1",
        "statussequence": 4,
        "correlationid": "c-1",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return Event(**(attributes | changes))
