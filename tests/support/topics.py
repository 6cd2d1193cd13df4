"""Topics and groups for tests that share one broker."""

import uuid
from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from device_events import KafkaConnection

PARTITIONS = 4


def own_connection(bootstrap: str, *, is_kafka_itself: bool) -> KafkaConnection:
    """A connection whose topics and groups stand behind a prefix that nobody else has."""
    return KafkaConnection(
        bootstrap_servers=(bootstrap,),
        idempotent=is_kafka_itself,
        topic_prefix=f"t{uuid.uuid4().hex[:12]}.",
        fetch_wait_ms=10,
    )


async def create_topics(bootstrap: str, names: Iterable[str], *, partitions: int = PARTITIONS) -> None:
    """Have these topics; one that exists already, with whatever is in it, is as good."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer: Any = await admin.create_topics([NewTopic(name, partitions, 1) for name in names])
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        if code not in (0, TopicAlreadyExistsError.errno):
            raise for_code(code)(f"topic {name}")


async def delete_topics(bootstrap: str, names: Iterable[str]) -> None:
    """Remove these topics with all that is in them, so that the next test finds none of it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(list(names))
    finally:
        await admin.close()


def fresh_group(name: str = "test") -> str:
    """A consumer group nobody used before, so it starts where its reset policy says."""
    return f"{name}-{uuid.uuid4().hex[:12]}"
