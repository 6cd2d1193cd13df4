"""What device-admin does on other services' events: it learns devices from them, and who has applied a change."""

from collections.abc import Awaitable, Callable, Mapping

from device_admin import usecases
from device_admin.model.device import Sighting
from device_admin.usecases import Resources
from device_events import Event, catalog


async def on_push_registered(resources: Resources, event: Event) -> None:
    """A device registered with an application, or changed its registration."""
    await usecases.learn(resources, _sighting(event, registration=True))


async def on_push_deregistered(resources: Resources, event: Event) -> None:
    """A device's registration with an application is gone. That is no contact: back ends do it too."""
    await usecases.learn(resources, _sighting(event, registration=True, gone=True))


async def on_seen(resources: Resources, event: Event) -> None:
    """A device did something that tells no more than that it is there, and perhaps its platform."""
    if event.data.get("deviceId"):
        await usecases.learn(resources, _sighting(event))


async def on_status_applied(resources: Resources, event: Event) -> None:
    """A service has done its part of a status change."""
    if event.deviceid is not None and event.statussequence is not None:
        await usecases.acknowledge(
            resources,
            device=event.deviceid,
            service=event.data["service"],
            sequence=event.statussequence,
            effects=event.data["effects"],
        )


def _sighting(event: Event, *, registration: bool = False, gone: bool = False) -> Sighting:
    data = event.data
    return Sighting(
        runtime=data["runtime"],
        device_id=data["deviceId"],
        source=event.source,
        subject=event.subject,
        sequence=event.sequence,
        time=event.time,
        contact=event.causationid is None and not gone,
        platform=data.get("platform"),
        application=data["applicationId"] if registration else None,
        user=data.get("userId"),
        gone=gone,
    )


REACTIONS: Mapping[str, Callable[[Resources, Event], Awaitable[None]]] = {
    catalog.PUSH_REGISTERED: on_push_registered,
    catalog.PUSH_UPDATED: on_push_registered,
    catalog.PUSH_DEREGISTERED: on_push_deregistered,
    catalog.PUSH_SEEN: on_seen,
    catalog.MOBILE_CLIENT_REGISTERED: on_seen,
    catalog.CONTACT_DEVICE_REGISTERED: on_seen,
    catalog.DEVICE_STATUS_APPLIED: on_status_applied,
}
