"""Commit, then publish: every event reaches Kafka at least once, and none without its change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from chassis import relay as relaying
from chassis.commands import StoreLimits
from chassis.errors import Unavailable
from chassis.outbox import Entry
from deploy.local.backends.ports import free_port
from device_events import Event, KafkaConnection, catalog
from tests.integration.chassis.marking import mark, mark_once
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.proxy import proxied
from tests.support.replicas import Replica, replica

SOON = StoreLimits(outcome=1.0)


@pytest_asyncio.fixture
async def one(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> AsyncIterator[Replica]:
    async with replica(mongodb_uri, database_name, kafka) as made:
        yield made


def numbers(events: list[Event]) -> list[int]:
    return [event.data["transactionId"] for event in events]


async def drained(one: Replica, *, within: float = 20) -> None:
    async def empty() -> bool:
        return not await one.pending()

    await eventually(empty, within=within)


async def statuses(kafka: KafkaConnection) -> list[Event]:
    return await announced(kafka, catalog.DEVICE_STATUS_TOPIC)


async def test_an_event_is_published_after_its_commit_and_the_outbox_emptied(
    one: Replica, kafka: KafkaConnection
) -> None:
    await one.store.execute("r/a", mark(1))
    await drained(one)
    (event,) = await statuses(kafka)
    assert (event.source, event.subject, event.sequence) == (catalog.DEVICE_ADMIN, "r/a", 1)
    assert event.data["transactionId"] == 1
    assert (await one.document("r/a"))["state"] == {"marks": [1]}


async def test_the_events_of_a_document_are_published_in_their_order(one: Replica, kafka: KafkaConnection) -> None:
    await asyncio.gather(*(one.store.execute(f"r/{n % 3}", mark(n)) for n in range(300)))
    await drained(one)
    events = await statuses(kafka)
    assert len(events) == len({event.id for event in events}) == 300
    for subject in range(3):
        own = [event for event in events if event.subject == f"r/{subject}"]
        assert [event.sequence for event in own] == list(range(1, 101))
        assert numbers(own) == list(range(subject, 300, 3))


async def test_nothing_is_published_while_the_commit_has_not_happened(one: Replica, kafka: KafkaConnection) -> None:
    one.store.hold()
    waiting = asyncio.create_task(one.store.execute("r/a", mark(1)))
    await one.store.found.wait()
    await one.publisher.probe()
    assert await statuses(kafka) == []
    one.store.release()
    await waiting
    assert numbers(await eventually(lambda: statuses(kafka))) == [1]


async def test_a_change_that_is_refused_or_fails_is_never_announced(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with (
        proxied(mongodb_uri) as proxy,
        replica(proxy.uri, database_name, kafka, sweeping=True, limits=SOON) as one,
    ):
        await one.store.execute("r/a", mark_once(1))
        with pytest.raises(Exception, match="1"):
            await one.store.execute("r/a", mark_once(2))
        one.store.hold()
        failing = asyncio.create_task(one.store.execute("r/b", mark(3)))
        await one.store.found.wait()
        proxy.cut()
        one.store.release()
        with pytest.raises(Unavailable):
            await failing
        proxy.mend()

        async def writes_again() -> Any:
            return await one.store.execute("r/c", mark(4))

        await eventually(writes_again, within=20)
        await drained(one)
        assert set(numbers(await statuses(kafka))) == {1, 4}


async def test_while_kafka_is_away_writes_go_on_and_the_sweeper_drains_the_backlog_afterwards(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    dead = KafkaConnection(bootstrap_servers=(f"127.0.0.1:{free_port()}",), idempotent=kafka.idempotent)
    async with replica(mongodb_uri, database_name, dead, sweeping=True) as one:
        await asyncio.gather(*(one.store.execute(f"r/{n % 10}", mark(n)) for n in range(50)))
        await eventually(lambda: one.relay.degraded and one.sweeper.backlog == 10)
        assert len(await one.pending()) == 50
        one.publisher._connection = kafka  # Kafka is back
        await drained(one)
        await eventually(lambda: one.sweeper.backlog == 0 and not one.relay.degraded)
        events = await statuses(kafka)
        assert len(events) == len({event.id for event in events}) == 50
        for subject in {event.subject for event in events}:
            assert [event.sequence for event in events if event.subject == subject] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("bound", ["QUEUE", "QUEUE_BYTES"])
async def test_what_is_more_than_the_relay_holds_is_published_by_the_sweeper(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(f"chassis.relay.{bound}", 0)
    async with replica(mongodb_uri, database_name, kafka, sweeping=True) as one:
        await one.store.execute("r/a", mark(1))
        assert one.relay.counts["left_to_sweeper"] == 1
        await drained(one)
        assert numbers(await statuses(kafka)) == [1]
        monkeypatch.undo()
        await one.store.execute("r/a", mark(2))
        await drained(one)
        assert one.relay.counts["left_to_sweeper"] == 1
        assert one.relay.waiting == 0


async def test_what_a_crash_left_behind_is_published_once_with_the_same_ids(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with replica(mongodb_uri, database_name, kafka, relaying=False) as crashed:
        await asyncio.gather(*(crashed.store.execute(f"r/{n % 4}", mark(n)) for n in range(20)))
        left = {entry["id"] for entry in await crashed.pending()}
        assert await statuses(kafka) == []
    async with replica(mongodb_uri, database_name, kafka, sweeping=True) as successor:
        await drained(successor)
        events = await statuses(kafka)
        assert len(events) == 20
        assert {event.id for event in events} == left


async def test_entries_younger_than_their_age_are_left_to_their_relay(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with replica(mongodb_uri, database_name, kafka, relaying=False, age=60) as one:
        await one.store.execute("r/a", mark(1))
        assert await one.sweeper.sweep() == 0
        assert len(await one.pending()) == 1


async def test_two_sweepers_at_once_publish_each_event_once(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with (
        replica(mongodb_uri, database_name, kafka, relaying=False, age=0) as one,
        replica(mongodb_uri, database_name, kafka, relaying=False, age=0) as two,
    ):
        await asyncio.gather(*(one.store.execute(f"r/{n}", mark(n)) for n in range(450)))
        emptied = 0
        while await one.pending():
            emptied += sum(await asyncio.gather(one.sweeper.sweep(), two.sweeper.sweep()))
        assert emptied == 450
        assert sorted(numbers(await statuses(kafka))) == list(range(450))


async def test_documents_that_cannot_be_published_do_not_hide_those_behind_them(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.sweeper.PAGE", 2)
    async with replica(mongodb_uri, database_name, kafka, relaying=False, age=0) as one:
        for number in range(5):
            await one.store.execute(f"r/{number}", mark(number))
        broken = {"$set": {"outbox.$[].type": "unheard-of"}}
        await one.collection.update_many({"_id": {"$in": ["r/0", "r/1"]}}, broken)

        async def swept() -> bool:
            await one.sweeper.sweep()
            return len(await one.pending()) == 2

        await eventually(swept)
        assert sorted(numbers(await statuses(kafka))) == [2, 3, 4]


async def test_a_full_queue_leaves_the_rest_to_the_sweeper(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "QUEUE", 10)
    async with replica(mongodb_uri, database_name, kafka, sweeping=True) as one:
        await asyncio.gather(*(one.store.execute("r/a", mark(n)) for n in range(100)))
        await drained(one)
        assert one.relay.counts["left_to_sweeper"] > 0
        assert set(numbers(await statuses(kafka))) == set(range(100))


async def test_stopping_publishes_what_was_committed(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with replica(mongodb_uri, database_name, kafka) as one:
        tasks = [asyncio.create_task(one.store.execute(f"r/{n}", mark(n))) for n in range(100)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert sorted(numbers(await statuses(kafka))) == list(range(100))


@pytest.mark.parametrize("moment", [0.0, 0.1, 0.3])
async def test_stopping_is_prompt_while_kafka_is_away(
    mongodb_uri: str, database_name: str, moment: float, kafka: KafkaConnection
) -> None:
    dead = KafkaConnection(bootstrap_servers=(f"127.0.0.1:{free_port()}",), idempotent=kafka.idempotent)
    async with asyncio.timeout(20), replica(mongodb_uri, database_name, dead, sweeping=True, age=0) as one:
        entries: list[Entry] = []
        for number in range(5):
            await one.store.execute("r/a", mark(number))
            entries = await one.pending()
        await asyncio.sleep(moment)
    assert len(entries) == 5
