"""Events that the CloudEvents SDKs of Python and JavaScript write are accepted by our subscriber, if they are right."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from device_events import Event, KafkaConnection, Subscriber, catalog
from tests.integration.device_events.members import GROUP, QUICK, dead_letters
from tests.integration.interop.writing import WRITERS
from tests.support.polling import eventually

BY = [pytest.param("python"), pytest.param("javascript", marks=pytest.mark.apache_kafka)]


@asynccontextmanager
async def subscribed(connection: KafkaConnection) -> AsyncIterator[dict[str, Event]]:
    """What our subscriber hands to the handlers of all types, by id."""
    handled: dict[str, Event] = {}

    async def handle(event: Event) -> None:
        handled[event.id] = event

    handlers = dict.fromkeys(catalog.CATALOG, handle)
    subscriber = Subscriber(connection, group=GROUP, topics=[*catalog.TOPICS], handlers=handlers, limits=QUICK)
    running = asyncio.create_task(subscriber.run())
    try:
        yield handled
    finally:
        subscriber.stop()
        await running


@pytest.mark.parametrize("by", BY)
async def test_an_event_of_every_type_is_accepted(kafka: KafkaConnection, events: Sequence[Event], by: str) -> None:
    await WRITERS[by](kafka, events, "binary")
    async with subscribed(kafka) as handled:
        await eventually(lambda: len(handled) == len(events), within=60)
    assert handled == {event.id: event for event in events}
    assert await dead_letters(kafka) == []


@pytest.mark.parametrize("by", BY)
async def test_a_payload_out_of_its_schema_is_refused_by_name(
    kafka: KafkaConnection, events: Sequence[Event], by: str
) -> None:
    right = next(event for event in events if event.type == catalog.DEVICE_STATUS_CHANGED)
    wrong = replace(right, id="wrong", data={**right.data, "status": "GONE"})
    await WRITERS[by](kafka, [wrong, right], "binary")
    async with subscribed(kafka) as handled:
        await eventually(lambda: right.id in handled, within=60)
    assert list(handled) == [right.id]
    (letter,) = await dead_letters(kafka)
    assert b"status" in dict(letter.headers)["dead-letter-reason"]


@pytest.mark.parametrize("by", BY)
async def test_structured_mode_is_refused_and_told_so(kafka: KafkaConnection, events: Sequence[Event], by: str) -> None:
    await WRITERS[by](kafka, events[:1], "structured")
    await WRITERS[by](kafka, events[:1], "binary")
    async with subscribed(kafka) as handled:
        await eventually(lambda: handled, within=60)
    (letter,) = await dead_letters(kafka)
    assert b"binary mode" in dict(letter.headers)["dead-letter-reason"]
