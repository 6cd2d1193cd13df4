"""Where subscribe() begins, on a real broker: at the beginning, the end, a time or an offset."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from device_events import (
    BEGINNING,
    END,
    DeviceStatusChanged,
    KafkaConnection,
    Start,
    at,
    catalog,
    from_offsets,
    subscribe,
)
from tests.integration.device_events.statuses import QUICK, announce, reading, status
from tests.support.announced import records
from tests.support.polling import eventually

pytestmark = pytest.mark.apache_kafka
TYPES = [DeviceStatusChanged]
GROUP = "audit"


@pytest.mark.parametrize("group", [GROUP, None])
async def test_each_start_begins_where_it_says(kafka: KafkaConnection, group: str | None) -> None:
    # One device, so one partition.
    await announce(kafka, [status("a", 1), status("a", 2)])
    (last,) = (await records(kafka, [kafka.name(catalog.DEVICE_STATUS_TOPIC)]))[-1:]
    await eventually(lambda: time.time() * 1000 > last.timestamp + 20)
    between = datetime.now(UTC)
    await announce(kafka, [status("a", 3)])
    starts: dict[str, tuple[Start, list[str]]] = {
        "beginning": (BEGINNING, ["a-1", "a-2", "a-3", "a-4"]),
        "end": (END, ["a-4"]),
        "time": (at(between), ["a-3", "a-4"]),
        "offset": (from_offsets({(catalog.DEVICE_STATUS_TOPIC, last.partition): 1}), ["a-2", "a-3", "a-4"]),
        "beyond": (from_offsets({(catalog.DEVICE_STATUS_TOPIC, last.partition): 9_999}), ["a-4"]),
    }
    readers = {}
    async with asyncio.TaskGroup() as tasks:
        for name, (start, _) in starts.items():
            own = group and f"{group}-{name}"
            subscription = subscribe(kafka, group=own, types=TYPES, start=start, limits=QUICK)
            manager = reading(subscription)
            readers[name] = (manager, tasks.create_task(manager.__aenter__()))
    await announce(kafka, [status("a", 4)])
    for name, (manager, entered) in readers.items():
        assert await entered.result().has(len(starts[name][1])) == starts[name][1], name
        await manager.__aexit__(None, None, None)


async def test_a_group_that_began_at_the_end_has_begun_there_though_nothing_came(kafka: KafkaConnection) -> None:
    await announce(kafka, [status("a", 1)])
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, start=END, limits=QUICK)) as first:
        pass
    await announce(kafka, [status("a", 2)])
    async with reading(subscribe(kafka, group=GROUP, types=TYPES, start=END, limits=QUICK)) as second:
        assert (await second.has(1), first.ids) == (["a-2"], [])


@pytest.mark.parametrize("start", ["beginning", "end", "time", "offset"])
async def test_an_event_that_comes_between_the_questions_of_a_start_is_not_missed(
    kafka: KafkaConnection, start: str
) -> None:
    # Nothing is there yet, so whatever is asked first, what comes behind its answer is to be read.
    starts = {
        "beginning": BEGINNING,
        "end": END,
        "time": at(datetime.now(UTC) - timedelta(days=1)),
        "offset": from_offsets({(catalog.DEVICE_STATUS_TOPIC, 0): 9_999, (catalog.DEVICE_STATUS_TOPIC, 1): 9_999}),
    }
    asked: list[str] = []

    def interrupt(consumer: AIOKafkaConsumer, name: str) -> None:
        ask: Callable[..., Awaitable[Any]] = getattr(consumer, name)

        async def asking(*args: Any) -> Any:
            answer = await ask(*args)
            asked.append(name)
            if len(asked) == 1:
                await announce(kafka, [status(f"d{number}", 1) for number in range(8)])
            return answer

        setattr(consumer, name, asking)

    async with kafka.consumer(None) as consumer:
        for name in ("beginning_offsets", "end_offsets", "offsets_for_times"):
            interrupt(consumer, name)
        both = [TopicPartition(kafka.name(catalog.DEVICE_STATUS_TOPIC), number) for number in range(2)]
        found = await starts[start].offsets(consumer, both, kafka)
    assert asked
    assert len(await records(kafka, [kafka.name(catalog.DEVICE_STATUS_TOPIC)])) == 8
    assert found == dict.fromkeys(both, 0)
