"""A contact of one list: its values, its devices, and what a device's status does to it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from contacts import errors
from contacts.model.block import Block, StatusChange
from contacts.model.registration import Registration, match_key
from contacts.settings import ContactList
from device_events.statuses import BLOCKING

MAX_DEVICES = 100
# Values travel in each custom event, and what a document may have pending is bounded.
MAX_VALUES_BYTES = 16 * 1024


class Value(TypedDict):
    """A value under its field's name. `v` is JSON text: nothing in it is ever a path or an operator."""

    k: str
    v: str


class Device(TypedDict, total=False):
    """A contact's device. `added` is the sequence of the event that announced it; `status` is the newest applied.

    `triggered` counts the custom events that this status triggered for this contact.
    """

    id: str
    type: int
    added: int
    registered_at: datetime
    status: str
    statussequence: int
    triggered: int


class Contact(TypedDict):
    """Found by `match_keys` and `device_keys`; the latter are unique, and absent while it has no device."""

    list_id: int
    values: list[Value]
    match_keys: list[str]
    devices: list[Device]
    device_keys: NotRequired[list[str]]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class View:
    """A contact as the API shows it."""

    validation_warnings: list[str]
    enc_contact_id: str
    list_id: int
    values: dict[str, Any]


def view(contact: Contact, contact_list: ContactList, enc_contact_id: str) -> View:
    """The contact as shown, with a warning for each value that is not of its field's type."""
    values = values_of(contact)
    warnings = [
        f"{name}: the value is no {field.type}"
        for name, value in values.items()
        if (field := contact_list.fields.get(name)) and not field.fits(value)
    ]
    return View(warnings, enc_contact_id, contact["list_id"], values)


def values_of(contact: Contact) -> dict[str, Any]:
    """The contact's values as they were given."""
    return {value["k"]: json.loads(value["v"]) for value in contact["values"]}


def write_values(known: Contact | None, contact_list: ContactList, given: Mapping[str, Any], at: datetime) -> Contact:
    """The contact with these values over those it has; a new one starts with its fields' defaults."""
    merged = values_of(known) if known else _defaults(contact_list)
    merged |= given
    stored: dict[str, Value] = {one["k"]: one for one in known["values"]} if known else {}
    values = [_value(stored.get(name), name, value) for name, value in merged.items()]
    if sum(len(one["k"].encode()) + len(one["v"].encode()) for one in values) > MAX_VALUES_BYTES:
        raise errors.ValuesTooLarge(limit=MAX_VALUES_BYTES)
    keys = [match_key(contact_list, name, value) for name, value in merged.items() if name in contact_list.fields]
    contact: Contact = known or {
        "list_id": contact_list.id,
        "values": [],
        "match_keys": [],
        "devices": [],
        "created_at": at,
        "updated_at": at,
    }
    return {**contact, "values": values, "match_keys": [key for key in keys if key], "updated_at": at}


def changed_fields(before: Contact | None, after: Contact) -> list[str]:
    """The names of the fields whose values differ."""
    old = {value["k"]: value["v"] for value in before["values"]} if before else {}
    return [value["k"] for value in after["values"] if old.get(value["k"]) != value["v"]]


def device_key(list_id: int, device_id: str) -> str:
    """What a device is called among the contacts of one list."""
    return f"{list_id}:{device_id}"


def device_of(contact: Contact | None, device_id: str) -> Device | None:
    """The contact's device of this id."""
    return next((one for one in (contact["devices"] if contact else ()) if one["id"] == device_id), None)


def attach(contact: Contact, registration: Registration, block: Block | None, *, added: int, at: datetime) -> Contact:
    """The contact with the registration's device in place of its old one. `added` numbers the announcing event."""
    device_id = registration.device_ids[0]
    if any(_is_blocked(device_of(contact, one)) for one in registration.device_ids):
        raise errors.DeviceBlocked
    known = device_of(contact, device_id)
    device: Device = {**(known or _new_device(device_id, block, added)), "registered_at": at}
    if registration.device_type is not None:
        device["type"] = registration.device_type
    others = [one for one in contact["devices"] if one["id"] not in registration.device_ids]
    if known is None and len(others) >= MAX_DEVICES:
        raise errors.TooManyDevices(limit=MAX_DEVICES)
    return _with_devices(contact, [*others, device])


def release(contact: Contact, device_id: str) -> Contact | None:
    """The contact without a device that another contact registers; None if it has none. A blocked one stays."""
    device = device_of(contact, device_id)
    if _is_blocked(device):
        raise errors.DeviceBlocked
    return detach(contact, device_id) if device else None


def detach(contact: Contact, device_id: str) -> Contact:
    """The contact without this device."""
    return _with_devices(contact, [one for one in contact["devices"] if one["id"] != device_id])


def withdraw(contact: Contact, device_id: str, block: Block, *, added: int) -> Contact | None:
    """The contact without the device that registration `added` gave it although it was blocked; None if not so.

    A device that the contact had before, or that the status has reached, is left to the status.
    """
    device = device_of(contact, device_id)
    if device is None or device.get("added") != added or device.get("statussequence", 0) >= block["statussequence"]:
        return None
    return detach(contact, device_id)


def mark(contact: Contact, change: StatusChange, *, triggers: int) -> Contact | None:
    """The contact with its device's new status, which triggers so many custom events; None if it has it already."""
    device = device_of(contact, change.device_id)
    if device is None or device.get("statussequence", 0) >= change.sequence:
        return None
    marked: Device = {**device, "status": change.status, "statussequence": change.sequence, "triggered": triggers}
    return _with_devices(contact, [marked if one is device else one for one in contact["devices"]])


def _defaults(contact_list: ContactList) -> dict[str, Any]:
    return {name: field.default for name, field in contact_list.fields.items() if field.default is not None}


def _value(stored: Value | None, name: str, value: Any) -> Value:
    """A value, with what a newer version keeps beside it."""
    new: Value = {"k": name, "v": _json(value)}
    return {**stored, **new} if stored else new


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_blocked(device: Device | None) -> bool:
    return device is not None and device.get("status") in BLOCKING


def _new_device(device_id: str, block: Block | None, added: int) -> Device:
    device: Device = {"id": device_id, "added": added}
    if block:
        # A status from before the registration is not about this contact, so its custom events are not due.
        device |= {"status": block["status"], "statussequence": block["statussequence"], "triggered": 0}
    return device


def _with_devices(contact: Contact, devices: Sequence[Device]) -> Contact:
    changed: Contact = {**contact, "devices": list(devices)}
    if devices:
        changed["device_keys"] = [device_key(contact["list_id"], one["id"]) for one in devices]
    else:
        changed.pop("device_keys", None)
    return changed
