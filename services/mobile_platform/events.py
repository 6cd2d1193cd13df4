"""What this service announces."""

from typing import Any

from chassis.decisions import Announcement
from device_events import catalog
from mobile_platform.model import Cause, Client, StatusChange, device_id_of

SERVICE = "mobile-platform"


def registered(client: Client) -> Announcement:
    return Announcement(type=catalog.MOBILE_CLIENT_REGISTERED, data=_described(client), deviceid=client.get("device"))


def deregistered(client: Client) -> Announcement:
    """The client as it was; it asked to go."""
    data = {**_described(client), "reason": "request"}
    return Announcement(type=catalog.MOBILE_CLIENT_DEREGISTERED, data=data, deviceid=client.get("device"))


def taken_away(client: Client, cause: Cause) -> Announcement:
    """The client as it was; its device's status took it away."""
    return Announcement(
        type=catalog.MOBILE_CLIENT_DEREGISTERED,
        data={**_described(client), "deviceId": device_id_of(cause.device), "reason": "status"},
        deviceid=cause.device,
        causationid=cause.event_id,
        statussequence=cause.sequence,
    )


def status_applied(change: StatusChange, clients_deregistered: int) -> Announcement:
    runtime, _, device_id = change.device.partition("/")
    return Announcement(
        type=catalog.DEVICE_STATUS_APPLIED,
        data={
            "runtime": runtime,
            "deviceId": device_id,
            "service": SERVICE,
            "status": change.status,
            "effects": {"clientsDeregistered": clients_deregistered},
        },
        deviceid=change.device,
        causationid=change.event_id,
        statussequence=change.sequence,
    )


def _described(client: Client) -> dict[str, Any]:
    data: dict[str, Any] = {
        "runtime": client["runtime"],
        "backendId": client["backend"],
        "clientId": client["client_id"],
        "platform": client["platform"],
        "notificationProvider": client["provider"],
        "tokenDigest": client["digest"],
    }
    if "device" in client:
        data["deviceId"] = device_id_of(client["device"])
    if "user" in client:
        data["user"] = client["user"]
    return data
