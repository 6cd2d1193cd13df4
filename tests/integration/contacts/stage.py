"""What the tests of contacts say to the service, and what they look at afterwards."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.aggregates import AggregateStore
from contacts.api import RESOURCES
from contacts.settings import CatalogueSchema, Settings
from contacts.usecases import Resources
from device_events import Event, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.polling import eventually
from tests.support.services import Running, basic

DEMO, MEMBERS, ELSEWHERE, COUNTED = 3, 4, 5, 6
FIELDS = [
    {"id": 1, "name": "ReferanceAccountId", "type": "integer"},
    {"id": 2, "name": "Email"},
    {"id": 3, "name": "Mobile"},
    {"id": 4, "name": "FirstName", "default": "friend"},
    {"id": 5, "name": "a.$b.__proto__"},
]
EVENTS = ["SendWelcomeEmail", "SendEventInvite", "SendDeviceLostAlert"]
CATALOGUE = CatalogueSchema().load(
    {
        "runtimes": [{"name": "myruntime"}, {"name": "other"}],
        "contactLists": [
            {
                "id": DEMO,
                "name": "Demo",
                "runtime": "myruntime",
                "fields": FIELDS,
                "customEvents": EVENTS,
                "onStatus": {"LOST": ["SendDeviceLostAlert"], "STOLEN": ["SendDeviceLostAlert"]},
            },
            {
                "id": MEMBERS,
                "name": "Members",
                "runtime": "myruntime",
                "fields": FIELDS,
                "customEvents": EVENTS,
                "onRegistered": ["SendWelcomeEmail"],
                "onStatus": {"ACTIVE": ["SendEventInvite"], "EXPIRED": ["SendEventInvite"]},
            },
            {"id": ELSEWHERE, "name": "Elsewhere", "runtime": "other", "fields": FIELDS},
            {"id": COUNTED, "name": "Counted", "runtime": "other", "fields": FIELDS},
        ],
    }
)
WRITER, READER, STRANGER = "writer", "reader", "stranger"
ROLES = {
    WRITER: [f"contacts:write:{number}" for number in (DEMO, MEMBERS, ELSEWHERE, COUNTED)],
    READER: [f"contacts:read:{DEMO}"],
    STRANGER: ["contacts:write:33", "mfpadmin"],
}


def an_email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def a_device() -> str:
    return f"d-{uuid.uuid4().hex}"


@dataclass
class Stage:
    """The running service: calls to it, events for it, and what it announced and stored."""

    settings: Settings
    service: Running
    publisher: Publisher
    heard: list[Event] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # a publisher takes one round at a time

    @property
    def resources(self) -> Resources:
        return self.service.app[RESOURCES]

    @property
    def aggregates(self) -> AggregateStore:
        return self.resources.store._aggregates

    async def call(self, method: str, path: str, *, user: str | None = WRITER, **kwargs: Any) -> tuple[int, Any, Any]:
        headers = {**(basic(user) if user else {}), **kwargs.pop("headers", {})}
        return await self.service.request(method, path, headers=headers, **kwargs)

    async def try_to_register(
        self,
        values: dict[str, Any] | None = None,
        *,
        device: str | None = None,
        old: str | None = None,
        list_id: int = DEMO,
        method: str = "POST",
        contact_id: str | None = None,
        **params: str,
    ) -> tuple[int, Any]:
        """Call registerDevice as the writer; further arguments are parameters of the query."""
        contact = {"Values": values or {}, "EncContactId": contact_id, "ListId": list_id}
        body = {"ContactDTO": contact, "DeviceType": 1, "DeviceId": device, "OldDeviceId": old}
        path = f"/contactLists/{list_id}/registerDevice"
        status, answer, _ = await self.call(method, path, json=body, params=params)
        return status, answer

    async def register(self, values: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
        """The contact answered; the registration has to succeed."""
        status, answer = await self.try_to_register(values, **kwargs)
        assert status == 200, answer
        contact: dict[str, Any] = answer
        return contact

    async def mark(
        self, device: str, status: str, sequence: int, *, previous: str | None = "ACTIVE", id: str | None = None
    ) -> str:
        """Announce a device's status as device-admin does; returns the event's id."""
        data = {"runtime": "myruntime", "deviceId": device, "status": status, "reason": "operator"}
        event = Event(
            id=id or uuid.uuid4().hex,
            type=catalog.DEVICE_STATUS_CHANGED,
            source=catalog.DEVICE_ADMIN,
            subject=f"myruntime/{device}",
            time=datetime.now(UTC),
            sequence=sequence,
            deviceid=f"myruntime/{device}",
            data={**data, "previous": previous} if previous else data,
        )
        record = OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, *encode(event))
        async with self.turn:
            assert await self.publisher.publish([record]) == [True]
        return event.id

    async def applied(self, device: str, sequence: int) -> Event:
        """The word that a status has done everything here."""
        return await eventually(
            lambda: next((one for one in self.acknowledgements(device) if one.statussequence == sequence), None)
        )

    def acknowledgements(self, device: str) -> list[Event]:
        about = [one for one in self.heard if one.deviceid == f"myruntime/{device}"]
        return [one for one in about if one.type == catalog.DEVICE_STATUS_APPLIED]

    def about(self, contact: dict[str, Any], *types: str) -> list[Event]:
        """What was announced about a contact, as often as it came, in the order of its sequence."""
        found = [one for one in self.heard if one.data.get("contactId") == contact["EncContactId"]]
        return sorted((one for one in found if not types or one.type in types), key=lambda one: one.sequence)

    async def heard_of(self, contact: dict[str, Any], number: int, *types: str) -> list[Event]:
        """So many announcements about a contact, once they are there."""
        return await eventually(lambda: found if len(found := self.about(contact, *types)) >= number else None)

    def custom_events(self, contact: dict[str, Any]) -> list[tuple[str, str]]:
        """Name and cause of each custom event triggered for a contact."""
        triggered = self.about(contact, catalog.CUSTOM_EVENT_TRIGGERED)
        return [(one.data["customEvent"], one.data["cause"]) for one in triggered]

    async def state(self, contact: dict[str, Any]) -> dict[str, Any]:
        """A contact's document as it is stored."""
        _, contact_id = self.resources.contact_ids.open(contact["EncContactId"])
        found = await self.aggregates.read(f"contact:{contact['ListId']}:{contact_id}")
        assert found is not None
        assert found.state is not None
        return dict(found.state)

    async def devices(self, contact: dict[str, Any]) -> list[str]:
        return [one["id"] for one in (await self.state(contact))["devices"]]

    async def holders(self, device: str, list_id: int = DEMO) -> Sequence[str]:
        found = await self.aggregates.find({"state.device_keys": f"{list_id}:{device}"})
        return [one.id for one in found]
