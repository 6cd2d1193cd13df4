"""subscribe() on a real broker: where it begins, what it lets through, and when an event counts as seen."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition

from device_events import (
    EVERY,
    DeviceEvent,
    DeviceStatus,
    DeviceStatusChanged,
    KafkaConnection,
    PushRegistered,
    PushUpdated,
    Rejected,
    TypedPayload,
    at,
    catalog,
    from_offsets,
    subscribe,
)
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord
from tests.integration.device_events.members import publish
from tests.integration.device_events.statuses import QUICK, announce, reading, status
from tests.support.announced import records
from tests.support.polling import eventually
from tests.unit.device_events.examples import example

pytestmark = pytest.mark.apache_kafka
TYPES = [DeviceStatusChanged]
GROUP = "audit"


async def committed(kafka: KafkaConnection, group: str = GROUP) -> int:
    """How many records of the status topic the group has committed."""
    consumer = kafka.consumer(kafka.name(group))
    await consumer.start()
    try:
        topic = kafka.name(catalog.DEVICE_STATUS_TOPIC)
        return sum([await consumer.committed(TopicPartition(topic, number)) or 0 for number in range(2)])
    finally:
        await consumer.stop()


async def test_an_event_has_attributes_and_its_group_goes_on_where_it_was(kafka: KafkaConnection) -> None:
    await announce(kafka, [status("a", 1)])
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK)) as first:
        await first.has(1)
        await announce(kafka, [status("a", 2, "ACTIVE")])
        await first.has(2)
    event = first.events[0]
    assert (event.data.device_id, event.data.status, event.data.previous) == ("a", DeviceStatus.LOST, None)
    assert (event.id, event.subject, event.deviceid, event.sequence) == ("a-1", "r/a", "r/a", 1)
    assert (event.source, event.topic) == (catalog.DEVICE_ADMIN, catalog.DEVICE_STATUS_TOPIC)
    assert abs(datetime.now(UTC) - event.time) < timedelta(minutes=1)
    assert "LOST" not in repr(event)
    assert await committed(kafka) == 2
    await announce(kafka, [status("a", 3)])
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK)) as second:
        assert await second.has(1) == ["a-3"]


async def test_latest_drops_repeats_and_stale_events_and_every_only_repeats(kafka: KafkaConnection) -> None:
    sent = [status("a", 1), status("a", 3), status("a", 3), status("a", 2), status("b", 1), status("a", 2)]
    await announce(kafka, [*sent, status("a", 4), status("b", 2)])
    async with (
        reading(subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK)) as latest,
        reading(subscribe(kafka, group="each", types=TYPES, delivery=EVERY, limits=QUICK)) as every,
    ):
        await latest.counted(handled=5, repeated=1, stale=2)
        await every.counted(handled=6, repeated=2, stale=0)
    assert [id for id in latest.ids if id[0] == "a"] == ["a-1", "a-3", "a-4"]
    assert [id for id in every.ids if id[0] == "a"] == ["a-1", "a-3", "a-2", "a-4"]
    assert [event.sequence for event in every.events if event.deviceid == "r/a"] == [1, 3, 2, 4]
    assert await committed(kafka) == await committed(kafka, "each") == 8


async def test_filters_by_type_runtime_and_application(kafka: KafkaConnection) -> None:
    registered, updated = example(catalog.PUSH_REGISTERED), example(catalog.PUSH_UPDATED, id="other", sequence=13)
    elsewhere = example(catalog.PUSH_REGISTERED, id="elsewhere", subject="r2/d", deviceid="r2/d")
    elsewhere = replace(elsewhere, data={**elsewhere.data, "runtime": "r2", "applicationId": "second"})
    mobile = example(catalog.MOBILE_CLIENT_REGISTERED, id="mobile", subject="b/x")
    await announce(kafka, [registered, updated, elsewhere, mobile, status("a", 1), status("b", 1, runtime="r2")])

    async def found(types: list[type[TypedPayload]], name: str, **filters: Any) -> list[str]:
        async with reading(subscribe(kafka, group=name, types=types, limits=QUICK, **filters)) as reader:
            await eventually(lambda: sum(reader.subscription.counts.values()) >= 3, within=30)
            if not types:
                await eventually(lambda: sum(reader.subscription.counts.values()) == 6, within=30)
        return sorted(reader.ids)

    assert await found([PushRegistered], "one") == ["0a1b-1", "elsewhere"]
    assert await found([PushRegistered, PushUpdated], "two", runtimes=["r2"]) == ["elsewhere"]
    assert await found([], "three", runtimes=["r2", "r"]) == ["a-1", "b-1", "elsewhere"]
    assert await found([], "four", applications=["my.app.id", "second"]) == ["elsewhere", "mobile"]
    assert await found([], "five") == ["0a1b-1", "a-1", "b-1", "elsewhere", "mobile", "other"]


async def test_a_type_of_tomorrow_is_skipped_and_counted(kafka: KafkaConnection) -> None:
    key, value, headers = encode(status("a", 1))
    tomorrow = [(name, b"rollcall.device.moved.v1" if name == "ce_type" else old) for name, old in headers]
    await publish(kafka, [OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, key, value, tomorrow)])
    await announce(kafka, [status("a", 2)])
    async with reading(subscribe(kafka, group=GROUP, limits=QUICK)) as reader:
        assert await reader.has(1) == ["a-2"]
        await reader.counted(unknown=1, skipped=0, handled=1)
    assert await committed(kafka) == 2


async def test_an_event_counts_as_seen_only_after_its_handler_succeeded(kafka: KafkaConnection) -> None:
    subscription = subscribe(kafka, group=GROUP, limits=QUICK)
    tries: list[int] = []
    broken = True

    @subscription.on(DeviceStatusChanged)
    async def fail(event: DeviceEvent[DeviceStatusChanged]) -> None:
        tries.append(event.sequence)
        if broken:
            raise LookupError

    await announce(kafka, [status("a", 1), status("a", 1), status("a", 2)])
    running = asyncio.create_task(subscription.run())
    await eventually(lambda: len(tries) >= 3, within=30)
    assert set(tries) == {1}
    assert await committed(kafka) == 0
    subscription.stop()
    await running
    assert subscription.counts["handled"] == 0
    broken = False
    again = subscribe(kafka, group=GROUP, limits=QUICK)
    again.on(DeviceStatusChanged)(fail)
    tries.clear()
    running = asyncio.create_task(again.run())
    await eventually(lambda: again.counts["handled"] == 2 and again.counts["repeated"] == 1, within=30)
    again.stop()
    await running
    assert tries == [1, 2]
    assert await committed(kafka) == 3


async def test_a_loop_that_is_left_keeps_what_it_had_in_hand_for_the_next_start(kafka: KafkaConnection) -> None:
    await announce(kafka, [status("a", 1), status("a", 2), status("a", 3)])
    async with subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK) as events:
        async for event in events:
            if event.sequence == 2:
                break

    async def fail() -> None:
        async for event in subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK):
            assert event.sequence == 2
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK)) as reader:
        assert await reader.has(2) == ["a-2", "a-3"]


async def test_an_event_at_fault_is_dead_lettered_or_raised_as_asked(kafka: KafkaConnection) -> None:
    key, _, headers = encode(status("a", 1))
    await publish(kafka, [OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, key, b'{"runtime": "r"}', headers)])
    await announce(kafka, [status("a", 2)])
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, limits=QUICK)) as reader:
        assert await reader.has(1) == ["a-2"]
        await reader.counted(dead_lettered=1)
    (letter,) = await records(kafka, [kafka.name(catalog.dead_letter_topic(GROUP))])
    assert letter.value == b'{"runtime": "r"}'

    async def loop() -> None:
        async for _ in subscribe(kafka, types=TYPES, limits=QUICK):
            pass

    with pytest.raises(Rejected, match="breaks"):
        await loop()
    subscription = subscribe(kafka, group="strict", dead_letters=False, limits=QUICK)

    @subscription.on(DeviceStatusChanged)
    async def look(event: DeviceEvent[DeviceStatusChanged]) -> None:
        assert event.data.status

    async with asyncio.timeout(30):
        with pytest.raises(Rejected, match="breaks"):
            await subscription.run()
    assert await committed(kafka, "strict") == 0


async def test_two_members_share_the_devices_and_lose_nothing_when_one_leaves(kafka: KafkaConnection) -> None:
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, delivery=EVERY, limits=QUICK)) as first:
        await announce(kafka, [status(f"d{n}", 1) for n in range(40)])
        await first.has(40)
        async with reading(subscribe(kafka, group=GROUP, types=TYPES, delivery=EVERY, limits=QUICK)) as second:
            sequence = 1

            async def both() -> bool:
                nonlocal sequence
                sequence += 1
                await announce(kafka, [status(f"d{n}", sequence) for n in range(40)])
                return bool(second.events)

            await eventually(both, within=30, every=0.5)
            await eventually(lambda: len({*first.ids, *second.ids}) == 40 * sequence, within=30)
        await announce(kafka, [status(f"d{n}", sequence + 1) for n in range(40)])
        await eventually(lambda: len({*first.ids, *second.ids}) == 40 * (sequence + 1), within=30)
    assert len(first.ids) + len(second.ids) == 40 * (sequence + 1)
    for device in range(40):
        for reader in (first, second):
            own = [event.sequence for event in reader.events if event.subject == f"r/d{device}"]
            assert own == sorted(own)


async def test_what_cannot_be_right_is_refused_before_anything_is_read(kafka: KafkaConnection) -> None:
    with pytest.raises(ValueError, match="group"):
        subscribe(kafka, dead_letters=True)
    with pytest.raises(ValueError, match="runtimes"):
        subscribe(kafka, runtimes="myruntime")
    with pytest.raises(ValueError, match="payload"):
        subscribe(kafka, types=[TypedPayload])
    with pytest.raises(ValueError, match="zone"):
        at(datetime.now())
    with pytest.raises(ValueError, match="offset"):
        from_offsets({(catalog.DEVICE_STATUS_TOPIC, 0): -1})
    subscription = subscribe(kafka, group=GROUP)
    with pytest.raises(RuntimeError, match="handlers"):
        await subscription.run()
    subscription.on(DeviceStatusChanged)(_nothing)
    with pytest.raises(ValueError, match="already"):
        subscription.on(DeviceStatusChanged)(_nothing)
    with pytest.raises(ValueError, match="without a group"):
        await anext(subscription.current())


async def _nothing(_: DeviceEvent[DeviceStatusChanged]) -> None:
    """A handler with nothing to do."""
