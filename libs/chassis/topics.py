"""Topics: created explicitly with their settings, and checked by every service at its start.

`python -m chassis.topics GROUP...` creates the catalogue's topics and a dead-letter topic for each group.
"""

import asyncio
import sys
from collections.abc import Iterable, Sequence

from aiokafka.admin import NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.settings import SettingsError, kafka_settings
from device_events import KafkaConnection
from device_events.catalog import TOPICS, dead_letter_topic

DEAD_LETTERS_KEPT = {"cleanup.policy": "delete", "retention.ms": str(30 * 86_400_000)}


async def create_topics(
    connection: KafkaConnection, groups: Iterable[str], *, replicas: int = -1, partitions: int = 0
) -> list[str]:
    """Create what is missing; returns the names created. Raises KafkaError.

    `replicas` -1 is the brokers' default; `partitions`, if not 0, replaces the catalogue's.
    """
    wanted = [
        NewTopic(
            connection.name(topic.name), partitions or topic.partitions, replicas, topic_configs=dict(topic.settings)
        )
        for topic in TOPICS.values()
    ]
    wanted += [
        NewTopic(connection.name(dead_letter_topic(group)), 1, replicas, topic_configs=DEAD_LETTERS_KEPT)
        for group in groups
    ]
    admin = connection.admin()
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            response = await admin.create_topics(missing)
            for _, code, *_ in response.topic_errors:  # type: ignore[attr-defined]  # aiokafka builds its replies at run time
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
