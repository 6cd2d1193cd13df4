"""What this service does about events, its own among them."""

from collections.abc import Awaitable, Callable, Mapping

from device_events import Event, Rejected, catalog
from mobile_platform import usecases
from mobile_platform.model import Cause, StatusChange, device_key
from mobile_platform.usecases import Resources


async def on_device_status_changed(resources: Resources, event: Event) -> None:
    change = StatusChange(_device(event), event.data["status"], event.id, event.sequence)
    await usecases.apply_status(resources, change)


async def on_push_token_removed(resources: Resources, event: Event) -> None:
    """A device that lost its push token loses the clients that use the same one."""
    if event.data["reason"] != "status":
        return
    if event.causationid is None or event.statussequence is None:
        raise Rejected("a token removed because of a status names no status change")
    cause = Cause(_device(event), event.causationid, event.statussequence)
    await usecases.take_token_away(resources, event.data["runtime"], event.data["tokenDigest"], cause)


async def on_mobile_client_registered(resources: Resources, event: Event) -> None:
    """Our own event: the check that `register` makes, in case we stopped before it was made."""
    await usecases.recheck(resources, event.subject)


def _device(event: Event) -> str:
    return device_key(event.data["runtime"], event.data["deviceId"])


REACTIONS: Mapping[str, Callable[[Resources, Event], Awaitable[None]]] = {
    catalog.DEVICE_STATUS_CHANGED: on_device_status_changed,
    catalog.PUSH_TOKEN_REMOVED: on_push_token_removed,
    catalog.MOBILE_CLIENT_REGISTERED: on_mobile_client_registered,
}
