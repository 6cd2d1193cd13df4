"""What push-registry does on the events of other services."""

from collections.abc import Awaitable, Callable, Mapping

from device_events import DeviceStatus, Event, catalog
from push_registry import usecases
from push_registry.model import Device
from push_registry.usecases import Resources


async def on_status_changed(resources: Resources, event: Event) -> None:
    """A device's status has changed. A device first seen has none to take away, so there is nothing to do."""
    if "previous" not in event.data:
        return
    device = Device(event.data["runtime"], event.data["deviceId"])
    status = DeviceStatus(event.data["status"])
    await usecases.apply_status(resources, device, status, (event.id, event.sequence))


REACTIONS: Mapping[str, Callable[[Resources, Event], Awaitable[None]]] = {
    catalog.DEVICE_STATUS_CHANGED: on_status_changed,
}
