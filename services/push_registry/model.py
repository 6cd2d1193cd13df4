"""A device and its registrations with applications: who may register, what a status does to them. Pure.

One document a device settles a registration against LOST by its version alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict, cast

from device_events.statuses import BLOCKING, DeviceStatus
from push_registry.errors import DeviceBlocked, DeviceNotFound, TokenReserved

ANONYMOUS = "anonymous"  # what the push service calls a device without a user; its SDKs compare against it


class Registration(TypedDict, total=False):
    """A device's registration with one application. `token` is absent while it has none."""

    application: str
    platform: str
    user_id: str
    phone_number: str | None
    user_agent: str | None
    token: str
    token_digest: str
    created: datetime
    updated: datetime
    seen: str  # the day of the last announced contact, ISO 8601


class DeviceState(TypedDict, total=False):
    """`token_keys` are reserved against all other devices, a blocked device's too; absent when there are none."""

    runtime: str
    device_id: str
    registrations: list[Registration]
    token_keys: list[str]
    status: str
    status_sequence: int


@dataclass(frozen=True, slots=True)
class Device:
    """Which device a command is about."""

    runtime: str
    device_id: str

    @property
    def key(self) -> str:
        """The aggregate's id, and the device's name in every event."""
        return f"{self.runtime}/{self.device_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What a caller says of a registration; None is not said."""

    platform: str | None = None
    user_id: str | None = None
    phone_number: str | None = None
    user_agent: str | None = None
    token: str | None = None
    token_digest: str | None = None

    def with_digest(self, digest: str) -> "Details":
        """The same, with the digest of its token."""
        return replace(self, token_digest=digest)


def is_blocked(state: DeviceState | None) -> bool:
    """Whether the device's status shuts it out."""
    return bool(state) and (state or {}).get("status") in BLOCKING


def registration_in(state: DeviceState | None, application: str) -> Registration | None:
    """The device's registration with the application, if it has one."""
    found = (one for one in (state or {}).get("registrations", []) if one["application"] == application)
    return next(found, None)


def token_key(application: str, digest: str) -> str:
    """What one live registration an application and token holds."""
    return f"{application}:{digest}"


def register(
    state: DeviceState | None, device: Device, application: str, details: Details, now: datetime
) -> tuple[DeviceState, Registration]:
    """Register the device with the application, or replace what it had there. Raises DeviceBlocked."""
    opened = _open(state, device)
    before = registration_in(opened, application)
    registration: Registration = {
        **_unknown(before),
        "application": application,
        "platform": details.platform or "",
        "user_id": details.user_id or ANONYMOUS,
        "phone_number": details.phone_number or None,
        "user_agent": details.user_agent,
        "created": before["created"] if before else now,
        "updated": now,
        "seen": now.date().isoformat(),
    }
    registration = _with_token(registration, details)
    return _with(opened, registration), registration


def update(
    state: DeviceState | None, device: Device, application: str, details: Details, now: datetime
) -> tuple[DeviceState, Registration]:
    """Change what is said, keep the rest; an empty text takes a value away. Raises DeviceBlocked, DeviceNotFound."""
    opened = _open(state, device)
    before = known_registration(opened, device, application)
    registration: Registration = {**before, "updated": now, "seen": now.date().isoformat()}
    if details.user_id is not None:
        registration["user_id"] = details.user_id or ANONYMOUS
    if details.phone_number is not None:
        registration["phone_number"] = details.phone_number or None
    registration = _with_token(registration, details)
    return _with(opened, registration), registration


def see(state: DeviceState, registration: Registration, now: datetime) -> tuple[DeviceState, Registration]:
    """Note the day on which the device was last here."""
    seen: Registration = {**registration, "seen": now.date().isoformat()}
    return _with(state, seen), seen


def deregister(state: DeviceState, application: str) -> DeviceState:
    """Forget the registration, keep the block. A blocked device's token stays reserved to it."""
    return _keyed({**state, "registrations": _others(state, application)})


