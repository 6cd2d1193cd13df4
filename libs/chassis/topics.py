"""Topics: `python -m chassis.topics GROUP...` creates the catalogue's, and for each group its own.

A group's own are one for its dead letters and one for its retries.
"""

import asyncio
import sys
from collections.abc import Iterable

from chassis.kafka_settings import kafka_settings
from chassis.settings import SettingsError
from device_events import KafkaConnection
from device_events.catalog import TOPICS
from device_events.topics import create_missing, topics_of_group


async def create_topics(
    connection: KafkaConnection, groups: Iterable[str], *, replicas: int = 0, partitions: int = 0
) -> list[str]:
    """Create what is missing; returns the names created. Raises KafkaError.

    `replicas` 0 is three, or as many as there are brokers; `partitions`, if not 0, replaces the catalogue's.
    """
    catalogue = [(topic.name, partitions or topic.partitions, topic.settings) for topic in TOPICS.values()]
    groups_own = [topic for group in groups for topic in topics_of_group(group)]
    return await create_missing(connection, [*catalogue, *groups_own], replicas=replicas)


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
