"""A fleet of devices on a running stack: registered everywhere, given statuses, and audited afterwards."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.local.demo.calls import Answer, Calls, Surprise
from deploy.local.demo.device import ADMIN, Device
from device_events import Event
from device_events.statuses import BLOCKING
from tests.support.polling import eventually

STATUSES = ("ACTIVE", "LOST", "STOLEN", "DISABLED", "EXPIRED")
AT_ONCE = 16
RETRY_FOR = 60.0


@dataclass
class Fleet:
    """Devices and the statuses that were acknowledged for each, in order."""

    calls: Calls
    devices: Sequence[Device]
    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def register(self) -> None:
        """Every device in all four services; device-admin knows it in the end."""
        await asyncio.gather(*(self._register(device) for device in self.devices))
        ours = {device.id for device in self.devices}

        async def known() -> bool:
            listed: set[str] = set()
            bookmark = ""
            while True:
                path = f"{ADMIN}/devices?pageSize=500{bookmark}"
                answer = await self.calls.call("device-admin", "GET", path, self.calls.basic("monitor"))
                page = answer.require(200).data
                listed |= {item["id"] for item in page["items"]}
                if not page.get("nextPageBookmark"):
                    return ours <= listed
                bookmark = f"&bookmark={page['nextPageBookmark']}"

        await eventually(known, within=60, every=0.2)

    async def change_statuses(self, changes: int, seed: int, halfway: asyncio.Event) -> None:
        """So many status changes, each asked for until it is acknowledged; `halfway` is set in the middle."""
        chance = random.Random(seed)
        each = changes // len(self.devices)
        plans = {device.id: chance.choices(STATUSES, k=each) for device in self.devices}
        done = Counter[str]()

        async def follow(device: Device) -> None:
            for status in plans[device.id]:
                async with self._turn:
                    await self._until_acknowledged(device, status)
                done["acknowledged"] += 1
                if done["acknowledged"] >= changes // 2:
                    halfway.set()

        await asyncio.gather(*(follow(device) for device in self.devices))

    def shut_out(self, device: Device) -> bool:
        """Whether its last status shuts it out."""
        return self.acknowledged[device.id][-1] in BLOCKING

    def lost_its_token(self, device: Device) -> bool:
        """Whether any status of its has taken its token; it never registered another."""
        return bool(BLOCKING & set(self.acknowledged[device.id]))

    async def _register(self, device: Device) -> None:
        async with self._turn:
            (await device.register_for_push()).require(201)
            (await device.sign_up()).require(200)
            (await device.register_mobile_client()).require(200, 201)

    async def _until_acknowledged(self, device: Device, status: str) -> None:
        async def attempt() -> bool:
            try:
                answer = await self._change(device, status)
            except Surprise:
                return False  # the service is being killed; nothing was acknowledged
            if answer.status >= 500:
                return False
            return bool(answer.require(200).data["ok"])

        await eventually(attempt, within=RETRY_FOR, every=0.1)
        self.acknowledged.setdefault(device.id, []).append(status)

    async def _change(self, device: Device, status: str) -> Answer:
        path = f"{ADMIN}/devices/{device.id}"
        who = self.calls.basic("operator")
        return await self.calls.call("device-admin", "PUT", path, who, body={"status": status})


def distinct(events: Sequence[Event], type_: str, devices: set[str]) -> list[Event]:
    """The events of a type about these devices, each id once: a repeated delivery is no repeated effect."""
    found = {event.id: event for event in events if event.type == type_ and _device_of(event) in devices}
    return list(found.values())


def per_device(events: Sequence[Event]) -> Mapping[str, int]:
    """How many of them are about each device."""
    return Counter(_device_of(event) for event in events)


def _device_of(event: Event) -> str:
    device: Any = event.data.get("deviceId") or ""
    return str(device)
