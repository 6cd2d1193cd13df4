"""Reads and writes the devices of push-registry; nobody else touches its collection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pymongo import ASCENDING, IndexModel

from chassis.aggregates import AggregateStore, KeyConflict
from chassis.decisions import Aggregate, Decision
from push_registry.model import Device, DeviceState

R = TypeVar("R")
_KEYS = "state.token_keys"
_APPLICATION = "state.registrations.application"

INDEXES: Sequence[IndexModel] = (
    # One live registration a token and application. Sparse: a device without tokens holds no key.
    IndexModel([(_KEYS, ASCENDING)], name="token_keys", unique=True, sparse=True),
    IndexModel([(_APPLICATION, ASCENDING), ("_id", ASCENDING)], name="application_devices"),
)


class TokenTaken(Exception):
    """Another device holds the token key; `holder` is that device, None if it has just let go."""

    def __init__(self, key: str, holder: Device | None) -> None:
        super().__init__("the token belongs to another device")
        self.key = key
        self.holder = holder


@dataclass(frozen=True, slots=True)
class Store:
    """The devices, one document each."""

    aggregates: AggregateStore

    def now(self) -> datetime:
        """The time by the database's clock."""
        return self.aggregates.clock.now()

    async def change(self, device: Device, decide: Callable[[Aggregate[DeviceState]], Decision[DeviceState, R]]) -> R:
        """Write what is decided on the device. Raises TokenTaken besides what the decision raises."""
        try:
            return await self.aggregates.execute(device.key, decide)
        except KeyConflict as conflict:
            key = str(next(iter(conflict.key.values()), ""))
            raise TokenTaken(key, await self._holder(key)) from conflict

    async def read(self, device: Device) -> DeviceState | None:
        """The device's state, or None."""
        found = await self.aggregates.read(device.key)
        return found.state if found else None

    async def page(
        self, application: str, *, user_id: str | None, platforms: Sequence[frozenset[str]], offset: int, size: int
    ) -> tuple[list[DeviceState], int]:
        """A page of the devices registered with the application, by id, and how many match in all."""
        wanted: dict[str, Any] = {"application": application}
        if user_id is not None:
            wanted["user_id"] = user_id
        if platforms:
            wanted["platform"] = {"$in": sorted(frozenset.intersection(*platforms))}
        filter = {_APPLICATION: application, "state.registrations": {"$elemMatch": wanted}}
        found = await self.aggregates.find(filter, sort=[("_id", ASCENDING)], skip=offset, limit=size)
        return [one.existing for one in found], await self.aggregates.count(filter)

    async def _holder(self, key: str) -> Device | None:
        found = await self.aggregates.find({_KEYS: key}, limit=1)
        return Device(found[0].existing["runtime"], found[0].existing["device_id"]) if found else None
