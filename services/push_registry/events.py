"""The events that push-registry announces, one function each. A push token goes out as its digest only."""

from typing import Any

from chassis.decisions import Announcement
from device_events import catalog
from device_events.statuses import DeviceStatus
from push_registry.model import Device, Registration

Cause = tuple[str, int]
"""Id and sequence of the status change that an event is an effect of."""


def registered(device: Device, registration: Registration) -> Announcement:
    """The device has a registration with an application that it did not have."""
    return _about(catalog.PUSH_REGISTERED, device, registration)


def updated(device: Device, registration: Registration) -> Announcement:
    """The device's registration has changed."""
    return _about(catalog.PUSH_UPDATED, device, registration)


def seen(device: Device, registration: Registration) -> Announcement:
    """The device has read its registration, the first time that day."""
    return _about(catalog.PUSH_SEEN, device, registration)


def deregistered(device: Device, registration: Registration) -> Announcement:
    """The device's registration is gone."""
    return _about(catalog.PUSH_DEREGISTERED, device, registration)


def token_removed(
    device: Device, registration: Registration, *, reason: str, cause: Cause | None = None
) -> Announcement:
    """The registration has lost its token, by the device's status or to another device."""
    return _about(catalog.PUSH_TOKEN_REMOVED, device, registration, cause, reason=reason)


def status_applied(device: Device, status: DeviceStatus, *, tokens_removed: int, cause: Cause) -> Announcement:
    """push-registry has done its part of a status change."""
    data = {
        "runtime": device.runtime,
        "deviceId": device.device_id,
        "service": "push-registry",
        "status": status.value,
        "effects": {"tokensRemoved": tokens_removed},
    }
    return _announcement(catalog.DEVICE_STATUS_APPLIED, device, data, cause)


def _about(
    type_: str, device: Device, registration: Registration, cause: Cause | None = None, **more: str
) -> Announcement:
    data: dict[str, Any] = {
        "runtime": device.runtime,
        "applicationId": registration["application"],
        "deviceId": device.device_id,
        "platform": registration["platform"],
        "userId": registration["user_id"],
        **more,
    }
    if "token_digest" in registration:
        data["tokenDigest"] = registration["token_digest"]
    return _announcement(type_, device, data, cause)


def _announcement(type_: str, device: Device, data: dict[str, Any], cause: Cause | None) -> Announcement:
    return Announcement(
        type=type_,
        data=data,
        deviceid=device.key,
        causationid=cause[0] if cause else None,
        statussequence=cause[1] if cause else None,
    )
