"""Who reads for a consumer group: what is handed to a group that does not listen would never be heard."""

import asyncio
import time
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from chassis.records import ANSWER, RecordReader
from device_events import KafkaConnection
from device_events.catalog import retry_topic
from rollcall.outcome import Misused

_STABLE, _AGAIN = "Stable", 0.2


async def require_reader(kafka: KafkaConnection, reader: RecordReader, group: str, topic: str | None = None) -> None:
    """Raises Misused unless the group reads its retries, and `topic` if one is given, as far as anybody can say.

    Nobody can while it is away, or just being formed. Raises KafkaError and TimeoutError besides.
    """
    retries = retry_topic(group)
    if not await reader.partitions([retries]):
        raise Misused(f"there is no topic {kafka.name(retries)}; create it with: python -m chassis.topics {group}")
    read = await _subscribed(kafka, group)
    if read is None:
        return
    if kafka.name(retries) not in read:
        raise Misused(f"{group} does not read {kafka.name(retries)}: add it to its topics")
    if topic is not None and kafka.name(topic) not in read:
        raise Misused(f"{group} does not read {kafka.name(topic)}, and is not to be handed what it holds")


async def _subscribed(kafka: KafkaConnection, group: str) -> set[str] | None:
    """The topics that the group's members read, as the broker names them; None while nobody can say."""
    admin = kafka.admin()
    await admin.start()
    try:
        answers = await _described(admin, kafka.name(group))
    finally:
        await admin.close()
    ((code, _name, state, _type, _protocol, members, *_),) = answers[0].groups
    if code == GroupAuthorizationFailedError.errno:
        raise GroupAuthorizationFailedError(group)
    # Tansu tells nothing of its members.
    if state != _STABLE or not members or not all(member[3] for member in members):
        return None
    return {name for member in members for name in ConsumerProtocolMemberMetadata.decode(member[3]).subscription}


async def _described(admin: AIOKafkaAdminClient, group: str) -> Any:
    """What the brokers say; a cluster that is asked for its first group has to make a topic before it can answer."""
    deadline = time.monotonic() + ANSWER
    while True:
        try:
            return await admin.describe_consumer_groups([group])
        except KafkaError as error:
            if not error.retriable or time.monotonic() >= deadline:
                raise
        await asyncio.sleep(_AGAIN)
