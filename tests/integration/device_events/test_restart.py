"""What a new start knows: the repeat filter's memory from a store, and the current state from the compacted topic."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from device_events import (
    EVERY,
    LATEST,
    Delivery,
    DeviceEvent,
    DeviceStatusChanged,
    KafkaConnection,
    PushRegistered,
    SeenStore,
    TypedPayload,
    catalog,
    subscribe,
)
from device_events.mongodb_store import MongoDBSeenStore
from device_events.seen_store import Name
from tests.integration.device_events.statuses import QUICK, announce, reading, status
from tests.support.polling import eventually
from tests.unit.device_events.examples import example

pytestmark = pytest.mark.apache_kafka
GROUP = "audit"
TYPES = [DeviceStatusChanged]
DEVICES = 20_000
EVENTS = 100_000


@pytest.mark.parametrize(
    ("delivery", "with_store", "again"),
    [
        (LATEST, True, ["a-5", "b-2"]),
        # It knows nothing of the run before; that a-3 is behind a-4 it sees from the repeat of a-4.
        (LATEST, False, ["a-4", "a-5", "b-1", "b-2"]),
        (EVERY, True, ["a-3", "a-5", "b-2"]),
        (EVERY, False, ["a-3", "a-4", "a-5", "b-1", "b-2"]),
    ],
)
async def test_repeats_and_stale_events_after_a_restart_are_dropped_only_with_a_store(
    kafka: KafkaConnection, mongodb_uri: str, delivery: Delivery, with_store: bool, again: list[str]
) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        collection = client[f"seen_{kafka.topic_prefix.rstrip('.')}"]["seen"]
        store = MongoDBSeenStore(collection) if with_store else None
        await announce(kafka, [status("a", 4), status("b", 1)])
        first = subscribe(kafka, group=GROUP, types=TYPES, delivery=delivery, store=store, limits=QUICK)
        async with reading(first) as reader:
            await reader.has(2)
        await announce(kafka, [status("a", 4), status("a", 3), status("a", 5), status("b", 1), status("b", 2)])
        second = subscribe(kafka, group=GROUP, types=TYPES, delivery=delivery, store=store, limits=QUICK)
        async with reading(second) as reader:
            await eventually(lambda: sum(second.counts.values()) == 5, within=30)
            assert sorted(reader.ids) == again
        # Another group has a memory of its own.
        third = subscribe(kafka, group="other", types=TYPES, delivery=EVERY, store=store, limits=QUICK)
        async with reading(third) as reader:
            await reader.has(5)
        await client.drop_database(collection.database.name)


class Failing(SeenStore):
    """A store in memory that is away for a while."""

    def __init__(self) -> None:
        self.kept: dict[Name, int] = {}
        self.away = True
        self.refused = 0

    async def load(self, group: str, names: Any) -> Mapping[Name, int]:
        """What is kept."""
        return {name: self.kept[name] for name in names if name in self.kept}

    async def save(self, group: str, sequences: Mapping[Name, int]) -> None:
        """Keep it."""
        if self.away:
            self.refused += 1
            raise ConnectionError
        self.kept |= sequences


async def test_no_offset_is_committed_before_the_store_has_kept_what_was_handled(kafka: KafkaConnection) -> None:
    store = Failing()
    await announce(kafka, [status("a", 1), status("b", 1)])
    subscription = subscribe(kafka, group=GROUP, types=TYPES, store=store, limits=QUICK)
    async with reading(subscription) as reader:
        await reader.has(2)
        await eventually(lambda: store.refused > 2, within=30)
        assert subscription._subscriber
        windows = subscription._subscriber._windows.values()
        assert all(window.to_commit() is not None for window in windows)
        store.away = False
        await eventually(lambda: all(window.to_commit() is None for window in windows), within=30)
    assert sorted(store.kept.values()) == [1, 1]


@pytest.mark.timeout(240)
async def test_100_000_events_and_what_follows_come_to_a_new_reader_and_a_new_group(kafka: KafkaConnection) -> None:
    sequences = EVENTS // DEVICES
    sent = [(n, sequence) for sequence in range(1, sequences + 1) for n in range(DEVICES)]
    await announce(kafka, (status(f"d{n}", sequence) for n, sequence in sent))
    # Some of the last come once more, and some earlier ones behind them, as from a sweeper.
    await announce(kafka, (status(f"d{n}", sequences - n % 2) for n in range(100)))
    stop, rounds = asyncio.Event(), 0

    async def live() -> None:
        nonlocal rounds
        while not stop.is_set():
            await announce(kafka, (status(f"d{n}", sequences + 1 + rounds) for n in range(10)))
            rounds += 1

    handled: list[tuple[str, int]] = []
    members = subscribe(kafka, group=GROUP)

    @members.on(DeviceStatusChanged)
    async def keep(event: DeviceEvent[DeviceStatusChanged]) -> None:
        handled.append((event.subject, event.sequence))

    announcing, running = asyncio.create_task(live()), asyncio.create_task(members.run())
    await eventually(lambda: rounds > 2, within=30)
    alone = subscribe(kafka, types=TYPES)
    state = {event.data.device_id: event.sequence async for event in alone.current()}
    assert len(state) == DEVICES
    assert {state[f"d{n}"] for n in range(10, DEVICES)} == {sequences}
    assert min(state[f"d{n}"] for n in range(10)) > sequences
    async with reading(alone) as reader:
        await eventually(lambda: len(reader.events) > 50, within=60)
        stop.set()
        await announcing
        last = sequences + rounds
        await eventually(lambda: len([one for one in reader.events if one.sequence == last]) == 10, within=60)
    for n in range(10):
        told = [event.sequence for event in reader.events if event.subject == f"r/d{n}"]
        assert told == list(range(state[f"d{n}"] + 1, last + 1))
    assert len(reader.events) == sum(last - state[f"d{n}"] for n in range(10))
    everything = EVENTS + 10 * rounds
    await eventually(lambda: len(handled) >= everything, within=120)
    members.stop()
    await running
    assert len(handled) == everything
    assert set(handled) == {
        *((f"r/d{n}", sequence) for n, sequence in sent),
        *((f"r/d{n}", sequence) for n in range(10) for sequence in range(sequences + 1, last + 1)),
    }


async def test_after_the_current_state_other_topics_begin_where_asked(kafka: KafkaConnection) -> None:
    await announce(kafka, [status("a", 1), example(catalog.PUSH_REGISTERED)])
    both: list[type[TypedPayload]] = [DeviceStatusChanged, PushRegistered]
    subscription = subscribe(kafka, types=both, runtimes=["r", "myruntime"])
    assert [event.id async for event in subscription.current()] == ["a-1"]
    async with reading(subscription) as reader:
        await announce(kafka, [status("a", 2)])
        assert sorted(await reader.has(2)) == ["0a1b-1", "a-2"]
