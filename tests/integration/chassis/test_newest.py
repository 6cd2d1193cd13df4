"""A compacted topic always ends with the newest event of each subject, in whatever order replicas publish."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest_asyncio

from chassis.relay import Addressed
from device_events import Event, KafkaConnection, catalog
from device_events.publisher import OutgoingRecord
from tests.integration.chassis.marking import mark
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.replicas import Replica, replica

Pair = tuple[Replica, Replica]


@pytest_asyncio.fixture
async def pair(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> AsyncIterator[Pair]:
    """Two replicas whose relays publish only when told, so that the order is the test's."""
    async with (
        replica(mongodb_uri, database_name, kafka, relaying=False, keep_latest=True) as first,
        replica(mongodb_uri, database_name, kafka, relaying=False, keep_latest=True) as second,
    ):
        yield first, second


async def sequences(kafka: KafkaConnection) -> list[int]:
    return [event.sequence for event in await events(kafka)]


async def events(kafka: KafkaConnection) -> list[Event]:
    return await announced(kafka, catalog.DEVICE_STATUS_TOPIC)


async def entries(one: Replica) -> list[Addressed]:
    return [Addressed("r/a", entry) for entry in await one.pending()]


async def eventually_pending(one: Replica, expected: list[int]) -> None:
    """Removals are acknowledged by the primary alone, so a majority may hear of them a moment later."""

    async def pending() -> bool:
        return [entry["sequence"] for entry in await one.pending()] == expected

    await eventually(pending, within=60)


async def emptied(one: Replica) -> None:
    await eventually_pending(one, [])


async def test_the_newest_is_announced_again_after_an_older_one_came_late(pair: Pair, kafka: KafkaConnection) -> None:
    first, second = pair
    await first.store.execute("r/a", mark(1))
    (older,) = await entries(first)
    await second.store.execute("r/a", mark(2))
    newer = (await entries(second))[1]
    assert await second.relay.deliver([newer])
    assert await first.relay.deliver([older])
    assert (await sequences(kafka))[-1] == 2
    await emptied(first)
    newest = (await events(kafka))[-1]
    assert newest.id == newer.entry["id"]


async def test_an_entry_stays_while_the_document_has_a_newer_one_that_is_not_out(
    pair: Pair, kafka: KafkaConnection
) -> None:
    first, second = pair
    await first.store.execute("r/a", mark(1))
    (older,) = await entries(first)
    await second.store.execute("r/a", mark(2))
    assert await first.relay.deliver([older])
    # The newest was published for it, and is still for its own relay to publish and remove.
    assert await sequences(kafka) == [1, 2]
    await eventually_pending(first, [2])


async def test_a_relay_that_dies_after_publishing_the_older_one_is_repaired_by_the_sweeper(
    pair: Pair, kafka: KafkaConnection
) -> None:
    first, second = pair
    await first.store.execute("r/a", mark(1))
    (older,) = await entries(first)
    await second.store.execute("r/a", mark(2))
    assert await second.relay.deliver([(await entries(second))[1]])
    await first.relay._publish([older])  # and there the process is killed
    assert await sequences(kafka) == [2, 1]

    async def swept() -> bool:
        await second.sweeper.sweep()
        return not await second.pending()

    await eventually(swept)
    assert (await sequences(kafka))[-1] == 2


async def test_a_newer_event_that_comes_between_publishing_and_removing_is_not_overtaken(
    pair: Pair, kafka: KafkaConnection
) -> None:
    first, second = pair
    await first.store.execute("r/a", mark(1))
    (older,) = await entries(first)
    publish, changed = first.publisher.publish, False

    async def publish_while_the_other_writes(records: Sequence[OutgoingRecord]) -> list[bool]:
        nonlocal changed
        answers = await publish(records)
        if not changed:
            changed = True
            await second.store.execute("r/a", mark(2))
            await second.relay.deliver([(await entries(second))[1]])
        return answers

    first.publisher.publish = publish_while_the_other_writes  # type: ignore[method-assign]
    assert await first.relay.deliver([older])
    assert (await sequences(kafka))[-1] == 2
    await emptied(first)


async def test_replicas_that_publish_as_they_like_leave_the_newest_of_every_subject(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    options: Any = {"keep_latest": True, "sweeping": True, "age": 0.0}
    async with (
        replica(mongodb_uri, database_name, kafka, **options) as one,
        replica(mongodb_uri, database_name, kafka, **options) as two,
    ):
        pair = (one, two)
        await asyncio.gather(*(pair[n % 2].store.execute(f"r/{n % 9}", mark(n)) for n in range(360)))
        # A sweeper's claim on a document may last for 30 s.
        await emptied(one)
        last = {event.subject: event.sequence for event in await events(kafka)}
        assert last == {f"r/{n}": 40 for n in range(9)}
