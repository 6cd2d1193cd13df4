"""Somebody who may do anything on the broker: puts records on topics, moves groups, and forgets them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import DeleteGroupsRequest

from tests.faults.world import World
from tests.support import raw_batches

LARGEST = 4 << 20  # bytes
Place = tuple[str, int, int]
"""Topic, partition, offset."""


class Written(NamedTuple):
    """A record to be written; `topic` is without the row's prefix.

    `exchanged`, if given, are bytes of it and those that stand in their place.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    exchanged: tuple[bytes, bytes] | None = None


async def put(world: World, records: Sequence[Written]) -> list[str]:
    """Put records on their topics in this order; returns where each stands, as topic:partition:offset.

    The auditor leaves them aside: they are nobody's events.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=world.kafka.bootstrap, acks="all", enable_idempotence=True, max_request_size=LARGEST
    )
    await producer.start()
    try:
        sent = [await _send(world, producer, one) for one in records]
        placed = [await waiting for waiting in sent]
    finally:
        await producer.stop()
    world.auditor.log.set_aside.update(placed)
    return [":".join(map(str, place)) for place in placed]


async def _send(world: World, producer: AIOKafkaProducer, one: Written) -> "asyncio.Future[Place]":
    name = f"{world.stack.prefix}{one.topic}"
    if one.exchanged is None:
        sent = await producer.send(name, value=one.value, key=one.key, headers=one.headers)
        return asyncio.ensure_future(_place(sent))
    offset = await raw_batches.put(world.kafka.bootstrap, name, [(one.key, one.value, one.headers)], one.exchanged)
    found: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
    found.set_result((name, 0, offset))
    return found


async def _place(sent: Awaitable[Any]) -> Place:
    place = await sent
    return place.topic, place.partition, place.offset


async def move(world: World, group: str, topics: Iterable[str], *, to_end: bool = False) -> None:
    """Set what the group has read of these topics: nothing, or all. It must have no members.

    Raises KafkaError.
    """
    async with _as_member(world, group) as consumer:
        partitions = []
        for topic in topics:
            name = f"{world.stack.prefix}{topic}"
            await consumer._client.add_topic(name)
            await consumer._client.force_metadata_update()
            partitions += [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.commit({one: ends[one] if to_end else 0 for one in partitions})


async def forget(world: World, groups: Iterable[str]) -> None:
    """Have the broker forget these groups: whoever comes by such a name then, forms a new one. Raises KafkaError."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka.bootstrap)
    await admin.start()
    try:
        names = [f"{world.stack.prefix}{group}" for group in groups]
        answer: Any = await admin._send_request(DeleteGroupsRequest(names), admin._client.get_random_node())
    finally:
        await admin.close()
    for name, code in answer.results:
        if code:
            raise for_code(code)(f"group {name}")


@asynccontextmanager
async def _as_member(world: World, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=world.kafka.bootstrap,
        group_id=f"{world.stack.prefix}{group}",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
