"""A device: how it becomes known, how its status is set, when it expires, and what is left when it is removed. Pure.

A decision takes a state and gives the next one; the same object back, or None, means that nothing changes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from device_admin.model.transaction import Recent
from device_events.statuses import BLOCKING, DeviceStatus

KNOWN, REMOVED = "device", "removed-device"
_KEPT_SEQUENCES = 8
_ACCESS_RESOLUTION = timedelta(minutes=1)
_PLATFORMS = {"A": "iOS", "G": "Android", "W": "Windows", "IOS": "iOS", "ANDROID": "Android", "WINDOWS": "Windows"}


class DeviceState(TypedDict, total=False):
    """A device. What a list is sorted by is never absent. `heard`: the newest sequence by source and subject.

    `disabled` names applications, also some that are not on the device now. `removed` is there in a tombstone only.
    """

    kind: str
    runtime: str
    device_id: str
    status: str
    status_time: datetime
    last_accessed: datetime
    name: str
    model: str
    platform: str
    users: list[str]
    applications: list[dict[str, str]]
    disabled: list[str]
    heard: list[dict[str, Any]]
    transactions: list[Recent]
    removed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """The fact that a device's status was set."""

    runtime: str
    device_id: str
    status: str
    reason: str
    previous: str | None = None
    transaction_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What another service's event says of a device. A `contact` is the device's own doing.

    `application` is one that the event says is on the device (or, with `gone`, no longer is).
    """

    runtime: str
    device_id: str
    source: str
    subject: str
    sequence: int
    time: datetime
    contact: bool
    platform: str | None = None
    application: str | None = None
    user: str | None = None
    gone: bool = False


Decided = tuple[DeviceState, StatusChange | None]


def device_key(runtime: str, device_id: str) -> str:
    """How every service names a device."""
    return f"{runtime}/{device_id}"


def learn(state: DeviceState | None, sighting: Sighting, now: datetime) -> Decided | None:
    """Take in what was seen. Only a contact makes a device known, or an expired one active; None: still unknown."""
    accessed = min(sighting.time, now)
    if state is None:
        if not sighting.contact:
            return None
        first = _first_seen(sighting, accessed, now)
        return _with_application(first, sighting), change_of(first, reason="first-seen")
    if state["kind"] == REMOVED:
        return _come_back(state, sighting, now)
    learnt = _with_application(state, sighting)
    if not sighting.contact:
        return learnt, None
    if state["status"] == DeviceStatus.EXPIRED and accessed > state["status_time"]:
        return set_status({**learnt, "last_accessed": accessed}, DeviceStatus.ACTIVE, now, reason="contact")
    if accessed - state["last_accessed"] >= _ACCESS_RESOLUTION:
        return {**learnt, "last_accessed": accessed}, None
    return learnt, None


def expire(state: DeviceState | None, cutoff: datetime, now: datetime) -> Decided | None:
    """Mark a device as EXPIRED that has made no contact since `cutoff`. A blocked one stays blocked."""
    if state is None or state["kind"] == REMOVED:
        return None
    if state["status"] != DeviceStatus.ACTIVE or state["last_accessed"] >= cutoff:
        return None
    return set_status(state, DeviceStatus.EXPIRED, now, reason="inactivity")


def is_blocked(state: DeviceState) -> bool:
    """Whether the device's status shuts it out."""
    return state["status"] in BLOCKING


def remove(state: DeviceState, now: datetime) -> DeviceState:
    """What is left of a removed device: no personal data, and everything that may shut it out."""
    blank = DeviceState(kind=REMOVED, removed=now, name="", model="", platform="", users=[], applications=[])
    return {**state, **blank}


def set_status(
    state: DeviceState, status: DeviceStatus, now: datetime, *, reason: str, transaction_id: int | None = None
) -> Decided:
    """Set the status, and say so, also if it was the same before."""
    changed: DeviceState = {**state, "status": status.value, "status_time": now}
    return changed, change_of(changed, reason=reason, previous=state["status"], transaction_id=transaction_id)


def change_of(
    state: DeviceState, *, reason: str, previous: str | None = None, transaction_id: int | None = None
) -> StatusChange:
    """The fact that the device has its status."""
    return StatusChange(
        runtime=state["runtime"],
        device_id=state["device_id"],
        status=state["status"],
        reason=reason,
        previous=previous,
        transaction_id=transaction_id,
    )


def _come_back(state: DeviceState, sighting: Sighting, now: datetime) -> Decided | None:
    """A removed device makes contact: it is new again, but what shut it out still does."""
    accessed = min(sighting.time, now)
    if not sighting.contact or accessed <= state["removed"]:
        return None
    first = _first_seen(sighting, accessed, now)
    back: DeviceState = {**state, **first, "transactions": state["transactions"]}
    if is_blocked(state):
        back["status"] = state["status"]
    del back["removed"]
    return _with_application(back, sighting), change_of(back, reason="first-seen")


def _first_seen(sighting: Sighting, accessed: datetime, now: datetime) -> DeviceState:
    return DeviceState(
        kind=KNOWN,
        runtime=sighting.runtime,
        device_id=sighting.device_id,
        status=DeviceStatus.ACTIVE.value,
        status_time=now,
        last_accessed=accessed,
        name=sighting.device_id,
        model="",
        platform="",
        users=[],
        applications=[],
        transactions=[],
    )


def _with_application(state: DeviceState, sighting: Sighting) -> DeviceState:
    platform = _PLATFORMS.get(sighting.platform or "", sighting.platform)
    if platform and platform != state["platform"] and sighting.contact:
        state = {**state, "platform": platform}
    if sighting.application is None:
        return state
    stream = {"source": sighting.source, "subject": sighting.subject}
    others = [heard for heard in state.get("heard", []) if not stream.items() <= heard.items()]
    known: dict[str, Any] = next((one for one in state.get("heard", []) if stream.items() <= one.items()), {**stream})
    if sighting.sequence <= known.get("sequence", 0):
        return state
    applications = [held for held in state["applications"] if held["id"] != sighting.application]
    if not sighting.gone:
        before = next((held for held in state["applications"] if held["id"] == sighting.application), {})
        before = {name: value for name, value in before.items() if name != "user"}
        applications.append(
            {**before, "id": sighting.application, **({"user": sighting.user} if sighting.user else {})}
        )
    users = sorted({held["user"] for held in applications if "user" in held})
    heard = [*others, {**known, "sequence": sighting.sequence}][-_KEPT_SEQUENCES:]
    return {**state, "applications": applications, "users": users, "heard": heard}
