"""Runners of custom-event handlers in this process, and the custom events they get."""

import asyncio
import importlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord

from device_events import Event, KafkaConnection, catalog
from device_events.envelope import encode
from device_events.handlers import Handlers
from device_events.handlers.mongodb import MongoSettings
from device_events.handlers.runner import Runner, find
from device_events.handlers.settings import RunnerSettings, Told, read_settings
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.announced import records
from tests.support.polling import eventually


def a_trigger(name: str, *, contact: str = "", id: str = "", **data: Any) -> Event:
    """A custom event that a contact triggered; without a `contact` each has one of its own."""
    return Event(
        id=id or uuid.uuid4().hex,
        type=catalog.CUSTOM_EVENT_TRIGGERED,
        source=catalog.CONTACTS,
        subject=f"contact:3:{contact or uuid.uuid4().hex}",
        time=datetime.now(UTC),
        sequence=1,
        data={
            "runtime": "myruntime",
            "listId": 3,
            "contactId": "enc",
            "customEvent": name,
            "cause": "call",
            "values": {"Email": "jane@example.com", "FirstName": "Jane"},
            **data,
        },
    )


async def trigger(kafka: KafkaConnection, *events: Event, topic: str = catalog.CUSTOM_EVENTS_TOPIC) -> None:
    """Announce them, in their order."""
    publisher = Publisher(kafka)
    assert all(await publisher.publish([OutgoingRecord(topic, *encode(event)) for event in events]))
    await publisher.stop()


@asynccontextmanager
async def running(
    handlers: Handlers[Any], kafka: KafkaConnection, group: str, mongodb: MongoSettings | None = None
) -> AsyncIterator[Runner]:
    """A runner that is ready, stopped gracefully at the end."""
    runner = Runner(handlers, Told(RunnerSettings(), kafka, mongodb), group)
    working = asyncio.create_task(runner.work())
    try:
        await eventually(lambda: not runner.health.blockers or working.done(), within=30)
        if working.done():
            await working
        yield runner
    finally:
        await runner.stop(working)
        await runner.close()


async def dead_letters(kafka: KafkaConnection, group: str) -> Sequence[Mapping[str, str]]:
    """The headers of what the group has given up."""
    found: list[ConsumerRecord[bytes, bytes]] = await records(kafka, [kafka.name(catalog.dead_letter_topic(group))])
    return [{name: value.decode() for name, value in record.headers} for record in found]


def port_told(module: str) -> int:
    """The port that a deployable's settings, read from the environment, have. Raises SettingsError."""
    if module == "email_handlers":
        return read_settings(find("email_handlers.handlers")).runner.port
    port: int = importlib.import_module(f"{module}.settings").Settings.from_env().port
    return port
