"""What this service does on events: other services' and its own."""

from collections.abc import Awaitable, Callable, Mapping

from contacts import usecases
from contacts.model import StatusChange
from contacts.usecases import Resources
from device_events import Event, catalog


async def on_status_changed(resources: Resources, event: Event) -> None:
    """A device has a new status."""
    change = StatusChange(
        runtime=event.data["runtime"],
        device_id=event.data["deviceId"],
        status=event.data["status"],
        previous=event.data.get("previous"),
        sequence=event.sequence,
        event_id=event.id,
    )
    await usecases.apply_status(resources, change)


async def on_device_registered(resources: Resources, event: Event) -> None:
    """A contact registered a device, a moment ago: was it blocked meanwhile?"""
    contact_list = resources.settings.catalogue.contact_lists.get(event.data["listId"])
    if contact_list is not None:
        device_id = event.data["deviceId"]
        await usecases.recheck_registration(resources, contact_list, event.subject, device_id, added=event.sequence)


REACTIONS: Mapping[str, Callable[[Resources, Event], Awaitable[None]]] = {
    catalog.DEVICE_STATUS_CHANGED: on_status_changed,
    catalog.CONTACT_DEVICE_REGISTERED: on_device_registered,
}
