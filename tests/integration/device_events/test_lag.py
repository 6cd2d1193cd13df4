"""The lag counts each record until it is settled, at every moment of its way from the broker to its handler."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition

from device_events import DeviceStatusChanged, Event, KafkaConnection, SeenStore, Subscriber, Subscription, subscribe
from device_events.seen_store import Name
from tests.integration.device_events.members import Member, event, member, publish
from tests.integration.device_events.statuses import QUICK, Reader, announce, reading, status
from tests.support.polling import eventually

DEVICES = 40


class Gate:
    """Lets a member fetch nothing before it is asked where it stands; that is told when its handlers have begun."""

    def __init__(self, patch: pytest.MonkeyPatch, one: Member, until: int) -> None:
        consumer: Any = one.subscriber._consumer
        self._getmany, self._position = consumer.getmany, consumer.position
        self._one, self._until = one, until
        self.open = asyncio.Event()
        self.closed = asyncio.Event()
        patch.setattr(consumer, "getmany", self._fetch)
        patch.setattr(consumer, "position", self._ask)

    async def _fetch(self, *partitions: TopicPartition, **options: Any) -> Any:
        self.closed.set()
        await self.open.wait()
        return await self._getmany(*partitions, **options)

    async def _ask(self, partition: TopicPartition) -> Any:
        self.open.set()
        await eventually(lambda: len(self._one.begun) >= self._until)
        return await self._position(partition)


async def has_partitions(one: Member) -> bool:
    return await one.subscriber.lag() is not None


@pytest.mark.parametrize("before", [0, 1], ids=["the first", "later ones"])
async def test_records_that_come_while_the_lag_is_asked_for_are_counted(
    kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    held = asyncio.Event()

    async def hold_the_last(handled: Event) -> None:
        if handled.sequence > before:
            await held.wait()

    def batch(number: int) -> list[Event]:
        return [event(f"k{key}", number) for key in range(DEVICES)]

    async with member(kafka, hold_the_last) as one:
        await eventually(lambda: has_partitions(one), within=30)
        if before:
            await publish(kafka, batch(1))
        await one.has_handled(before * DEVICES)
        gate = Gate(monkeypatch, one, (before + 1) * DEVICES)
        await gate.closed.wait()
        await publish(kafka, batch(before + 1))
        assert await one.subscriber.lag() == DEVICES
        gate.open.set()
        held.set()
        await one.has_handled((before + 1) * DEVICES)
        assert await one.subscriber.lag() == 0


class SlowStore(SeenStore):
    """Knows nothing, and says so only when it is let."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def load(self, group: str, names: Collection[Name]) -> Mapping[Name, int]:
        """Nothing, some time."""
        self.asked.set()
        await self.answer.wait()
        return {}

    async def save(self, group: str, sequences: Mapping[Name, int]) -> None:
        """Not for this test."""


def subscriber_of(reader: Reader) -> Subscriber:
    assert reader.subscription._subscriber is not None
    return reader.subscription._subscriber


def slow(kafka: KafkaConnection, store: SlowStore) -> Subscription[DeviceStatusChanged]:
    return subscribe(kafka, group="audit", types=[DeviceStatusChanged], store=store, limits=QUICK)


async def test_records_that_wait_for_the_store_are_counted(kafka: KafkaConnection) -> None:
    await announce(kafka, [status(f"d{number}", 1) for number in range(DEVICES)])
    store = SlowStore()
    async with reading(slow(kafka, store)) as reader:
        await store.asked.wait()
        assert await subscriber_of(reader).lag() == DEVICES
        store.answer.set()
        await reader.has(DEVICES)
        await eventually(lambda: has_no_lag(reader))


async def has_no_lag(reader: Reader) -> bool:
    return await subscriber_of(reader).lag() == 0


async def test_records_that_wait_for_the_store_when_their_partition_goes_are_left_to_its_new_owner(
    kafka: KafkaConnection,
) -> None:
    await announce(kafka, [status(f"d{number}", 1) for number in range(DEVICES)])
    store, quick = SlowStore(), SlowStore()
    quick.answer.set()
    async with reading(slow(kafka, store)) as first:
        await store.asked.wait()
        async with reading(slow(kafka, quick)) as second:
            await eventually(lambda: second.events, within=40)
            store.answer.set()
            await eventually(lambda: has_no_lag(first), within=30)
            await eventually(lambda: has_no_lag(second), within=30)
            assert sorted([*first.ids, *second.ids]) == sorted(f"d{number}-1" for number in range(DEVICES))
            assert first.events
