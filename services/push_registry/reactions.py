"""What push-registry does on the events of other services."""

from collections.abc import Awaitable, Callable, Mapping

from device_events import DeviceStatus, Event, catalog
from push_registry import usecases
from push_registry.model import Device
from push_registry.usecases import Resources


async def on_status_changed(resources: Resources, event: Event) -> None:
    """A device's status has changed, or the device is first seen with one."""
    device = Device(event.data["runtime"], event.data["deviceId"])
    status = DeviceStatus(event.data["status"])
    first_seen = "previous" not in event.data
    await usecases.apply_status(resources, device, status, (event.id, event.sequence), first_seen=first_seen)


REACTIONS: Mapping[str, Callable[[Resources, Event], Awaitable[None]]] = {
    catalog.DEVICE_STATUS_CHANGED: on_status_changed,
}
