"""The five device statuses of the MobileFirst administration API, and which of them shut a device out."""

from enum import StrEnum


class DeviceStatus(StrEnum):
    """A device's status, spelled as the API and the events spell it."""

    ACTIVE = "ACTIVE"
    LOST = "LOST"
    STOLEN = "STOLEN"
    EXPIRED = "EXPIRED"
    DISABLED = "DISABLED"


# EXPIRED is bookkeeping only: an expired device may connect and becomes ACTIVE by doing so.
BLOCKING = frozenset({DeviceStatus.LOST, DeviceStatus.STOLEN, DeviceStatus.DISABLED})
