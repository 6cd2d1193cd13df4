"""Whether MongoDB is behind Kafka is found out, remembered, and never said without reason."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from chassis import comparison
from chassis.comparison import MARK, Comparison, behind, unmark
from chassis.decisions import Aggregate, Announcement, Decision
from chassis.errors import Unavailable
from chassis.mongo import connect, durable_collection
from chassis.reconcile import lift
from device_events import KafkaConnection, catalog
from device_events.publisher import OutgoingRecord, Publisher
from device_events.tasks import end
from tests.support.announced import announced
from tests.support.polling import eventually
from tests.support.proxy import proxied
from tests.support.replicas import Replica, replica
from tests.unit.device_events.examples import example


def announce(aggregate: Aggregate[dict[str, int]]) -> Decision[dict[str, int], int]:
    """One status more."""
    number = aggregate.sequence + 1
    runtime, _, device = aggregate.id.partition("/")
    data = {"runtime": runtime, "deviceId": device, "status": "LOST", "reason": "operator"}
    return Decision(number, {"number": number}, [Announcement(type=catalog.DEVICE_STATUS_CHANGED, data=data)])


@pytest_asyncio.fixture
async def one(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> AsyncIterator[Replica]:
    # A topic that was made a moment ago may have no leader yet: what is not announced at once, the sweeper announces.
    async with replica(mongodb_uri, database_name, kafka, keep_latest=True, sweeping=True) as running:
        yield running


def compared(one: Replica, kafka: KafkaConnection) -> Comparison:
    return Comparison(one.collection, kafka, catalog.DEVICE_ADMIN)


async def say(one: Replica, kafka: KafkaConnection, *ids: str) -> None:
    """Announce something of each, and see it on Kafka."""
    before = len(await announced(kafka))
    for id in ids:
        await one.store.execute(id, announce)

    async def all_there() -> bool:
        return len(await announced(kafka)) >= before + len(ids)  # some perhaps twice

    await eventually(all_there, within=20)


async def test_what_is_level_stays_unmarked_however_often_it_is_compared_while_written(
    one: Replica, kafka: KafkaConnection
) -> None:
    looked = compared(one, kafka)
    done = asyncio.Event()

    async def write() -> None:
        number = 0
        while not done.is_set():
            await asyncio.gather(*(one.store.execute(f"r/{id}", announce) for id in range(20)))
            number += 1

    writing = asyncio.create_task(write())
    for _ in range(15):
        await looked.look()
        assert not looked.behind
    done.set()
    await writing
    assert await one.document(MARK) == {}


@pytest.mark.parametrize("missing", [False, True])
async def test_a_document_behind_its_events_is_found_and_remembered(
    one: Replica, kafka: KafkaConnection, missing: bool
) -> None:
    await say(one, kafka, "r/a", "r/a", "r/b")
    await eventually(lambda: _is_quiet(one))
    if missing:
        await one.collection.delete_one({"_id": "r/a"})
    else:
        await one.collection.update_one({"_id": "r/a"}, {"$set": {"sequence": 1}})
    looked = compared(one, kafka)
    await looked.look()
    assert looked.behind
    with pytest.raises(Unavailable):
        await looked.require_open()
    mark = await one.document(MARK)
    assert mark["examples"] == [{"subject": "r/a", "mongodb": None if missing else 1, "kafka": 2}]
    # Documents that have caught up by themselves prove nothing about the others; only an operator's word counts.
    await lift(one.collection, {"r/a": 2})
    successor = compared(one, kafka)
    await successor.look()
    assert successor.behind
    assert await unmark(one.collection)
    assert not await unmark(one.collection)
    await successor.look()
    assert not successor.behind


async def _is_quiet(one: Replica) -> bool:
    return not await one.pending()


async def test_a_document_lifted_while_it_was_looked_at_leaves_no_mark(
    one: Replica, kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(one, kafka, "r/a")
    await one.collection.update_one({"_id": "r/a"}, {"$set": {"sequence": 0}})

    async def lifted_meanwhile(*args: Any) -> dict[str, int | None]:
        found = await behind(*args)
        await lift(one.collection, {"r/a": 1})
        return found

    monkeypatch.setattr(comparison, "behind", lifted_meanwhile)
    looked = compared(one, kafka)
    await looked.look()
    assert not looked.behind
    assert await one.document(MARK) == {}


async def test_records_of_others_and_of_nobody_are_passed_over(one: Replica, kafka: KafkaConnection) -> None:
    foreign = example(catalog.DEVICE_STATUS_APPLIED, source=catalog.CONTACTS, subject="r/x", sequence=9)
    publisher = Publisher(kafka)
    records = [
        OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, b"k", b"?", []),
        OutgoingRecord(catalog.DEVICE_STATUS_TOPIC, b"k", b"?", [("ce_source", foreign.source.encode())]),
        OutgoingRecord(
            catalog.DEVICE_STATUS_TOPIC,
            b"k",
            b"?",
            [("ce_source", b"/x"), ("ce_subject", b"r/x"), ("ce_sequence", b"9")],
        ),
        OutgoingRecord(
            catalog.DEVICE_STATUS_TOPIC,
            b"k",
            b"?",
            [("ce_source", catalog.DEVICE_ADMIN.encode()), ("ce_subject", b"r/x"), ("ce_sequence", b"-9")],
        ),
    ]
    assert all(await publisher.publish(records))
    await publisher.stop()
    looked = compared(one, kafka)
    await looked.look()
    assert not looked.behind


async def test_nothing_is_given_out_before_the_first_look_and_an_absent_kafka_counts_as_looked_at(
    one: Replica, kafka: KafkaConnection
) -> None:
    looked = compared(one, replace(kafka, bootstrap_servers=("127.0.0.1:1",)))
    with pytest.raises(Unavailable):
        await looked.require_open()
    running = asyncio.create_task(looked.run())
    await asyncio.wait_for(looked.first(), 30)
    assert looked.open
    await looked.require_open()
    await end(running)


async def test_what_mongodb_cannot_be_asked_is_not_taken_for_granted(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with proxied(mongodb_uri) as proxy, connect(proxy.uri, application="test") as client:
        looked = Comparison(durable_collection(client[database_name], "things"), kafka, catalog.DEVICE_ADMIN)
        running = asyncio.create_task(looked.run())
        await asyncio.wait_for(looked.first(), 30)
        proxy.cut()
        with pytest.raises(Unavailable):
            await looked.require_open()
        proxy.mend()

        async def opened() -> bool:
            await looked.require_open()
            return True

        # Not closed while it cannot connect: PyMongo leaves the socket of a cancelled attempt to the garbage collector.
        await eventually(opened, within=30)
        await end(running)


async def test_lifting_makes_a_write_decided_before_it_lose_its_race(one: Replica, kafka: KafkaConnection) -> None:
    await say(one, kafka, "r/a")
    one.store.hold()
    writing = asyncio.create_task(one.store.execute("r/a", announce))
    await one.store.found.wait()
    await lift(one.collection, {"r/a": 7, "r/new": 3})
    one.store.release()
    assert await writing == 8
    assert (await one.document("r/a"))["sequence"] == 8
    new = await one.document("r/new")
    assert (new["state"], new["sequence"]) == ({}, 3)
    assert await one.store.execute("r/new", announce) == 4
    await lift(one.collection, {"r/a": 7, "r/new": 3})
    assert [(await one.document(id))["sequence"] for id in ("r/a", "r/new")] == [8, 4]
