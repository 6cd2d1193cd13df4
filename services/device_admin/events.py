"""What device-admin announces."""

from typing import Any

from chassis.decisions import Announcement
from device_admin.model.device import StatusChange, device_key
from device_events import catalog


def status_changed(change: StatusChange) -> Announcement:
    """A device was first seen, or its status was set: by an operator, by its absence or by its return."""
    data: dict[str, Any] = {
        "runtime": change.runtime,
        "deviceId": change.device_id,
        "status": change.status,
        "reason": change.reason,
    }
    if change.previous is not None:
        data["previous"] = change.previous
    if change.transaction_id is not None:
        data["transactionId"] = change.transaction_id
    return Announcement(
        type=catalog.DEVICE_STATUS_CHANGED, data=data, deviceid=device_key(change.runtime, change.device_id)
    )
