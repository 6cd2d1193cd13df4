"""What the tests say to device-admin, over HTTP, over Kafka, and to its use cases where time has to pass."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yarl import URL

from device_admin import api
from device_admin.model.device import Sighting
from device_admin.usecases import Resources, learn
from device_events import Event, KafkaConnection, catalog
from device_events.envelope import decode, encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.services import Running, basic

BASE = "/mfpadmin/management-apis/2.0/runtimes"


@dataclass(frozen=True)
class Admin:
    """One replica."""

    service: Running

    @property
    def resources(self) -> Resources:
        """What its use cases work with."""
        return self.service.app[api.RESOURCES]

    def exactly(self, path: str) -> Any:
        """The address of a path as it is, its percent-encoding untouched."""
        return URL(self.service.url + path, encoded=True)

    async def get(self, path: str, *, user: str = "admin", **params: Any) -> Any:
        """The body of a successful GET below the runtimes."""
        status, body, _ = await self.service.request("GET", f"{BASE}/{path}", headers=basic(user), params=params)
        assert status == 200, body
        return body

    async def change(self, runtime: str, device_id: str, status: str, **params: Any) -> Any:
        """The answer to a successful status change."""
        code, body, _ = await self.service.request(
            "PUT",
            f"{BASE}/{runtime}/devices/{device_id}",
            headers=basic("admin"),
            params=params,
            json={"status": status},
        )
        assert code == 200, body
        return body

    async def transaction(self, runtime: str, id: int) -> Any:
        """One transaction."""
        return await self.get(f"{runtime}/transactions/{id}")

    async def devices(self, runtime: str) -> dict[str, Any]:
        """The devices of a runtime by id."""
        page = await self.get(f"{runtime}/devices")
        return {device["id"]: device for device in page["items"]}

    async def know(self, runtime: str, *device_ids: str, time: datetime | None = None, user: str | None = None) -> None:
        """Have it know these devices, as if each had registered with one application at that time."""
        for device_id in device_ids:
            await learn(
                self.resources,
                Sighting(
                    runtime=runtime,
                    device_id=device_id,
                    source=catalog.PUSH_REGISTRY,
                    subject=f"{runtime}/{device_id}",
                    sequence=1,
                    time=time or self.resources.now(),
                    contact=True,
                    application="myapp",
                    user=user,
                ),
            )


def an_event(type_: str, runtime: str, device_id: str, *, sequence: int, time: datetime, **more: Any) -> Event:
    """An event of another service about a device; whatever is no attribute of an event goes into its payload."""
    attributes = {name: more.pop(name) for name in ("causationid", "statussequence", "source") if name in more}
    source = attributes.pop("source", None) or next(iter(catalog.CATALOG[type_].topics))
    key = f"{runtime}/{device_id}"
    data = {"runtime": runtime, "deviceId": device_id, **more}
    return Event(
        id=uuid.uuid4().hex,
        type=type_,
        source=source,
        subject=key,
        time=time,
        sequence=sequence,
        data=data,
        deviceid=key,
        **attributes,
    )


async def publish(kafka: KafkaConnection, *events: Event) -> None:
    """Put these events on their topics, as their services would."""
    publisher = Publisher(kafka)
    records = []
    for event in events:
        key, value, headers = encode(event)
        records.append(OutgoingRecord(catalog.topic_for(event.type, event.source), key, value, headers))
    assert all(await publisher.publish(records))
    await publisher.stop()


@asynccontextmanager
async def status_changes(kafka: KafkaConnection) -> AsyncIterator["StatusChanges"]:
    """What is announced from the topic's beginning."""
    consumer = kafka.consumer(None)
    consumer.subscribe(topics=[kafka.name(catalog.DEVICE_STATUS_TOPIC)])
    await consumer.start()
    try:
        yield StatusChanges(consumer)
    finally:
        await consumer.stop()


class StatusChanges:
    """Reads the announcements, and sorts them by device."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._events: dict[str, Event] = {}

    async def of(self, runtime: str, device_id: str) -> list[Event]:
        """Those of one device so far, in their order, repeats dropped."""
        for records in (await self._consumer.getmany(timeout_ms=50)).values():
            for record in records:
                event = decode(record.key, record.value, record.headers)
                self._events[event.id] = event
        own = [event for event in self._events.values() if event.deviceid == f"{runtime}/{device_id}"]
        return sorted(own, key=lambda event: event.sequence)
