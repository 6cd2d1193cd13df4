"""Topics: created explicitly with their settings, and checked by every service at its start.

`python -m chassis.topics GROUP...` creates the catalogue's topics, and for each group one for its dead letters and one
for its retries.
"""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.settings import SettingsError, kafka_settings
from device_events import KafkaConnection
from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from device_events.connection import LARGEST_RECORD

REPLICAS = 3
# A dead letter is larger than the largest record that a topic takes by default, by its reason and origin; a retry is
# one without its reason.
DEAD_LETTERS_KEPT = {
    "cleanup.policy": "delete",
    "retention.ms": str(30 * 86_400_000),
    "message.timestamp.type": "LogAppendTime",  # as the catalogue's topics: whoever's clock is wrong can still give up
    "max.message.bytes": str(LARGEST_RECORD),
}


async def create_topics(
    connection: KafkaConnection, groups: Iterable[str], *, replicas: int = 0, partitions: int = 0
) -> list[str]:
    """Create what is missing; returns the names created. Raises KafkaError.

    `replicas` 0 is three, or as many as there are brokers; `partitions`, if not 0, replaces the catalogue's.
    """
    admin = connection.admin()
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        replicas = replicas or min(REPLICAS, len((await admin.describe_cluster())["brokers"]))
        missing = [topic for topic in _wanted(connection, groups, replicas, partitions) if topic.name not in existing]
        if missing:
            response: Any = await admin.create_topics(missing)
            for _, code, *_ in response.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"cannot create topics {[topic.name for topic in missing]}")
    finally:
        await admin.close()
    return [topic.name for topic in missing]


def _wanted(connection: KafkaConnection, groups: Iterable[str], replicas: int, partitions: int) -> list[NewTopic]:
    catalogue = [(topic.name, partitions or topic.partitions, topic.settings) for topic in TOPICS.values()]
    dead_letters = [
        (topic, 1, DEAD_LETTERS_KEPT) for group in groups for topic in (dead_letter_topic(group), retry_topic(group))
    ]
    return [
        NewTopic(connection.name(name), number, replicas, topic_configs=dict(settings))
        for name, number, settings in (*catalogue, *dead_letters)
    ]


async def missing_topics(connection: KafkaConnection, names: Sequence[str]) -> set[str]:
    """Which of these topics do not exist. Raises KafkaError."""
    admin = connection.admin()
    await admin.start()
    try:
        existing = set(await admin.list_topics())
    finally:
        await admin.close()
    return {name for name in names if connection.name(name) not in existing}


def main() -> None:
    """The command line."""
    try:
        connection = kafka_settings()
    except SettingsError as error:
        sys.exit(str(error))
    created = asyncio.run(create_topics(connection, sys.argv[1:]))
    print("\n".join(f"created {name}" for name in created) or "all topics exist")


if __name__ == "__main__":
    main()