def erase(state: DeviceState) -> tuple[DeviceState, Sequence[Registration]]:
    """Forget every registration, keep the block. Returns them too, as they were but without their users."""
    nameless: list[Registration] = [{**one, "user_id": ANONYMOUS} for one in state["registrations"]]
    return _keyed({**state, "registrations": []}), nameless


def token_digests(state: DeviceState | None) -> frozenset[str]:
    """The digests of all tokens that the device has, or had when it was shut out."""
    return frozenset(key.partition(":")[2] for key in (state or {}).get("token_keys", []))


def apply_status(
    state: DeviceState | None, device: Device, status: DeviceStatus, sequence: int, *, first_seen: bool = False
) -> tuple[DeviceState, Sequence[Registration]] | None:
    """The state under a new status, and the registrations that lose their token by it.

    None when a change of this or a higher sequence has been applied, and for a device that is first seen, may do all,
    and of which no status is known: the fleet's every device is that. A removed device that comes back is first seen
    too; its status may be the only one that a compacted topic has left. A blocking status takes the token from every
    registration; the keys stay reserved until the device is let in again.
    """
    before = state or _new(device)
    if before.get("status_sequence", 0) >= sequence:
        return None
    if first_seen and "status" not in before and status not in BLOCKING:
        return None
    after: DeviceState = {**before, "status": status.value, "status_sequence": sequence}
    if status not in BLOCKING:
        return _keyed(after), []
    stripped = [one for one in before["registrations"] if "token" in one]
    after["registrations"] = [_without_token(one) for one in before["registrations"]]
    return after, stripped


def release(state: DeviceState | None, application: str, digest: str) -> tuple[DeviceState, Registration] | None:
    """Give a token up to another device that registers it: the newest wins. None when it is not held (any more).

    Returns the registration as it was. Raises TokenReserved while this device is blocked.
    """
    if state is None or token_key(application, digest) not in state.get("token_keys", []):
        return None
    if is_blocked(state):
        raise TokenReserved()
    held = registration_in(state, application)
    if held is None or held.get("token_digest") != digest:
        return None
    return _with(state, _without_token(held)), held


def known_registration(state: DeviceState | None, device: Device, application: str) -> Registration:
    """The device's registration with the application. Raises DeviceNotFound."""
    registration = registration_in(state, application)
    if registration is None:
        raise DeviceNotFound(name=device.device_id)
    return registration


def _new(device: Device) -> DeviceState:
    return {"runtime": device.runtime, "device_id": device.device_id, "registrations": []}


def _open(state: DeviceState | None, device: Device) -> DeviceState:
    if is_blocked(state):
        raise DeviceBlocked()
    return state or _new(device)


def _unknown(before: Registration | None) -> Registration:
    """What a newer version keeps in a registration. It survives this one's writes."""
    kept = {name: value for name, value in (before or {}).items() if name not in Registration.__annotations__}
    return cast(Registration, kept)


def _with_token(registration: Registration, details: Details) -> Registration:
    if details.token is None or details.token_digest is None:
        return registration
    return {**registration, "token": details.token, "token_digest": details.token_digest}


def _without_token(registration: Registration) -> Registration:
    bare = registration.copy()
    bare.pop("token", None)
    bare.pop("token_digest", None)
    return bare


def _others(state: DeviceState, application: str) -> list[Registration]:
    return [one for one in state.get("registrations", []) if one["application"] != application]


def _with(state: DeviceState, registration: Registration) -> DeviceState:
    return _keyed({**state, "registrations": [*_others(state, registration["application"]), registration]})


def _keyed(state: DeviceState) -> DeviceState:
    """The state with the keys of its live tokens; a blocked device keeps those it had."""
    if is_blocked(state):
        return state
    after = state.copy()
    after.pop("token_keys", None)
    keys = [token_key(one["application"], one["token_digest"]) for one in state["registrations"] if "token" in one]
    if keys:
        after["token_keys"] = keys
    return after
