"""Topics: created explicitly with their settings, and looked for by whoever needs them, at its start."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from device_events.catalog import dead_letter_topic, retry_topic
from device_events.connection import LARGEST_RECORD, KafkaConnection

Wanted = tuple[str, int, Mapping[str, str]]  # name, partitions, the broker's settings
REPLICAS = 3
# A dead letter is larger than the largest record that a topic takes by default, by its reason and origin; a retry is
# one without its reason.
DEAD_LETTERS_KEPT = {
    "cleanup.policy": "delete",
    "retention.ms": str(30 * 86_400_000),
    "message.timestamp.type": "LogAppendTime",  # as the catalogue's topics: whoever's clock is wrong can still give up
    "max.message.bytes": str(LARGEST_RECORD),
}


def topics_of_group(group: str) -> list[Wanted]:
    """A consumer group's own: for its dead letters and for its retries."""
    return [(topic, 1, DEAD_LETTERS_KEPT) for topic in (dead_letter_topic(group), retry_topic(group))]


async def create_missing(connection: KafkaConnection, wanted: Iterable[Wanted], *, replicas: int = 0) -> list[str]:
    """Create what is missing; returns the names created, as the broker has them. Raises KafkaError.

    `replicas` 0 is three, or as many as there are brokers.
    """
    admin = connection.admin()
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        replicas = replicas or min(REPLICAS, len((await admin.describe_cluster())["brokers"]))
        topics = [
            NewTopic(connection.name(name), number, replicas, topic_configs=dict(settings))
            for name, number, settings in wanted
        ]
        missing = [topic for topic in topics if topic.name not in existing]
        if missing:
            response: Any = await admin.create_topics(missing)
            for _, code, *_ in response.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"cannot create topics {[topic.name for topic in missing]}")
    finally:
        await admin.close()
    return [topic.name for topic in missing]


async def missing_topics(connection: KafkaConnection, names: Sequence[str]) -> set[str]:
    """Which of these topics do not exist. Raises KafkaError."""
    admin = connection.admin()
    await admin.start()
    try:
        existing = set(await admin.list_topics())
    finally:
        await admin.close()
    return {name for name in names if connection.name(name) not in existing}
