"""Rights: each deployable may do exactly what deploy/rights.yaml says, tried on every topic, group and collection."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from chassis.topics import create_topics
from device_events import Event, KafkaConnection, Subscriber, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from device_events.topics import missing_topics
from tests.integration.push_registry.conftest import status_changed
from tests.support.polling import eventually
from tests.support.secured import rights
from tests.support.secured.backends import DATABASE, DEPLOYABLES, TOPICS, Secured
from tests.support.secured.kafka import ADMIN
from tests.support.secured.rights import Kind, Operation, Right

ALL = sorted({right for who in (*DEPLOYABLES, TOPICS) for right in rights.kafka_rights(who)}, key=str)
NAMES = sorted({right.name for right in ALL if right.kind is Kind.TOPIC})


@pytest.mark.parametrize("who", DEPLOYABLES)
async def test_each_may_do_with_kafka_what_the_table_says(backends: Secured, who: str) -> None:
    connection = backends.kafka.connection(who)
    wanted = set(rights.kafka_rights(who))
    assert await _writable(connection) == {one.name for one in wanted if one.operation is Operation.WRITE}
    readable = {one.name for one in wanted if one.kind is Kind.TOPIC and one.operation is Operation.READ}
    assert await _readable(connection) == readable
    assert await _joinable(connection, min(readable)) == {one.name for one in wanted if one.kind is Kind.GROUP}


@pytest.mark.parametrize("who", DEPLOYABLES)
async def test_none_may_make_a_topic(backends: Secured, who: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await create_topics(backends.kafka.connection(who, topic_prefix=f"{who}."), [], replicas=1, partitions=1)


async def test_who_makes_topics_can_neither_read_nor_write_them(backends: Secured) -> None:
    # An idempotent producer that may write nowhere is refused before it comes to any topic.
    connection = backends.kafka.connection(TOPICS, idempotent=False)
    assert await missing_topics(connection, NAMES) == set()
    assert await create_topics(connection, DEPLOYABLES, replicas=1) == []
    assert await _writable(connection) == await _readable(connection) == set()


@pytest.mark.parametrize("who", DEPLOYABLES)
async def test_each_may_use_its_own_collection_alone(backends: Secured, who: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](backends.mongod.uri_for(who, backends.passwords[who])) as client:
        own = rights.table()["mongodb"]["collections"]
        for name in own.values():
            collection = client[DATABASE][name]
            if name == own[who]:
                id = uuid.uuid4().hex
                await collection.update_one({"_id": id}, {"$set": {"state": {}}}, upsert=True)
                assert await collection.find_one({"_id": id})
                with pytest.raises(OperationFailure, match="not authorized"):
                    await collection.drop()
            else:
                with pytest.raises(OperationFailure, match="not authorized"):
                    await collection.find_one({})
                with pytest.raises(OperationFailure, match="not authorized"):
                    await collection.insert_one({})
        with pytest.raises(OperationFailure, match="not authorized"):
            await client["other"]["things"].find_one({})
        with pytest.raises(OperationFailure, match="not authorized"):
            await client.admin.command("usersInfo")


async def test_a_subscriber_with_a_certificate_gets_its_events(backends: Secured) -> None:
    """The certificate's name is the principal, so the rights of its group hold for it; the topic is of this test."""
    writer, reader, topic = "device-admin", "push-registry", f"test-{uuid.uuid4().hex}"
    admin = backends.kafka.connection(ADMIN)
    client = admin.admin()
    await client.start()
    await client.create_topics([NewTopic(topic, 1, 1)])
    await client.close()
    await rights.grant(admin, writer, [Right(Kind.TOPIC, topic, Operation.WRITE)])
    await rights.grant(admin, reader, [Right(Kind.TOPIC, topic, Operation.READ)])
    event = status_changed(uuid.uuid4().hex, "LOST", 1)
    key, value, headers = encode(event)
    publisher = Publisher(backends.kafka.certified(writer))
    assert await publisher.publish([OutgoingRecord(topic, key, value, headers)]) == [True]
    await publisher.stop()
    seen: list[str] = []

    async def handle(event: Event) -> None:
        seen.append(event.id)

    handlers = {catalog.DEVICE_STATUS_CHANGED: handle}
    subscriber = Subscriber(backends.kafka.certified(reader), group=reader, topics=[topic], handlers=handlers)
    running = asyncio.create_task(subscriber.run())
    await eventually(lambda: seen == [event.id], within=30)
    subscriber.stop()
    await running


async def _writable(connection: KafkaConnection) -> set[str]:
    producer = connection.producer()
    allowed = set()
    await producer.start()
    try:
        for name in NAMES:
            try:
                # Consumers pass over a type that they do not know.
                await producer.send_and_wait(name, b"probe", b"probe", headers=[("ce_type", b"probe")])
                allowed.add(name)
            except TopicAuthorizationFailedError:
                continue
    finally:
        await producer.stop()
    return allowed


async def _readable(connection: KafkaConnection) -> set[str]:
    async def readable(name: str) -> bool:
        async with _consumer(connection, None) as consumer:
            partition = TopicPartition(name, 0)
            consumer.assign([partition])
            with suppress(TopicAuthorizationFailedError, TimeoutError):
                async with asyncio.timeout(5):
                    await consumer.seek_to_beginning()
                    await consumer.getmany(timeout_ms=500)
                    return True
        return False

    answers = await asyncio.gather(*map(readable, NAMES))
    return {name for name, allowed in zip(NAMES, answers, strict=True) if allowed}


async def _joinable(connection: KafkaConnection, topic: str) -> set[str]:
    async def joinable(group: str) -> bool:
        async with _consumer(connection, group) as consumer:
            partition = TopicPartition(topic, 0)
            consumer.assign([partition])
            with suppress(GroupAuthorizationFailedError):
                async with asyncio.timeout(10):
                    await consumer.committed(partition)
                return True
        return False

    answers = await asyncio.gather(*map(joinable, DEPLOYABLES))
    return {group for group, allowed in zip(DEPLOYABLES, answers, strict=True) if allowed}


@asynccontextmanager
async def _consumer(connection: KafkaConnection, group: str | None) -> AsyncIterator[Any]:
    consumer = connection.consumer(group)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
