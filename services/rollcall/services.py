"""The services as their documents and topics show them."""

from collections.abc import Mapping
from dataclasses import dataclass

from device_events import catalog


@dataclass(frozen=True, slots=True)
class StatusFields:
    """Where a service keeps a device's status: the status, its sequence, and the sequence that is fully applied."""

    status: str
    taken: str
    applied: str


@dataclass(frozen=True, slots=True)
class ServiceData:
    """One service: its name, which is its consumer group's too, its CloudEvents source and its collection."""

    name: str
    source: str
    collection: str
    statuses: StatusFields | None = None


DEVICE_ADMIN = ServiceData("device-admin", catalog.DEVICE_ADMIN, "device_admin")
PUSH_REGISTRY = ServiceData(
    "push-registry",
    catalog.PUSH_REGISTRY,
    "push_devices",
    StatusFields("status", "status_sequence", "status_sequence"),
)
CONTACTS = ServiceData("contacts", catalog.CONTACTS, "contacts", StatusFields("status", "statussequence", "applied"))
MOBILE_PLATFORM = ServiceData(
    "mobile-platform", catalog.MOBILE_PLATFORM, "mobile_clients", StatusFields("status", "sequence", "applied")
)
SERVICES: Mapping[str, ServiceData] = {
    service.name: service for service in (DEVICE_ADMIN, PUSH_REGISTRY, CONTACTS, MOBILE_PLATFORM)
}
