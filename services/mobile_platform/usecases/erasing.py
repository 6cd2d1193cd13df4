"""Forgetting a device's clients."""

import asyncio
from collections.abc import Iterable

from chassis.decisions import Aggregate, Decision
from mobile_platform import events, model
from mobile_platform.model import Client
from mobile_platform.store import Store


async def erase_device(store: Store, device: str, digests: Iterable[str]) -> int | None:
    """Forget a device's clients, and those that use its tokens and name no device, and say so without naming users.

    How many there were; None for a device that never was. A block stays, and so does what is known of its tokens.
    """
    runtime = device.partition("/")[0]
    clients = {client.id: client for client in await store.clients_of(device)}
    for digest in digests:
        for client in await store.registered_with(runtime, digest):
            if client.existing.get("device", device) == device:
                clients[client.id] = client
    erased = await asyncio.gather(*(store.change(id, _erasing) for id in clients))
    return sum(erased) if clients or await store.read_blocks([device]) else None


def _erasing(current: Aggregate[Client]) -> Decision[Client, bool]:
    if current.state is None or not model.is_registered(current.state):
        return Decision(False)
    nameless = current.state.copy()
    nameless.pop("user", None)
    return Decision(True, model.bury(current.state), [events.deregistered(nameless)])
