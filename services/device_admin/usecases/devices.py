"""Devices become known by what other services announce, and expire by silence."""

import asyncio

from chassis.decisions import Aggregate, Decision
from device_admin.model import device as devices
from device_admin.model.device import DeviceState, Sighting, device_key
from device_admin.usecases.resources import Resources, changes

_BATCH = 200


async def learn(resources: Resources, sighting: Sighting) -> None:
    """Take in what another service's event says of a device."""
    now = resources.now()

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        return Decision(result=None, **changes(resources, aggregate, devices.learn(aggregate.state, sighting, now)))

    await resources.store.decide_device(device_key(sighting.runtime, sighting.device_id), decide)


async def expire_inactive(resources: Resources) -> None:
    """Mark devices as EXPIRED that have not been heard of for long; not while unread events may tell otherwise.

    Nor while MongoDB may be behind Kafka, which knows of later contacts.
    """
    now = resources.now()
    cutoff = now - resources.settings.inactivity

    def decide(aggregate: Aggregate[DeviceState]) -> Decision[DeviceState, None]:
        return Decision(result=None, **changes(resources, aggregate, devices.expire(aggregate.state, cutoff, now)))

    while resources.may_announce() and not resources.consumer_lags():
        keys = await resources.store.inactive_since(cutoff, limit=_BATCH)
        await asyncio.gather(*(resources.store.decide_device(key, decide) for key in keys))
        if len(keys) < _BATCH:
            return
