"""The payload of each event type as a class with attributes, one class an event type.

The schemas in `payloads` say what a payload is, and what has been read was checked by them; these classes only give it
names and types. An attribute is the payload's field in Python's spelling (`deviceId` is `device_id`); a field that the
payload leaves out, or has as null, is None. A test keeps both equal, field by field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from device_events import catalog
from device_events.statuses import DeviceStatus

PAYLOADS: dict[str, type["TypedPayload"]] = {}
P = TypeVar("P", bound="type[TypedPayload]")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPayload:
    """What every payload has. `runtime` is the name of the MobileFirst runtime that the device belongs to."""

    runtime: str


def _of(type_: str) -> Callable[[P], P]:
    def keep(payload: P) -> P:
        PAYLOADS[type_] = payload
        return payload

    return keep


@_of(catalog.DEVICE_STATUS_CHANGED)
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatusChanged(TypedPayload):
    """A device has a status, by device-admin.

    `previous` is None when the device is first seen, and equals `status` when a status was set again.
    `transaction_id` is that of the operator's call.
    """

    device_id: str
    status: DeviceStatus
    previous: DeviceStatus | None = None
    transaction_id: int | None = None
    reason: Literal["first-seen", "operator", "inactivity", "contact"]


@_of(catalog.DEVICE_STATUS_APPLIED)
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatusApplied(TypedPayload):
    """`service` has done its part of a device's change to `status`; `effects` counts what it did, by name."""

    device_id: str
    service: str
    status: DeviceStatus
    effects: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PushRegistration(TypedPayload):
    """A device's registration with one application; `token_digest` is a keyed digest of its push token."""

    device_id: str
    application_id: str
    platform: str | None = None
    user_id: str | None = None
    token_digest: str | None = None


@_of(catalog.PUSH_REGISTERED)
@dataclass(frozen=True, slots=True, kw_only=True)
class PushRegistered(_PushRegistration):
    """A device has registered with an application; `token_digest` is a keyed digest of its push token."""


@_of(catalog.PUSH_UPDATED)
@dataclass(frozen=True, slots=True, kw_only=True)
class PushUpdated(_PushRegistration):
    """A device's registration has changed, to what is here."""


@_of(catalog.PUSH_SEEN)
@dataclass(frozen=True, slots=True, kw_only=True)
class PushSeen(_PushRegistration):
    """A device has read its registration; announced at most once a device and day."""


@_of(catalog.PUSH_DEREGISTERED)
@dataclass(frozen=True, slots=True, kw_only=True)
class PushDeregistered(_PushRegistration):
    """A device's registration with an application is gone."""


@_of(catalog.PUSH_TOKEN_REMOVED)
@dataclass(frozen=True, slots=True, kw_only=True)
class PushTokenRemoved(TypedPayload):
    """A registration has lost its push token; its digest is `token_digest`.

    `reason`: the device's status shut it out, or another device took the token over.
    """

    device_id: str
    application_id: str
    platform: str | None = None
    user_id: str | None = None
    token_digest: str
    reason: Literal["status", "taken-over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _MobileClient(TypedPayload):
    """A mobile client of one backend; `client_id` is the application id that the backend's catalogue names."""

    backend_id: str
    client_id: str
    platform: str
    notification_provider: str | None
    token_digest: str
    device_id: str | None = None
    user: str | None = None


@_of(catalog.MOBILE_CLIENT_REGISTERED)
@dataclass(frozen=True, slots=True, kw_only=True)
class MobileClientRegistered(_MobileClient):
    """A mobile client has registered; `client_id` is the application's id, `device_id` is known only if it was said."""


@_of(catalog.MOBILE_CLIENT_DEREGISTERED)
@dataclass(frozen=True, slots=True, kw_only=True)
class MobileClientDeregistered(_MobileClient):
    """A mobile client is gone. `reason`: it asked for it, or the device's status shut it out."""

    reason: Literal["request", "status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contact(TypedPayload):
    """A contact of a list; `contact_id` is the encrypted id that the API gives out."""

    list_id: int
    contact_id: str


@_of(catalog.CONTACT_DEVICE_REGISTERED)
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDeviceRegistered(_Contact):
    """A contact has registered a device; `contact_id` is the encrypted id that the API gives out."""

    device_id: str
    device_type: int | None = None


@_of(catalog.CONTACT_CREATED)
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCreated(_Contact):
    """A contact is new; `fields` names the values that were written, never their content."""

    fields: list[str]


@_of(catalog.CONTACT_UPDATED)
@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUpdated(_Contact):
    """A contact was changed; `fields` names the values that were written, never their content."""

    fields: list[str]


@_of(catalog.CUSTOM_EVENT_TRIGGERED)
@dataclass(frozen=True, slots=True, kw_only=True)
class CustomEventTriggered(_Contact):
    """One contact and one named custom event. `values` are the contact's: personal data."""

    custom_event: str
    cause: Literal["call", "registered", "status"]
    status: DeviceStatus | None = None
    device_id: str | None = None
    values: Mapping[str, Any]


def spelled(name: str) -> str:
    """A payload field's name as that of an attribute."""
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda capital: "_" + capital[0].lower(), name)


def _plan(type_: str) -> tuple[type[TypedPayload], dict[str, str], frozenset[str]]:
    """The class, each field's attribute, and which of them are statuses."""
    payload, schema = PAYLOADS[type_], catalog.CATALOG[type_].schema
    names = {field.data_key or name: spelled(field.data_key or name) for name, field in schema.fields.items()}
    return payload, names, frozenset(field.name for field in fields(payload) if "DeviceStatus" in str(field.type))


_PLANS = {type_: _plan(type_) for type_ in PAYLOADS}


def typed(type_: str, data: Mapping[str, Any]) -> TypedPayload:
    """A payload that its schema has taken, as an object of its type's class. Raises KeyError for a type unknown."""
    payload, names, statuses = _PLANS[type_]
    found: dict[str, Any] = {attribute: data.get(name) for name, attribute in names.items()}
    for name in statuses:
        if found[name] is not None:
            found[name] = DeviceStatus(found[name])
    return payload(**found)
